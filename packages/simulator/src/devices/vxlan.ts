/** A VXLAN device of the kernel's (drivers/net/vxlan/vxlan_core.c; RFC 7348). */

import type { FdbEntry } from '@podlan/linux/model';
import { EthernetView, emitVxlan, type IpAddress, type MacAddress, vxlanBytes } from '@podlan/wire';
import { sendIp } from '../kernel/ip-output.js';
import { readIp, udpPacket } from '../kernel/ip-packet.js';
import type { Netns } from '../kernel/netns.js';
import { type Packet, withBytes } from '../kernel/packet.js';
import type { Received } from '../kernel/sockets.js';
import type { MatchedRow } from '../trace/journey.js';
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

/** A host at the other end: what is not said is as the device has it. */
export interface VxlanRemote {
  readonly dst: IpAddress;
  readonly port?: number;
  readonly vni?: number;
  /** The device it is sent by. */
  readonly via?: string;
}

/** Where a MAC, or everything else, is sent. */
export interface VxlanDestination extends VxlanRemote {
  readonly isPermanent: boolean;
  /** Those that get a copy besides: what is for all goes to all of them (head-end replication). */
  readonly others?: readonly VxlanRemote[];
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
    const tunnels = (packet.tunnels ?? 0) + 1;
    if (tunnels > MOST_TUNNELS) {
      this.drop(packet, 'forwarding-loop', `${this.name} leads into itself: ${MOST_TUNNELS} tunnels deep`);
      return;
    }
    const { isPermanent } = entry;
    for (const remote of remotesOf(entry)) {
      const text = vxlanFdbText(this, destination, { ...remote, isPermanent });
      this.#sendTo(remote, { ...packet, tunnels }, { table: 'fdb', text, mac: destination, dst: remote.dst });
    }
  }

  #sendTo(remote: VxlanRemote, packet: Packet, row: MatchedRow): void {
    const { dst, vni = this.vni, via = this.lower } = remote;
    const after = this.#encapsulate(packet.bytes, remote);
    this.tell(packet, 'encapsulate', `VXLAN ${vni} to ${dst}`, { row, after });
    const oif = via === undefined ? {} : { oif: via };
    sendIp(this.netns, withBytes(packet, after), { ...oif, dontFragment: true });
  }

  #encapsulate(frame: Uint8Array, { dst, port = this.port, vni = this.vni }: VxlanRemote): Uint8Array {
    const vxlan = { vni, payload: frame };
    const payload = new Uint8Array(vxlanBytes(vxlan));
    emitVxlan(vxlan, payload);
    return udpPacket({
      ...{ source: this.local, destination: dst, destinationPort: port, payload },
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

/** An entry line by line, as `bridge fdb` shows it. */
export const remotesOf = ({ others = [], ...first }: VxlanDestination): readonly VxlanRemote[] => [
  first,
  ...others,
];

/** As `bridge fdb` shows it. */
export const vxlanFdbText = (
  { name }: Vxlan,
  mac: MacAddress,
  { dst, port, vni, via, isPermanent }: VxlanRemote & { readonly isPermanent: boolean },
): string =>
  [
    `${mac} dev ${name} dst ${dst}`,
    port !== undefined && `port ${port}`,
    vni !== undefined && `vni ${vni}`,
    via !== undefined && `via ${via}`,
    `self${isPermanent ? ' permanent' : ''}`,
  ]
    .filter(Boolean)
    .join(' ');
