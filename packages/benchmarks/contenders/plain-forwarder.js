/**
 * The forwarder's work in plain JavaScript: the same checks in the same order, the same slots with headroom, tunnels
 * in a Map per prefix length, the same outer fields, a counter per verdict and per endpoint. IPv4 inside and outside
 * only, where addresses are plain numbers, and no super-packets and trains, so it has a little less to do. The flow hash
 * is one of 32-bit multiplications, and so another.
 */
import { SLOT_HEADROOM } from '@podlan/dataplane';
import { macToBytes } from '@podlan/wire';
import { NumberMaps, numberOf } from './number-maps.js';

const VXLAN_BYTES = 8;
const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const MAPPED_PREFIX = 0xffff;

const VNET_BYTES = 10;
const PORT_BASE = 49152;
const PORT_MASK = 16383;
const CE = 3;
const ECT_0 = 2;

const VERDICT = {
  tunneled: 0,
  badSlot: 1,
  truncated: 2,
  groupMac: 3,
  notIp: 4,
  malformedIp: 5,
  noTunnel: 6,
  badOffload: 7,
  delivered: 8,
  deliveredOutside: 9,
  unknownPeer: 10,
  notVxlan: 11,
  wrongVni: 12,
  otherMac: 13,
  ownSource: 14,
  spoofedSource: 15,
  badEcn: 16,
};

function plainBatch(slots, stride) {
  const buffer = new ArrayBuffer(slots * stride);
  return {
    ...{ buffer, offset: 0, stride, slots },
    view: new DataView(buffer),
    starts: new Uint32Array(slots).fill(SLOT_HEADROOM),
    lengths: new Uint32Array(slots),
    addresses: new Uint8Array(slots * 16),
    ports: new Uint16Array(slots),
    verdicts: new Uint8Array(slots),
    segments: new Uint32Array(slots),
    sourcePorts: new Uint16Array(slots),
    classes: new Uint8Array(slots),
  };
}

export class PlainForwarder {
  #vni;
  #macHigh;
  #macLow;
  #tunnels = new NumberMaps();
  #networks = new NumberMaps();
  #subnets = new NumberMaps();
  #endpoints = new Map();
  #counters = new Float64Array(Object.keys(VERDICT).length);
  #outer;
  #known = { endpoint: undefined, source: 0, verdict: 0 };
  /** As in the module: four words a frame, the last the index of its first piece; two words a piece. */
  #frames;
  #pieces;
  #frameCount = 0;

  constructor({ vni, mac, networks, subnets, tunnels }, slots, stride) {
    const macView = new DataView(macToBytes(mac).buffer);
    this.#vni = vni;
    this.#macHigh = macView.getUint16(0);
    this.#macLow = macView.getUint32(2);
    for (const network of networks) this.#networks.insert(network, true);
    for (const subnet of subnets) this.#subnets.insert(subnet, true);
    for (const { prefix, remote, port } of tunnels) this.#addTunnel(prefix, numberOf(remote), port);
    this.tx = plainBatch(slots, stride);
    this.rx = plainBatch(slots, stride);
    this.#frames = new Uint32Array(4 * (slots + 1));
    this.#pieces = new Uint32Array(2 * slots);
    this.#outer = { tx: new DataView(this.tx.addresses.buffer), rx: new DataView(this.rx.addresses.buffer) };
  }

