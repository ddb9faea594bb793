/**
 * The neighbor tables, ARP's and ND's (net/core/neighbour.c): who has the next hop. An entry that is used after a while
 * is asked again; one that nobody answers for is given up after three questions, a second apart.
 */
import type { Neighbor } from '@podlan/linux/model';
import type { IpAddress, MacAddress } from '@podlan/wire';
import type { SimClock } from '../clock.js';
import type { Device } from '../devices/device.js';
import type { Packet } from './packet.js';

export type NeighborState = 'permanent' | 'noarp' | 'reachable' | 'stale' | 'probe' | 'incomplete' | 'failed';

export interface NeighborEntry {
  readonly device: Device;
  readonly address: IpAddress;
  state: NeighborState;
  mac: MacAddress | undefined;
  confirmedMs: number;
  /** Wait for an answer. */
  waiting: Waiting[] | undefined;
  asked: number;
  /** Takes back the next question, and the packet that it is asked about. */
  cancelQuestion: (() => void) | undefined;
  /** As it was put there, for a permanent one. */
  row: Neighbor | undefined;
}

interface Waiting {
  readonly packet: Packet;
  readonly found: (mac: MacAddress) => void;
  readonly failed: () => void;
}

/** What asks and is told. */
export interface NeighborProtocol {
  /** To all, or to `mac` alone where it is known. */
  ask(device: Device, address: IpAddress, about: Packet, mac: MacAddress | undefined): void;
}

/** base_reachable_time_ms, of which the kernel takes from half to three halves. */
const REACHABLE_MS = 30_000;
/** delay_first_probe_time. */
const DELAY_MS = 5_000;
const RETRANSMIT_MS = 1_000;
const MOST_QUESTIONS = 3;
/** unres_qlen; the kernel counts bytes, and more fit. */
const MOST_WAITING = 100;

export class Neighbors {
  /** By device, then by address. */
  readonly #entries = new Map<string, Map<IpAddress, NeighborEntry>>();
  readonly #clock: SimClock;
  readonly #protocol: NeighborProtocol;

  constructor(clock: SimClock, protocol: NeighborProtocol) {
    this.#clock = clock;
    this.#protocol = protocol;
  }

