/** The WASM forwarder between a TAP or TUN and a UDP socket: the same module as the agent's, one packet at a time. */
import {
  Forwarder,
  frameBytes,
  isForwarded,
  leaveHeadroom,
  slotBytes,
  slotHeader,
  slotRoom,
  VERDICT_MEANINGS,
  VERDICTS,
} from '@podlan/dataplane';
import type { ForwarderRow, Tunnel } from '@podlan/linux/model';
import { ipFromMappedBytes, ipToMappedBytes } from '@podlan/wire';
import { sendIp } from '../kernel/ip-output.js';
import { udpPacket, withIdentification } from '../kernel/ip-packet.js';
import type { Netns } from '../kernel/netns.js';
import { answerTo, note, type Packet, withBytes } from '../kernel/packet.js';
import type { Received } from '../kernel/sockets.js';
import type { DropReason } from '../trace/journey.js';
import type { Reader, Tun } from './tun.js';

/** One packet in each direction, and one ICMP error. */
const SLOTS = 2;
/** Headers in front, and what a slot begins with. */
const SLOT_EXTRA_BYTES = 256;

export class ForwarderProgram implements Reader {
  readonly row: ForwarderRow;
  readonly #tunnels = new Map<string, Tunnel>();
  readonly #device: Tun;
  readonly #forwarder: Forwarder;
  readonly #close: () => void;

  private constructor(row: ForwarderRow, device: Tun, forwarder: Forwarder, close: () => void) {
    this.row = row;
    this.#device = device;
    this.#forwarder = forwarder;
    this.#close = close;
  }

  /** Rejects where the port is taken. */
  static async start(
    netns: Netns,
    row: ForwarderRow,
    device: Tun,
    capacity: number,
  ): Promise<ForwarderProgram> {
    const slotBytes = Math.max(2048, device.mtu + SLOT_EXTRA_BYTES);
    const forwarder = await netns.clock.outside(Forwarder.create({ slots: SLOTS, slotBytes, capacity }));
    forwarder.configure(row);
    let program: ForwarderProgram | undefined;
    const { local: address, port } = row;
    const close = netns.sockets.listenUdp({
      address,
      port,
      receive: (received) => program?.receive(received),
    });
    if (close === undefined) throw new Error(`bind ${address} port ${port}: UDP port ${port} is in use`);
    program = new ForwarderProgram(row, device, forwarder, close);
    device.reader = program;
    return program;
  }

  stop(): void {
    this.#close();
    if (this.#device.reader === this) this.#device.reader = undefined;
  }

  get tunnels(): Iterable<Tunnel> {
    return this.#tunnels.values();
  }

  setTunnel(row: Tunnel): void {
    this.#forwarder.setTunnel(row.prefix, row.remote, row.port);
    this.#tunnels.set(row.prefix, row);
  }

  deleteTunnel({ prefix }: Tunnel): void {
    this.#forwarder.deleteTunnel(prefix);
    this.#tunnels.delete(prefix);
  }

  /** What leaves by the device goes into a tunnel. */
  read(packet: Packet): void {
    const { tx } = this.#forwarder;
    leaveHeadroom(tx);
    if (packet.bytes.length > slotRoom(tx, 0).length) {
      const text = `${packet.bytes.length} bytes, and the forwarder reads ${slotRoom(tx, 0).length}`;
      this.#tell(packet, 'drop', text, { reason: 'too-big' });
      return;
    }
    slotHeader(tx, 0).fill(0);
    slotRoom(tx, 0).set(packet.bytes);
    tx.lengths[0] = packet.bytes.length;
    const sent = this.#forwarder.encap(1);
    const verdict = VERDICTS[tx.verdicts[0]!]!;
    if (sent === 0) {
      this.#refuse(packet, verdict);
      return;
    }
    const remote = ipFromMappedBytes(tx.addresses.subarray(0, 16));
    const text = this.#tunnelTo(remote);
    this.#tell(packet, 'encapsulate', `to ${remote}`, { row: { table: 'tunnel', text, remote } });
    this.#send(packet, remote);
  }

  #send(packet: Packet, destination: ReturnType<typeof ipFromMappedBytes>): void {
    const { tx } = this.#forwarder;
    const { netns } = this.#device;
    const { local, port, type } = this.row;
    const dontFragment = type === 'udp';
    const outer = udpPacket({
      ...{ source: local, destination, sourcePort: port, destinationPort: tx.ports[0]! },
      ...{ payload: slotBytes(tx, 0).slice(), trafficClass: tx.classes[0]!, dontFragment },
      // What nobody may cut needs none (ip_select_ident).
      identification: dontFragment ? 0 : netns.nextIdentification(),
    });
    netns.tell(packet, 'send', `by the forwarder's socket, UDP port ${port}`, {
      crossing: 'to-kernel',
      after: outer,
    });
    sendIp(netns, withBytes(packet, outer));
  }

