/** A Linux bridge: learns which port a MAC is behind, and forgets it (net/bridge/br_input.c, br_fdb.c). */
import { EthernetView, EtherType, type MacAddress } from '@podlan/wire';
import { gather } from '../kernel/ip-input.js';
import { type Packet, withBytes } from '../kernel/packet.js';
import { Device } from './device.js';

interface BridgeEntry {
  readonly port: Device;
  updatedMs: number;
  readonly permanent: boolean;
}

/** `bridge ... ageing_time`, in milliseconds. */
export const DEFAULT_AGEING_MS = 300_000;

export class Bridge extends Device {
  readonly type = 'bridge';
  ageingMs = DEFAULT_AGEING_MS;
  /** Without one of its own, a bridge has the lowest of its ports'. */
  hasOwnMac = false;
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
    this.#ports.delete(port);
    for (const [mac, entry] of this.#fdb) if (entry.port === port) this.#fdb.delete(mac);
    this.#takeLowestMac();
  }

  /** An entry that was there when the simulation began. */
  know(mac: MacAddress, port: Device, permanent = false): void {
    this.#fdb.set(mac, { port, permanent, updatedMs: this.netns.clock.nowMs() });
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
    const { destination, source } = this.#view;
    const isGroup = (packet.bytes[0]! & 1) === 1;
    this.#learn(source, from);
    const isOurs = destination === this.mac || this.#isMacOfPort(destination);
    if (isOurs) {
      this.#passUp(packet);
      return;
    }
    const entry = isGroup ? undefined : this.#find(destination);
    if (entry !== undefined) {
      this.#forwardTo(entry, packet, from);
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
    this.#tellForwarded(packet, entry, destination);
    entry.port.transmit(packet);
  }

  #passUp(arrived: Packet): void {
    const packet = this.#gathered(arrived);
    if (packet === undefined) return;
    this.counters.rxPackets++;
    this.tell(packet, 'receive', `in by ${this.name}`);
    this.netns.receive(this, packet);
  }

  /** br_netfilter: fragments are put together on the bridge already. */
  #gathered(packet: Packet): Packet | undefined {
    const { etherType, payloadOffset } = this.#view;
    const tables = etherType === EtherType.ipv4 ? 'iptables' : 'ip6tables';
    const isIp = etherType === EtherType.ipv4 || etherType === EtherType.ipv6;
    if (!isIp || this.netns.sysctls.get(`net/bridge/bridge-nf-call-${tables}`) !== '1') return packet;
    const inner = withBytes(packet, packet.bytes.subarray(payloadOffset));
    const whole = gather(this.netns, inner);
    if (whole === undefined || whole === inner) return whole && packet;
    const bytes = new Uint8Array(payloadOffset + whole.bytes.length);
    bytes.set(packet.bytes.subarray(0, payloadOffset));
    bytes.set(whole.bytes, payloadOffset);
    return withBytes(whole, bytes);
  }

  #forwardTo(entry: BridgeEntry, packet: Packet, from: Device): void {
    const { port } = entry;
    if (port === from && !from.hairpin) {
      this.drop(packet, 'no-hairpin', `${port.name} is where it came from, and is no hairpin port`);
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
    this.#tellForwarded(packet, entry, this.#view.destination);
    port.transmit(packet);
  }

  #tellForwarded(packet: Packet, { port }: BridgeEntry, mac: MacAddress): void {
    if (packet.trace === undefined) return;
    const row = { table: 'fdb', text: `${mac} dev ${port.name} master ${this.name}`, mac } as const;
    this.tell(packet, 'bridge', `${mac} is behind ${port.name}`, { row });
  }

  #flood(packet: Packet, from: Device | undefined): void {
    const ports = [...this.#ports].filter((port) => mayLeave(port, from));
    if (packet.trace !== undefined) {
      const names = ports.map(({ name }) => name).join(', ') || 'no port';
      this.tell(packet, 'flood', `to ${names}`);
    }
    const copy = { ...packet, isFlooded: true };
    for (const port of ports) port.transmit(copy);
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
  if (!port.isRunning || (port === from && !port.hairpin)) return false;
  return !(port.isolated && from?.isolated);
}