  #addTunnel(prefix, remote, port) {
    const fresh = { remote, txPackets: 0, txBytes: 0, rxPackets: 0, rxBytes: 0 };
    const endpoint = this.#endpoints.get(remote) ?? fresh;
    this.#endpoints.set(remote, endpoint);
    this.#tunnels.insert(prefix, { endpoint, port });
  }

  encap(count) {
    let sent = 0;
    for (let slot = 0; slot < count; slot++) {
      const verdict = this.#encapSlot(slot);
      this.#judge(this.tx, slot, verdict);
      if (verdict === VERDICT.tunneled) sent++;
      else this.tx.lengths[slot] = 0;
    }
    return sent;
  }

  decap(count) {
    this.#frameCount = 0;
    this.#known.endpoint = undefined;
    for (let slot = 0; slot < count; slot++) {
      const verdict = this.#decapSlot(slot);
      this.#judge(this.rx, slot, verdict);
      if (verdict !== VERDICT.delivered && verdict !== VERDICT.deliveredOutside) this.rx.lengths[slot] = 0;
    }
    this.#frames[this.#frameCount * 4 + 3] = this.#frameCount;
    return this.#frameCount;
  }

  #judge({ verdicts }, slot, verdict) {
    verdicts[slot] = verdict;
    this.#counters[verdict]++;
  }

  #encapSlot(slot) {
    const { view, starts, lengths, stride } = this.tx;
    const [start, length] = [starts[slot], lengths[slot]];
    if (start < VNET_BYTES || start + length > stride) return VERDICT.badSlot;
    if (length < ETHERNET_BYTES) return VERDICT.truncated;
    const frame = slot * stride + start;
    if (view.getUint8(frame) & 1) return VERDICT.groupMac;
    if (view.getUint16(frame + 12) !== 0x0800) return VERDICT.notIp;
    const packet = frame + ETHERNET_BYTES;
    if (!isValidV4(view, packet, length - ETHERNET_BYTES)) return VERDICT.malformedIp;
    const tunnel = this.#tunnels.lookup(view.getUint32(packet + 16));
    if (!tunnel) return VERDICT.noTunnel;
    return this.#send(slot, start, length, tunnel);
  }

  #send(slot, start, length, { endpoint, port }) {
    const { view, ports, sourcePorts, classes, stride } = this.tx;
    const frame = slot * stride + start;
    const packet = frame + ETHERNET_BYTES;
    sourcePorts[slot] = sourcePort(view, packet, length - ETHERNET_BYTES);
    const ecn = view.getUint8(packet + 1) & 3;
    classes[slot] = ecn === CE ? ECT_0 : ecn;
    const address = slot * 16;
    this.#outer.tx.setUint32(address, 0);
    this.#outer.tx.setUint32(address + 4, 0);
    this.#outer.tx.setUint32(address + 8, MAPPED_PREFIX);
    this.#outer.tx.setUint32(address + 12, endpoint.remote);
    ports[slot] = port;
    if (view.getUint8(frame + 1 - VNET_BYTES) !== 0 || view.getUint8(frame - VNET_BYTES) & 1)
      return VERDICT.badOffload;
    this.#wrap(slot, start, length);
    endpoint.txPackets++;
    endpoint.txBytes += length;
    return VERDICT.tunneled;
  }

  #wrap(slot, start, length) {
    const { view, starts, lengths, segments, stride } = this.tx;
    const header = slot * stride + start - VXLAN_BYTES;
    view.setUint32(header, 0x08000000);
    view.setUint32(header + 4, this.#vni << 8);
    starts[slot] = start - VXLAN_BYTES;
    lengths[slot] = length + VXLAN_BYTES;
    segments[slot] = 0;
  }

  #peerOf(slot) {
    const outer = this.#outer.rx;
    const address = slot * 16;
    const isMapped =
      outer.getUint32(address) === 0 &&
      outer.getUint32(address + 4) === 0 &&
      outer.getUint32(address + 8) === MAPPED_PREFIX;
    return isMapped ? this.#endpoints.get(outer.getUint32(address + 12)) : undefined;
  }

  #decapSlot(slot) {
    const { view, starts, lengths, segments, stride } = this.rx;
    const [start, length] = [starts[slot], lengths[slot]];
    if (start + length > stride) return VERDICT.badSlot;
    if (segments[slot] !== 0 && segments[slot] < length) return VERDICT.badSlot;
    const endpoint = this.#peerOf(slot);
    if (!endpoint) return VERDICT.unknownPeer;
    if (length < VXLAN_BYTES + ETHERNET_BYTES) return VERDICT.truncated;
    const datagram = slot * stride + start;
    if (!(view.getUint8(datagram) & 0x08)) return VERDICT.notVxlan;
    if (view.getUint32(datagram + 4) >>> 8 !== this.#vni) return VERDICT.wrongVni;
    const verdict = this.#judgeFrame(slot, endpoint, datagram + VXLAN_BYTES, length - VXLAN_BYTES);
    if (verdict !== VERDICT.delivered && verdict !== VERDICT.deliveredOutside) return verdict;
    starts[slot] = start + VXLAN_BYTES;
    lengths[slot] = length - VXLAN_BYTES;
    endpoint.rxPackets++;
    endpoint.rxBytes += length - VXLAN_BYTES;
    return verdict;
  }

  #judgeFrame(slot, endpoint, frame, length) {
    const { view, classes } = this.rx;
    if (view.getUint8(frame) & 1) return VERDICT.groupMac;
    const isOurs = view.getUint16(frame) === this.#macHigh && view.getUint32(frame + 2) === this.#macLow;
    if (!isOurs) return VERDICT.otherMac;
    if (view.getUint16(frame + 12) !== 0x0800) return VERDICT.notIp;
    const packet = frame + ETHERNET_BYTES;
    if (!isValidV4(view, packet, length - ETHERNET_BYTES)) return VERDICT.malformedIp;
    const verdict = this.#judgeSource(endpoint, view.getUint32(packet + 12));
    if (verdict !== VERDICT.delivered && verdict !== VERDICT.deliveredOutside) return verdict;
    if (!carryMark(view, classes[slot], packet)) return VERDICT.badEcn;
    this.#deliver(frame, length);
    return verdict;
  }

  #deliver(frame, length) {
    const at = this.#frameCount++;
    this.#frames.fill(0, at * 4, at * 4 + 3);
    this.#frames[at * 4 + 3] = at;
    this.#pieces[at * 2] = frame;
    this.#pieces[at * 2 + 1] = length;
  }

  /** The source judged last is remembered within a batch: the next packet of a flow needs no lookup. */
  #judgeSource(endpoint, source) {
    const known = this.#known;
    if (known.endpoint === endpoint && known.source === source) return known.verdict;
    known.endpoint = endpoint;
    known.source = source;
    known.verdict = this.#lookUpSource(endpoint, source);
    return known.verdict;
  }

  #lookUpSource(endpoint, source) {
    if (this.#subnets.lookup(source)) return VERDICT.ownSource;
    if (!this.#networks.lookup(source)) return VERDICT.deliveredOutside;
    return this.#tunnels.lookup(source)?.endpoint === endpoint ? VERDICT.delivered : VERDICT.spoofedSource;
  }
}