  #refuse(packet: Packet, verdict: (typeof VERDICTS)[number]): void {
    const reason: DropReason = verdict === 'tx-no-tunnel' ? 'no-tunnel' : 'forwarder-refused';
    this.#tell(packet, 'drop', `${verdict}: ${VERDICT_MEANINGS[verdict]}`, { reason });
    const errors = this.#forwarder.unreachable(1, 1);
    for (let i = 0; i < errors; i++) {
      const { netns } = this.#device;
      // A raw socket fills in the identification where it is zero (raw(7)).
      const error = withIdentification(frameBytes(this.#forwarder.frames, i), netns.nextIdentification());
      sendIp(netns, answerTo(packet, error, 'error'));
    }
  }

  /** What comes from the socket goes to the device. */
  receive({ packet, ip, sourcePort, payload }: Received): void {
    const { rx, frames } = this.#forwarder;
    const { netns } = this.#device;
    netns.tell(packet, 'to-user', `to the forwarder's socket, UDP port ${this.row.port}`, {
      crossing: 'to-user',
    });
    leaveHeadroom(rx);
    const room = slotRoom(rx, 0);
    const fits = payload.length <= room.length;
    if (fits) room.set(payload);
    rx.lengths[0] = fits ? payload.length : 0;
    rx.segments[0] = 0;
    rx.classes[0] = ip.trafficClass;
    rx.addresses.set(ipToMappedBytes(ip.source), 0);
    rx.ports[0] = sourcePort;
    const count = this.#forwarder.decap(1);
    const verdict = VERDICTS[rx.verdicts[0]!]!;
    if (!isForwarded(verdict)) {
      this.#tell(packet, 'drop', `${verdict}: ${VERDICT_MEANINGS[verdict]}`, {
        reason: 'forwarder-refused',
      });
      return;
    }
    for (let i = 0; i < count; i++) {
      const bytes = frameBytes(frames, i);
      this.#tell(packet, 'decapsulate', `from ${ip.source}`, { after: bytes });
      this.#device.write(withBytes(packet, bytes));
    }
  }

  #tunnelTo(remote: string): string {
    for (const tunnel of this.#tunnels.values()) if (tunnel.remote === remote) return tunnelText(tunnel);
    return `remote ${remote}`;
  }

  #tell(
    packet: Packet,
    event: 'encapsulate' | 'decapsulate' | 'drop',
    text: string,
    more: Partial<Parameters<typeof note>[1]>,
  ): void {
    const { netns, name: device, hasLinkLayer } = this.#device;
    const isFrame = hasLinkLayer && event !== 'decapsulate';
    note(packet, { netns: netns.name, device, event, text, before: packet.bytes, isFrame, ...more });
  }
}

export const tunnelText = ({ prefix, remote, port, dev }: Tunnel): string =>
  `${prefix} remote ${remote} port ${port} dev ${dev}`;
