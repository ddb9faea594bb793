/** Whose packets a forwarder carries, and what its datagrams hold. */
import { type IpPrefix, ipToBytes, macToBytes, parseMacAddress } from '@podlan/wire';
import { canonicalAddress, canonicalPrefix, wholeNumber } from './arguments.js';
import * as layout from './layout.js';

/** What forwarders of both types are told. Prefixes as text. */
export interface SourceSettings {
  /** The pod networks: an inner source inside must come from the endpoint its tunnel leads to. */
  readonly networks: readonly string[];
  /** Our own subnets: no inner source may lie in them. */
  readonly subnets: readonly string[];
}

/** Ethernet frames of a TAP, each behind a VXLAN header (RFC 7348 section 5). */
export interface VxlanSettings extends SourceSettings {
  readonly type?: 'vxlan';
  /** From 0 to 0xffffff. */
  readonly vni: number;
  /** Inner frames for any other MAC are dropped. */
  readonly mac: string;
}

/** IPv4 packets of a TUN, each of them a datagram's payload and nothing else: flannel's udp backend. */
export interface UdpSettings extends SourceSettings {
  readonly type: 'udp';
  /** IPv4, the device's: `unreachable` answers from it. */
  readonly address: string;
}

/** Whose packets are carried. */
export type ForwarderSettings = VxlanSettings | UdpSettings;

/** Settings found good: numbers and bytes for the module. */
export interface CheckedSettings {
  readonly kind: number;
  readonly vni: number;
  /** MAC, or IPv4 address. */
  readonly identity: Uint8Array;
  readonly networks: readonly IpPrefix[];
  readonly subnets: readonly IpPrefix[];
}

/** Throws TypeError for what is no address or prefix, RangeError for another VNI or too many prefixes. */
export function checkSettings(settings: ForwarderSettings): CheckedSettings {
  const networks = prefixes('networks', settings.networks);
  const subnets = prefixes('subnets', settings.subnets);
  if (settings.type === 'udp') {
    return { kind: layout.KIND_UDP, vni: 0, identity: ipv4Bytes(settings.address), networks, subnets };
  }
  const vni = wholeNumber('vni', settings.vni, 0, 0xffffff);
  return { kind: layout.KIND_VXLAN, vni, identity: macBytes(settings.mac), networks, subnets };
}

function macBytes(text: string): Uint8Array {
  const mac = parseMacAddress(text);
  if (mac === undefined) throw new TypeError(`mac: expected a MAC address, got ${text}`);
  return macToBytes(mac);
}

function ipv4Bytes(text: string): Uint8Array {
  const bytes = ipToBytes(canonicalAddress(text));
  if (bytes.length !== 4) throw new TypeError(`address: expected an IPv4 address, got ${text}`);
  return bytes;
}

function prefixes(name: string, texts: readonly string[]): IpPrefix[] {
  if (texts.length <= layout.MAX_NETWORKS) return texts.map(canonicalPrefix);
  throw new RangeError(`${name}: expected at most ${layout.MAX_NETWORKS}, got ${texts.length}`);
}
