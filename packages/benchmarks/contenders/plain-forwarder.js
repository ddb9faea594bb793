/**
 * The forwarder's work in plain JavaScript: the same checks in the same order, the same slots with headroom, tunnels
 * in a Map per prefix length, a counter per verdict and per endpoint. IPv4 inside and outside only, where addresses
 * are plain numbers, so it has a little less to do.
 */

import { SLOT_HEADROOM } from '@podlan/dataplane';
import { ipToBytes, macToBytes, prefixAddress, prefixLength } from '@podlan/wire';

const VXLAN_BYTES = 8;
const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const MAPPED_PREFIX = 0xffff;

const VERDICT = {
  tunneled: 0,
  badSlot: 1,
  truncated: 2,
  groupMac: 3,
  notIp: 4,
  malformedIp: 5,
  noTunnel: 6,
  delivered: 7,
  deliveredOutside: 8,
  unknownPeer: 9,
  notVxlan: 10,
  wrongVni: 11,
  otherMac: 12,
  ownSource: 13,
  spoofedSource: 14,
};

const numberOf = (text) => new DataView(ipToBytes(text).buffer).getUint32(0);

/** Longest first. */
class NumberMaps {
  #levels = [];

  insert(prefix, value) {
    const length = prefixLength(prefix);
    let level = this.#levels.find((one) => one.length === length);
    if (!level) {
      level = { length, mask: length === 0 ? 0 : -1 << (32 - length), values: new Map() };
      this.#levels.push(level);
      this.#levels.sort((a, b) => b.length - a.length);
    }
    level.values.set(numberOf(prefixAddress(prefix)) & level.mask, value);
  }

  lookup(address) {
    for (const { mask, values } of this.#levels) {
      const value = values.get(address & mask);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

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
    let delivered = 0;
    for (let slot = 0; slot < count; slot++) {
      const verdict = this.#decapSlot(slot);
      this.#judge(this.rx, slot, verdict);
      if (verdict === VERDICT.delivered || verdict === VERDICT.deliveredOutside) delivered++;
      else this.rx.lengths[slot] = 0;
    }
    return delivered;
  }

  #judge({ verdicts }, slot, verdict) {
    verdicts[slot] = verdict;
    this.#counters[verdict]++;
  }

  #encapSlot(slot) {
    const { view, starts, lengths, stride } = this.tx;
    const [start, length] = [starts[slot], lengths[slot]];
    if (start < VXLAN_BYTES || start + length > stride) return VERDICT.badSlot;
    if (length < ETHERNET_BYTES) return VERDICT.truncated;
    const frame = slot * stride + start;
    if (view.getUint8(frame) & 1) return VERDICT.groupMac;
    if (view.getUint16(frame + 12) !== 0x0800) return VERDICT.notIp;
    const packet = frame + ETHERNET_BYTES;
    if (!isValidV4(view, packet, length - ETHERNET_BYTES)) return VERDICT.malformedIp;
    const tunnel = this.#tunnels.lookup(view.getUint32(packet + 16));
    if (!tunnel) return VERDICT.noTunnel;
    this.#send(slot, start, length, tunnel);
    return VERDICT.tunneled;
  }

  #send(slot, start, length, { endpoint, port }) {
    const { view, starts, lengths, ports, stride } = this.tx;
    const header = slot * stride + start - VXLAN_BYTES;
    view.setUint32(header, 0x08000000);
    view.setUint32(header + 4, this.#vni << 8);
    starts[slot] = start - VXLAN_BYTES;
    lengths[slot] = length + VXLAN_BYTES;
    const address = slot * 16;
    this.#outer.tx.setUint32(address, 0);
    this.#outer.tx.setUint32(address + 4, 0);
    this.#outer.tx.setUint32(address + 8, MAPPED_PREFIX);
    this.#outer.tx.setUint32(address + 12, endpoint.remote);
    ports[slot] = port;
    endpoint.txPackets++;
    endpoint.txBytes += length;
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
    const { view, starts, lengths, stride } = this.rx;
    const [start, length] = [starts[slot], lengths[slot]];
    if (start + length > stride) return VERDICT.badSlot;
    const endpoint = this.#peerOf(slot);
    if (!endpoint) return VERDICT.unknownPeer;
    if (length < VXLAN_BYTES + ETHERNET_BYTES) return VERDICT.truncated;
    const datagram = slot * stride + start;
    if (!(view.getUint8(datagram) & 0x08)) return VERDICT.notVxlan;
    if (view.getUint32(datagram + 4) >>> 8 !== this.#vni) return VERDICT.wrongVni;
    const verdict = this.#judgeFrame(endpoint, datagram + VXLAN_BYTES, length - VXLAN_BYTES);
    if (verdict !== VERDICT.delivered && verdict !== VERDICT.deliveredOutside) return verdict;
    starts[slot] = start + VXLAN_BYTES;
    lengths[slot] = length - VXLAN_BYTES;
    endpoint.rxPackets++;
    endpoint.rxBytes += length - VXLAN_BYTES;
    return verdict;
  }

  #judgeFrame(endpoint, frame, length) {
    const { view } = this.rx;
    if (view.getUint8(frame) & 1) return VERDICT.groupMac;
    const isOurs = view.getUint16(frame) === this.#macHigh && view.getUint32(frame + 2) === this.#macLow;
    if (!isOurs) return VERDICT.otherMac;
    if (view.getUint16(frame + 12) !== 0x0800) return VERDICT.notIp;
    const packet = frame + ETHERNET_BYTES;
    if (!isValidV4(view, packet, length - ETHERNET_BYTES)) return VERDICT.malformedIp;
    return this.#judgeSource(endpoint, view.getUint32(packet + 12));
  }

  #judgeSource(endpoint, source) {
    if (this.#subnets.lookup(source)) return VERDICT.ownSource;
    if (!this.#networks.lookup(source)) return VERDICT.deliveredOutside;
    return this.#tunnels.lookup(source)?.endpoint === endpoint ? VERDICT.delivered : VERDICT.spoofedSource;
  }
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
