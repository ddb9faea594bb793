/** A Linux bridge: learns which port a MAC is behind, and forgets it (net/bridge/br_input.c, br_fdb.c). */
import { EthernetView, type MacAddress } from '@podlan/wire';
import type { Packet } from '../kernel/packet.js';
import { meetForward, meetPrerouting, meetsRules, type RulesCalled } from './bridge-netfilter.js';
import { frameKindOf, isFloodedTo, OPEN_PORT } from './bridge-port.js';
import { Device } from './device.js';

interface BridgeEntry {
  readonly port: Device;
  updatedMs: number;
  readonly permanent: boolean;
  /** What is for this MAC is for the bridge's host. */
  readonly isLocal: boolean;
}

/** How long an entry lasts: until it ages, for ever, or for ever and for the host itself. `bridge fdb`: '', static, permanent. */
export type EntryKind = 'learned' | 'static' | 'local';

/** `bridge ... ageing_time`, in milliseconds. */
export const DEFAULT_AGEING_MS = 300_000;

export class Bridge extends Device {
  readonly type = 'bridge';
  ageingMs = DEFAULT_AGEING_MS;
  /** Without one of its own, a bridge has the lowest of its ports'. */
  hasOwnMac = false;
  /** Whether its frames meet the rules of IP, whatever the sysctls say. */
  rulesCalled: RulesCalled = { 4: false, 6: false };
  readonly #ports = new Set<Device>();
  readonly #fdb = new Map<MacAddress, BridgeEntry>();
  readonly #view = new EthernetView();

  get ports(): Iterable<Device> {
    return this.#ports;
  }

  override get carrier(): boolean {
    for (const port of this.#ports) if (port.isRunning) return true;
    return this.#ports.size === 0;
  }

  addPort(port: Device): void {
    port.master?.removePort(port);
    port.master = this;
    this.#ports.add(port);
    this.#takeLowestMac();
  }

  removePort(port: Device): void {
    port.master = undefined;
    port.hairpin = false;
    port.isolated = false;
    port.portSettings = OPEN_PORT;
    this.#ports.delete(port);
    for (const [mac, entry] of this.#fdb) if (entry.port === port) this.#fdb.delete(mac);
    this.#takeLowestMac();
  }

  /** An entry that was there when the simulation began. */
  know(mac: MacAddress, port: Device, kind: EntryKind = 'learned'): void {
    const updatedMs = this.netns.clock.nowMs();
    this.#fdb.set(mac, { port, permanent: kind !== 'learned', isLocal: kind === 'local', updatedMs });
  }

  /** What it has learned and was told, as `bridge fdb` shows it. */
  fdbRows(): { readonly mac: MacAddress; readonly port: Device; readonly text: string }[] {
    const known = [...this.#fdb].filter(([mac]) => this.#find(mac) !== undefined);
    return known.map(([mac, entry]) => {
      const kind = entry.isLocal ? ' permanent' : entry.permanent ? ' static' : '';
      return { mac, port: entry.port, text: `${this.#entryText(mac, entry.port)}${kind}` };
    });
  }

  /** Whether there is an entry of it, or a port that has it. */
  knows(mac: MacAddress): boolean {
    return this.#find(mac) !== undefined || this.#isMacOfPort(mac);
  }

  /** Returns whether there was such an entry. */
  forget(mac: MacAddress, port: Device): boolean {
    return this.#fdb.get(mac)?.port === port && this.#fdb.delete(mac);
  }

  #entryText(mac: MacAddress, port: Device): string {
    return `${mac} dev ${port.name} master ${this.name}`;
  }

  /** A frame that came in by a port. */
  forward(packet: Packet, from: Device): void {
    if (!this.up) {
      this.drop(packet, 'device-down', `${this.name} is down`);
      return;
    }
    if (!this.#view.reset(packet.bytes)) {
      this.drop(packet, 'malformed', 'no Ethernet header');
      return;
    }
    const { state } = from.portSettings;
    if (state !== 'forwarding' && state !== 'learning') {
      this.#dropAtPort(packet, from);
      return;
    }
    if (meetsRules(this, this.rulesCalled, packet))
      meetPrerouting(this, packet, (passed) => this.#switch(passed, from));
    else this.#switch(packet, from);
  }

  #switch(packet: Packet, from: Device): void {
    this.#view.reset(packet.bytes);
    const { destination, source } = this.#view;
    const isGroup = (packet.bytes[0]! & 1) === 1;
    if (from.portSettings.learning) this.#learn(source, from);
    if (from.portSettings.state === 'learning') {
      this.#dropAtPort(packet, from);
      return;
    }
    const isOurs = destination === this.mac || this.#isMacOfPort(destination);
    if (isOurs) {
      this.#passUp(packet);
      return;
    }
    const entry = isGroup ? undefined : this.#find(destination);
    if (entry?.isLocal) {
      this.#passUp(packet);
      return;
    }
    if (entry !== undefined) {
      this.#forwardTo(entry, packet, from, destination);
      return;
    }
    this.#flood(packet, from);
    if (isGroup) this.#passUp(packet);
  }

  /** From this host itself. */
  protected send(packet: Packet): void {
    if (!this.#view.reset(packet.bytes)) return;
    const { destination } = this.#view;
    const entry = (packet.bytes[0]! & 1) === 1 ? undefined : this.#find(destination);
    if (entry === undefined) {
      this.#flood(packet, undefined);
      return;
    }
    if (entry.port.portSettings.state !== 'forwarding') {
      this.#dropAtPort(packet, entry.port);
      return;
    }
    this.#tellForwarded(packet, entry, destination);
    entry.port.transmit(packet);
  }

  #dropAtPort(packet: Packet, { name, portSettings: { state } }: Device): void {
    const row = { table: 'port', text: `${name} master ${this.name} state ${state}` } as const;
    this.drop(packet, 'bridge-port-state', `${name} is a port in state ${state}`, { row });
  }

  #passUp(packet: Packet): void {
    this.counters.rxPackets++;
    this.tell(packet, 'receive', `in by ${this.name}`);
    this.netns.receive(this, packet);
  }

  #forwardTo(entry: BridgeEntry, packet: Packet, from: Device, mac: MacAddress): void {
    const { port } = entry;
    if (port === from && !from.hairpin) {
      this.drop(packet, 'no-hairpin', `${port.name} is where it came from, and is no hairpin port`);
      return;
    }
    if (port.portSettings.state !== 'forwarding') {
      this.#dropAtPort(packet, port);
      return;
    }
    if (port.isolated && from.isolated) {
      this.drop(
        packet,
        'bridge-port-isolated',
        `${from.name} and ${port.name} are isolated from one another`,
      );
      return;
    }
    this.#tellForwarded(packet, entry, mac);
    this.#leaveBy(port, packet);
  }

