/** What is at the other end of a link and in no snapshot: what is for nobody known ends there, as what cannot be told. */
import { ArpView, EthernetView, EtherType, type IpAddress, ipFromBytes, type MacAddress } from '@podlan/wire';
import { Device, type DeviceOptions } from '../../devices/device.js';
import { Nic } from '../../devices/nic.js';
import { Veth } from '../../devices/veth.js';
import { readIp } from '../../kernel/ip-packet.js';
import type { Netns } from '../../kernel/netns.js';
import type { Packet } from '../../kernel/packet.js';
import type { SimNetwork } from '../../sim-network.js';

const NEIGHBOR_SOLICITATION = 135;
const TARGET_OFFSET = 8;

/** Where it is, and what is known beside it. */
export interface UnknownOptions extends DeviceOptions {
  readonly network: SimNetwork;
  /** `cni0 of host-a leads`: how the sentence about a lost frame begins. */
  readonly where: string;
}

/** On a segment, beside the cards that are known. */
export class UnknownCard extends Nic {
  readonly #options: UnknownOptions;

  constructor(netns: Netns, options: UnknownOptions) {
    super(netns, options);
    this.#options = options;
  }

  override receive(packet: Packet): void {
    const text = lossOf(packet, this.#options);
    if (text !== undefined) this.drop(packet, 'not-simulated', text);
  }
}

/** The end of a veth pair in a namespace that no snapshot has. */
export class UnknownVeth extends Veth {
  readonly #options: UnknownOptions;

  constructor(netns: Netns, options: UnknownOptions) {
    super(netns, options);
    this.#options = options;
  }

  override receive(packet: Packet): void {
    const text = lossOf(packet, this.#options);
    if (text !== undefined) this.drop(packet, 'not-simulated', text);
  }
}

/** What a router that no snapshot has knows besides. */
export class Beyond extends Device {
  readonly type = 'unknown';

  override get hasLinkLayer(): boolean {
    return false;
  }

  protected send(packet: Packet): void {
    const to = readIp(packet.bytes)?.destination ?? 'it';
    this.drop(packet, 'not-simulated', `the way to ${to} is beyond what the snapshots show`);
  }
}

/** Undefined for a frame that somebody known gets, and for one that is to all. */
function lossOf({ bytes }: Packet, { network, where }: UnknownOptions): string | undefined {
  const ethernet = EthernetView.over(bytes);
  if (ethernet === undefined) return undefined;
  const { destination } = ethernet;
  const asked = askedFor(bytes.subarray(ethernet.payloadOffset), ethernet.etherType);
  if (asked !== undefined)
    return isOwned(network, asked) ? undefined : `${where}, and no snapshot shows who has ${asked}`;
  if (isGroup(bytes) || hasMac(network, destination)) return undefined;
  return `${where}, and no snapshot shows who has ${destination}`;
}

/** Of a question by ARP or ND. */
function askedFor(packet: Uint8Array, etherType: number): IpAddress | undefined {
  if (etherType === EtherType.arp) return ArpView.over(packet)?.targetIp;
  const ip = readIp(packet);
  if (ip?.family !== 6 || packet[ip.payloadOffset] !== NEIGHBOR_SOLICITATION) return undefined;
  const at = ip.payloadOffset + TARGET_OFFSET;
  return ipFromBytes(packet.slice(at, at + 16));
}

const isGroup = (frame: Uint8Array): boolean => (frame[0]! & 1) === 1;

const isOwned = ({ namespaces }: SimNetwork, address: IpAddress): boolean =>
  [...namespaces].some(({ fib }) => fib.isLocal(address));

const hasMac = ({ namespaces }: SimNetwork, mac: MacAddress): boolean =>
  [...namespaces].some(({ devices }) => [...devices].some((device) => device.mac === mac));
