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
import type { Verdict } from '../../src/verdicts.js';
import { LinearLpm } from './linear-lpm.js';

export interface OracleSettings {
  readonly vni: number;
  readonly mac: string;
  readonly networks: readonly string[];
  readonly subnets: readonly string[];
  readonly tunnels: readonly { readonly prefix: string; readonly remote: string; readonly port: number }[];
}

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
    const frame = parseEthernet(bytes);
    if (!frame) return { verdict: 'tx-truncated' };
    if (isGroup(frame.destination)) return { verdict: 'tx-group-mac' };
    const packet = innerPacket(frame);
    if (typeof packet === 'string') return { verdict: `tx-${packet}` };
    const tunnel = this.#tunnels.lookup(packet.destination)?.value;
    if (!tunnel) return { verdict: 'tx-no-tunnel' };
    const datagram = new Uint8Array(8 + bytes.length);
    emitVxlan({ vni: this.#settings.vni, payload: bytes }, datagram);
    return { verdict: 'tx-tunneled', bytes: datagram, remote: tunnel.remote, port: tunnel.port };
  }

  decap(bytes: Uint8Array, outerSource: string): Outcome {
    if (!this.#remotes.has(outerSource)) return { verdict: 'rx-unknown-peer' };
    if (bytes.length < 8 + 14) return { verdict: 'rx-truncated' };
    const datagram = parseVxlan(bytes);
    if (!datagram) return { verdict: 'rx-not-vxlan' };
    if (datagram.vni !== this.#settings.vni) return { verdict: 'rx-wrong-vni' };
    const frame = parseEthernet(datagram.payload)!;
    if (isGroup(frame.destination)) return { verdict: 'rx-group-mac' };
    if (frame.destination !== this.#settings.mac) return { verdict: 'rx-other-mac' };
    const packet = innerPacket(frame);
    if (typeof packet === 'string') return { verdict: `rx-${packet}` };
    const verdict = this.#judgeSource(packet.source, outerSource);
    return verdict.startsWith('rx-delivered') ? { verdict, bytes: datagram.payload } : { verdict };
  }

  #judgeSource(source: IpAddress, outerSource: string): Verdict {
    if (this.#subnets.lookup(source)) return 'rx-own-source';
    if (!this.#networks.lookup(source)) return 'rx-delivered-outside';
    return this.#tunnels.lookup(source)?.value.remote === outerSource ? 'rx-delivered' : 'rx-spoofed-source';
  }
}