  #tellForwarded(packet: Packet, { port }: BridgeEntry, mac: MacAddress): void {
    if (packet.trace === undefined) return;
    const row = { table: 'fdb', text: this.#entryText(mac, port), mac } as const;
    this.tell(packet, 'bridge', `${mac} is behind ${port.name}`, { row });
  }

  #flood(packet: Packet, from: Device | undefined): void {
    const kind = frameKindOf(packet.bytes);
    const ports = [...this.#ports].filter(
      (port) => mayLeave(port, from) && isFloodedTo(port.portSettings, kind, from === undefined),
    );
    if (packet.trace !== undefined) {
      const names = ports.map(({ name }) => name).join(', ') || 'no port';
      this.tell(packet, 'flood', `to ${names}`);
    }
    const copy = { ...packet, isFlooded: true };
    for (const port of ports) this.#leaveBy(port, copy);
  }

  #leaveBy(port: Device, packet: Packet): void {
    for (const frame of meetForward(this, packet, port)) port.transmit(frame);
  }

  #learn(source: MacAddress, port: Device): void {
    const known = this.#fdb.get(source);
    if (known?.port === port) known.updatedMs = this.netns.clock.nowMs();
    else if (!known?.permanent) this.know(source, port);
  }

  #find(mac: MacAddress): BridgeEntry | undefined {
    const entry = this.#fdb.get(mac);
    // A port that is down forgets what was behind it.
    if (entry === undefined || !entry.port.isRunning) return undefined;
    if (entry.permanent || this.netns.clock.nowMs() - entry.updatedMs < this.ageingMs) return entry;
    this.#fdb.delete(mac);
    return undefined;
  }

  #isMacOfPort(mac: MacAddress): boolean {
    for (const port of this.#ports) if (port.mac === mac) return true;
    return false;
  }

  #takeLowestMac(): void {
    if (this.hasOwnMac) return;
    const macs = [...this.#ports].map(({ mac }) => mac).sort();
    if (macs[0] !== undefined) this.mac = macs[0];
  }

  override dispose(): void {
    super.dispose();
    for (const port of [...this.#ports]) this.removePort(port);
  }
}

/** A frame of this host itself comes from no port. */
function mayLeave(port: Device, from: Device | undefined): boolean {
  if (!port.isRunning || port.portSettings.state !== 'forwarding' || (port === from && !port.hairpin))
    return false;
  return !(port.isolated && from?.isolated);
}