  *[Symbol.iterator](): Generator<NeighborEntry> {
    for (const ofDevice of this.#entries.values()) yield* ofDevice.values();
  }

  of(device: string): Iterable<NeighborEntry> {
    return this.#entries.get(device)?.values() ?? [];
  }

  get(device: string, address: IpAddress): NeighborEntry | undefined {
    return this.#entries.get(device)?.get(address);
  }

  /** Known from the beginning, or until somebody says otherwise. */
  set(
    device: Device,
    address: IpAddress,
    mac: MacAddress | undefined,
    state: NeighborState,
    row?: Neighbor,
  ): void {
    const entry = this.#entry(device, address);
    entry.state = state;
    entry.mac = mac;
    entry.confirmedMs = this.#clock.nowMs();
    if (row !== undefined) entry.row = row;
    this.#settle(entry);
  }

  /** As somebody's command has it: nothing stays of what was known. */
  replace(
    device: Device,
    address: IpAddress,
    mac: MacAddress | undefined,
    state: NeighborState,
    row?: Neighbor,
  ): void {
    this.#entry(device, address).row = undefined;
    this.set(device, address, mac, state, row);
  }

  delete(device: string, address: IpAddress): void {
    this.#entries.get(device)?.delete(address);
  }

  /** Of a device that is gone, or down: then permanent ones stay. */
  deleteOf(device: string, keepPermanent = false): void {
    const entries = this.#entries.get(device);
    if (!keepPermanent) this.#entries.delete(device);
    else
      for (const [address, { state }] of entries ?? []) if (state !== 'permanent') entries!.delete(address);
  }

  /** Calls `found` at once where the MAC is known, later when it becomes so, or `failed`. */
  resolve(
    device: Device,
    address: IpAddress,
    packet: Packet,
    found: (mac: MacAddress, entry: NeighborEntry) => void,
    failed: () => void,
  ): void {
    const entry = this.#entry(device, address);
    if (entry.mac !== undefined && entry.state !== 'incomplete' && entry.state !== 'failed') {
      this.#age(entry, packet);
      found(entry.mac, entry);
      return;
    }
    entry.waiting ??= [];
    if (entry.waiting.length >= MOST_WAITING) entry.waiting.shift()!.failed();
    entry.waiting.push({ packet, found: (mac) => found(mac, entry), failed });
    if (entry.state === 'incomplete' && entry.asked > 0) return;
    entry.state = 'incomplete';
    entry.asked = 0;
    this.#ask(entry, packet);
  }

  /** Somebody says that `address` is at `mac`. `solicited`: because he was asked. */
  hear(device: Device, address: IpAddress, mac: MacAddress, solicited: boolean, mayCreate: boolean): void {
    const known = this.get(device.name, address);
    if (known === undefined && !mayCreate) return;
    const entry = known ?? this.#entry(device, address);
    if (entry.state === 'permanent' || entry.state === 'noarp') return;
    if (isLocked(entry, mac, this.#clock.nowMs())) return;
    entry.mac = mac;
    entry.state = solicited ? 'reachable' : 'stale';
    entry.confirmedMs = this.#clock.nowMs();
    this.#settle(entry);
  }

  #settle(entry: NeighborEntry): void {
    const { mac } = entry;
    entry.asked = 0;
    entry.cancelQuestion?.();
    entry.cancelQuestion = undefined;
    if (mac !== undefined) for (const { found } of takeWaiting(entry)) found(mac);
  }

  /** An entry that is used and not fresh any more is checked, with packets going on meanwhile. */
  #age(entry: NeighborEntry, packet: Packet): void {
    const ageMs = this.#clock.nowMs() - entry.confirmedMs;
    if (entry.state === 'reachable' && ageMs >= REACHABLE_MS) entry.state = 'stale';
    if (entry.state !== 'stale') return;
    entry.state = 'probe';
    const { trace: _, ...untraced } = packet;
    this.#clock.at(DELAY_MS, () => {
      if (entry.state === 'probe') this.#ask(entry, untraced);
    });
  }

  #ask(entry: NeighborEntry, packet: Packet): void {
    if (entry.asked >= MOST_QUESTIONS) {
      this.#giveUp(entry);
      return;
    }
    entry.asked++;
    this.#protocol.ask(entry.device, entry.address, packet, entry.state === 'probe' ? entry.mac : undefined);
    if (entry.state !== 'incomplete' && entry.state !== 'probe') return;
    const { asked } = entry;
    entry.cancelQuestion = this.#clock.at(RETRANSMIT_MS, () => {
      const isOpen = entry.state === 'incomplete' || entry.state === 'probe';
      if (isOpen && entry.asked === asked) this.#ask(entry, packet);
    });
  }

  #giveUp(entry: NeighborEntry): void {
    entry.state = 'failed';
    entry.asked = 0;
    entry.mac = undefined;
    for (const { failed } of takeWaiting(entry)) failed();
  }

  #entry(device: Device, address: IpAddress): NeighborEntry {
    const { name } = device;
    const known = this.get(name, address);
    if (known !== undefined) return known;
    const fresh = incomplete(device, address, this.#clock.nowMs());
    const ofDevice = this.#entries.get(name);
    if (ofDevice === undefined) this.#entries.set(name, new Map([[address, fresh]]));
    else ofDevice.set(address, fresh);
    return fresh;
  }
}

/** One literal: of objects put together in parts, each has a shape of its own in memory. */
const incomplete = (device: Device, address: IpAddress, confirmedMs: number): NeighborEntry => ({
  device,
  address,
  state: 'incomplete',
  mac: undefined,
  confirmedMs,
  waiting: undefined,
  asked: 0,
  cancelQuestion: undefined,
  row: undefined,
});

function takeWaiting(entry: NeighborEntry): readonly Waiting[] {
  const { waiting = [] } = entry;
  entry.waiting = undefined;
  return waiting;
}

/** Of two who answer to one address, the first is believed for a second (net/ipv4/arp.c, LOCKTIME). */
function isLocked(entry: NeighborEntry, mac: MacAddress, nowMs: number): boolean {
  const isKnown = entry.mac !== undefined && entry.state !== 'incomplete' && entry.state !== 'failed';
  return isKnown && entry.mac !== mac && entry.state === 'reachable' && nowMs - entry.confirmedMs < 1000;
}

/** In iproute2's words. */
export function neighborText({ address, mac, device, state }: NeighborEntry): string {
  return [`${address}`, `dev ${device.name}`, mac && `lladdr ${mac}`, state].filter(Boolean).join(' ');
}