function mixed(hash, word) {
  const spread = Math.imul(hash ^ word, 0x9e3779b1);
  return (spread << 13) | (spread >>> 19);
}

function portsOf(view, packet, bytes) {
  const header = (view.getUint8(packet) & 15) << 2;
  const protocol = view.getUint8(packet + 9);
  if ((protocol !== 6 && protocol !== 17) || bytes < header + 4) return protocol;
  return view.getUint16(packet + 6) & 0x3fff ? protocol : view.getUint32(packet + header);
}

function sourcePort(view, packet, bytes) {
  const ports = portsOf(view, packet, bytes);
  const hash = mixed(mixed(ports, view.getUint32(packet + 12)), view.getUint32(packet + 16));
  return PORT_BASE + ((Math.imul(hash, 0x9e3779b1) >>> 8) & PORT_MASK);
}

/** RFC 6040; the exchange of the inner mark updates the checksum (RFC 1624, equation 3). */
function carryMark(view, outer, packet) {
  const mark = outer & 3;
  if (mark === 0 || mark === ECT_0) return true;
  const inner = view.getUint8(packet + 1) & 3;
  if (inner === 0) return mark !== CE;
  if (inner !== CE && (mark === CE || inner === ECT_0)) remark(view, packet, mark);
  return true;
}

function remark(view, packet, ecn) {
  const before = view.getUint16(packet);
  view.setUint16(packet, (before & 0xfffc) | ecn);
  let sum = (~view.getUint16(packet + 10) & 0xffff) + (~before & 0xffff) + view.getUint16(packet);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(packet + 10, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff);
}

function isValidV4(view, packet, length) {
  if (length < IPV4_BYTES) return false;
  const first = view.getUint8(packet);
  const header = (first & 15) << 2;
  const total = view.getUint16(packet + 2);
  if (first >> 4 !== 4 || header < IPV4_BYTES || total < header || total > length) return false;
  let sum = 0;
  for (let at = packet; at < packet + header; at += 2) sum += view.getUint16(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16) === 0xffff;
}
