/** A VXLAN device of the kernel's (drivers/net/vxlan/vxlan_core.c; RFC 7348). */

import type { FdbEntry } from '@podlan/linux/model';
import { EthernetView, emitVxlan, type IpAddress, type MacAddress, vxlanBytes } from '@podlan/wire';
import { sendIp } from '../kernel/ip-output.js';
import { readIp, udpPacket } from '../kernel/ip-packet.js';
import type { Netns } from '../kernel/netns.js';
import { type Packet, withBytes } from '../kernel/packet.js';
import type { Received } from '../kernel/sockets.js';
import { Device, type DeviceOptions } from './device.js';
import { flowPort } from './flow-port.js';

export interface VxlanOptions extends DeviceOptions {
  readonly vni: number;
  readonly port: number;
  readonly local: IpAddress;
  /** The device it sends by; any, where it has none. */
  readonly lower: string | undefined;
  readonly learning: boolean;
  readonly gbp: boolean;
}

/** Where a MAC, or everything else, is sent. */
export interface VxlanDestination {
  readonly dst: IpAddress;
  readonly isPermanent: boolean;
  readonly row?: FdbEntry;
}

/** XMIT_RECURSION_LIMIT: tunnels within tunnels. */
const MOST_TUNNELS = 8;
const ANY_MAC = '00:00:00:00:00:00' as MacAddress;

export class Vxlan extends Device {
  readonly type = 'vxlan';
  readonly vni: number;
  readonly port: number;
  readonly local: IpAddress;
  /** The device it sends by; any, where it has none. */
  readonly lower: string | undefined;
  readonly gbp: boolean;
  learning: boolean;
  readonly fdb = new Map<MacAddress, VxlanDestination>();
  readonly #view = new EthernetView();

  constructor(netns: Netns, options: VxlanOptions) {
    super(netns, options);
    this.vni = options.vni;
    this.port = options.port;
    this.local = options.local;
    this.lower = options.lower;
    this.learning = options.learning;
    this.gbp = options.gbp;
  }

  protected send(packet: Packet): void {
    this.#view.reset(packet.bytes);
    const { destination } = this.#view;
    const entry = this.fdb.get(destination) ?? this.fdb.get(ANY_MAC);
    if (entry === undefined) {
      this.drop(packet, 'no-fdb-entry', `${this.name} does not know behind which host ${destination} is`, {
        row: { table: 'fdb', text: `${destination} dev ${this.name}: none`, mac: destination },
      });
      return;
    }
    const { dst } = entry;
    const tunnels = (packet.tunnels ?? 0) + 1;
    if (tunnels > MOST_TUNNELS) {
      this.drop(packet, 'forwarding-loop', `${this.name} leads into itself: ${MOST_TUNNELS} tunnels deep`);
      return;
    }
    const text = vxlanFdbText(this, destination, entry);
    const outer = this.#encapsulate(packet.bytes, dst);
    this.tell(packet, 'encapsulate', `VXLAN ${this.vni} to ${dst}`, {
      row: { table: 'fdb', text, mac: destination, dst },
      after: outer,
    });
    const oif = this.lower === undefined ? {} : { oif: this.lower };
    sendIp(this.netns, { ...withBytes(packet, outer), tunnels }, { ...oif, dontFragment: true });
  }

  #encapsulate(frame: Uint8Array, destination: IpAddress): Uint8Array {
    const vxlan = { vni: this.vni, payload: frame };
    const payload = new Uint8Array(vxlanBytes(vxlan));
    emitVxlan(vxlan, payload);
    return udpPacket({
      ...{ source: this.local, destination, destinationPort: this.port, payload },
      sourcePort: flowPort(frame),
      identification: this.netns.nextIdentification(),
      // The inner congestion marks count outside, too (RFC 6040).
      trafficClass: (readIp(frame.subarray(14))?.trafficClass ?? 0) & 3,
    });
  }

  /** An outer datagram for this device's network. */
  decapsulate({ packet, ip }: Received, inner: Uint8Array): void {
    this.tell(packet, 'decapsulate', `VXLAN ${this.vni} from ${ip.source}`, { after: inner, isFrame: false });
    const frame = { ...withBytes(packet, inner), tunnels: Math.max(0, (packet.tunnels ?? 0) - 1) };
    if (!this.#view.reset(inner)) {
      this.drop(frame, 'malformed', 'no frame inside');
      return;
    }
    const { source } = this.#view;
    if (source === this.mac) {
      this.drop(frame, 'own-frame', `its source MAC ${source} is that of ${this.name}`);
      return;
    }
    if (this.learning && this.fdb.get(source)?.isPermanent !== true)
      this.fdb.set(source, { dst: ip.source, isPermanent: false });
    this.receive(frame);
  }
}

/** As `bridge fdb` shows it. */
export const vxlanFdbText = (
  { name }: Vxlan,
  mac: MacAddress,
  { dst, isPermanent }: VxlanDestination,
): string => `${mac} dev ${name} dst ${dst} self${isPermanent ? ' permanent' : ''}`;
