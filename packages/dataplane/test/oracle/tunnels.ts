/** The forwarder, obviously right: the codecs of @podlan/wire, a linear scan, and one question after the other. */
import {
  EtherType,
  emitVxlan,
  type IpAddress,
  type IpPrefix,
  parseEthernet,
  parseIpv4,
  parseIpv6,
  parseVxlan,
} from '@podlan/wire';
import type { ForwarderSettings } from '../../src/index.js';
import type { Verdict } from '../../src/verdicts.js';
import { LinearLpm } from './linear-lpm.js';

export type OracleSettings = ForwarderSettings & {
  readonly tunnels: readonly { readonly prefix: string; readonly remote: string; readonly port: number }[];
};

export interface Outcome {
  readonly verdict: Verdict;
  /** What goes on: a datagram or a frame. */
  readonly bytes?: Uint8Array;
  readonly remote?: string;
  readonly port?: number;
}

const isGroup = (mac: string) => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

/** The IP packet in a frame; what is wrong with it otherwise. */
function innerPacket(frame: { etherType: number; payload: Uint8Array }) {
  if (frame.etherType === EtherType.ipv4) return parseIpv4(frame.payload) ?? 'malformed-ip';
  if (frame.etherType === EtherType.ipv6) return parseIpv6(frame.payload) ?? 'malformed-ip';
  return 'not-ip';
}

/** The packet that is all there is; what is wrong with it otherwise. */
function barePacket(bytes: Uint8Array) {
  if (bytes.length > 0 && bytes[0]! >> 4 !== 4) return 'not-ip';
  return parseIpv4(bytes) ?? 'malformed-ip';
}

function tableOf<Value>(rows: readonly (readonly [string, Value])[]): LinearLpm<Value> {
  const table = new LinearLpm<Value>();
  for (const [prefix, value] of rows) table.insert(prefix as IpPrefix, value);
  return table;
}

export class TunnelOracle {
  readonly #settings: OracleSettings;
  readonly #tunnels: LinearLpm<{ remote: string; port: number }>;
  readonly #networks: LinearLpm<true>;
  readonly #subnets: LinearLpm<true>;
  readonly #remotes: Set<string>;

  constructor(settings: OracleSettings) {
    this.#settings = settings;
    this.#tunnels = tableOf(settings.tunnels.map((tunnel) => [tunnel.prefix, tunnel]));
    this.#networks = tableOf(settings.networks.map((prefix) => [prefix, true]));
    this.#subnets = tableOf(settings.subnets.map((prefix) => [prefix, true]));
    this.#remotes = new Set(settings.tunnels.map(({ remote }) => remote));
  }

  encap(bytes: Uint8Array): Outcome {
    if (this.#settings.type === 'udp') return this.#encapBare(bytes);
    const frame = parseEthernet(bytes);
    if (!frame) return { verdict: 'tx-truncated' };
    if (isGroup(frame.destination)) return { verdict: 'tx-group-mac' };
    const packet = innerPacket(frame);
    if (typeof packet === 'string') return { verdict: `tx-${packet}` };
    const datagram = new Uint8Array(8 + bytes.length);
    emitVxlan({ vni: this.#settings.vni, payload: bytes }, datagram);
    return this.#send(packet.destination, datagram);
  }

  #encapBare(bytes: Uint8Array): Outcome {
    const packet = barePacket(bytes);
    return typeof packet === 'string' ? { verdict: `tx-${packet}` } : this.#send(packet.destination, bytes);
  }

  #send(destination: IpAddress, datagram: Uint8Array): Outcome {
    const tunnel = this.#tunnels.lookup(destination)?.value;
    if (!tunnel) return { verdict: 'tx-no-tunnel' };
    return { verdict: 'tx-tunneled', bytes: datagram, remote: tunnel.remote, port: tunnel.port };
  }

  decap(bytes: Uint8Array, outerSource: string): Outcome {
    if (!this.#remotes.has(outerSource)) return { verdict: 'rx-unknown-peer' };
    if (this.#settings.type === 'udp') return this.#decapBare(bytes, outerSource);
    if (bytes.length < 8 + 14) return { verdict: 'rx-truncated' };
    const datagram = parseVxlan(bytes);
    if (!datagram) return { verdict: 'rx-not-vxlan' };
    if (datagram.vni !== this.#settings.vni) return { verdict: 'rx-wrong-vni' };
    const frame = parseEthernet(datagram.payload)!;
    if (isGroup(frame.destination)) return { verdict: 'rx-group-mac' };
    if (frame.destination !== this.#settings.mac) return { verdict: 'rx-other-mac' };
    const packet = innerPacket(frame);
    if (typeof packet === 'string') return { verdict: `rx-${packet}` };
    return this.#deliver(packet.source, outerSource, datagram.payload);
  }

  #decapBare(bytes: Uint8Array, outerSource: string): Outcome {
    if (bytes.length === 0) return { verdict: 'rx-truncated' };
    const packet = barePacket(bytes);
    if (typeof packet === 'string') return { verdict: `rx-${packet}` };
    return this.#deliver(packet.source, outerSource, bytes);
  }

  #deliver(source: IpAddress, outerSource: string, bytes: Uint8Array): Outcome {
    const verdict = this.#judgeSource(source, outerSource);
    return verdict.startsWith('rx-delivered') ? { verdict, bytes } : { verdict };
  }

  #judgeSource(source: IpAddress, outerSource: string): Verdict {
    if (this.#subnets.lookup(source)) return 'rx-own-source';
    if (!this.#networks.lookup(source)) return 'rx-delivered-outside';
    return this.#tunnels.lookup(source)?.value.remote === outerSource ? 'rx-delivered' : 'rx-spoofed-source';
  }
}
