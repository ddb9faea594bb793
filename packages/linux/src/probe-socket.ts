/** The socket of one probe: its options set, the packet sent, and what came of it. It blocks its thread. */
import {
  type Family,
  familyOf,
  type IpAddress,
  internetChecksum,
  ipFromMappedBytes,
  ipToMappedBytes,
} from '@podlan/wire';
import { callError } from './call-error.js';
import { type SendError, takeError } from './error-queue.js';
import * as libc from './libc.js';
import type { ProbeAnswer, ProbeOrder, ProbeReply } from './probe.js';
import {
  AF_INET,
  AF_INET6,
  readSockaddr,
  SOCKADDR_BYTES,
  SOCKADDR_STRIDE,
  writeSockaddr,
} from './socket-address.js';
import { setOption } from './socket-options.js';

const ICMP = {
  4: { protocol: 1, request: 8, reply: 0 },
  6: { protocol: 58, request: 128, reply: 129 },
} as const;
const ECHO_HEADER_BYTES = 8;

/** ip(7), ipv6(7). Where packets are not to be cut, `probe` does not ask what was learned of the path. */
const PMTUDISC = { dont: 0, probe: 3 };
const OPTIONS = {
  4: { level: 0, ttl: 2, mtuDiscover: 10, receiveErrors: 11 },
  6: { level: 41, ttl: 16, mtuDiscover: 23, receiveErrors: 25 },
} as const;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_SNDTIMEO = 21;

export class ProbeSocket {
  readonly #order: ProbeOrder;
  readonly #family: Family;
  readonly #fd: number;
  readonly #errors: SendError[] = [];
  #sentMs = 0;

  /** Throws LinuxError: `EPERM`, `EADDRNOTAVAIL`, `EADDRINUSE`. */
  constructor(order: ProbeOrder) {
    this.#order = order;
    this.#family = familyOf(order.to);
    const [type, protocol] = {
      icmp: [libc.SOCK_RAW, ICMP[this.#family].protocol],
      udp: [libc.SOCK_DGRAM, 0],
      tcp: [libc.SOCK_STREAM, 0],
    }[order.protocol] as [number, number];
    const domain = this.#family === 4 ? AF_INET : AF_INET6;
    this.#fd = libc.socket(domain, type | libc.O_CLOEXEC, protocol);
    const reasons = { EPERM: 'needs the right to send raw packets (CAP_NET_RAW)' };
    if (this.#fd < 0) throw callError('socket', [order.protocol], reasons);
    this.#setOptions();
    this.#bind();
  }

  /** Sends the packet, and waits until something comes of it or the time is over. */
  run(): ProbeAnswer {
    this.#sentMs = performance.now();
    return this.#order.protocol === 'tcp' ? this.#connect() : this.#ask();
  }

  close(): void {
    libc.close(this.#fd);
  }

  #setOptions(): void {
    const { level, ttl, mtuDiscover, receiveErrors } = OPTIONS[this.#family];
    setOption(this.#fd, level, receiveErrors, 1);
    setOption(this.#fd, level, mtuDiscover, this.#order.dontFragment ? PMTUDISC.probe : PMTUDISC.dont);
    if (this.#order.ttl !== undefined) setOption(this.#fd, level, ttl, this.#order.ttl);
    this.#setTimeout(SO_SNDTIMEO, this.#order.timeoutMs);
  }

  #setTimeout(name: number, ms: number): void {
    const timeval = BigInt64Array.of(BigInt(Math.floor(ms / 1000)), BigInt(Math.floor((ms % 1000) * 1000)));
    libc.setsockopt(this.#fd, SOL_SOCKET, name, new Uint8Array(timeval.buffer), 16);
  }

  #bind(): void {
    const { from, protocol, sourcePort } = this.#order;
    const port = protocol === 'icmp' ? 0 : sourcePort;
    const anywhere = this.#family === 4 ? '0.0.0.0' : '::';
    const sockaddr = sockaddrOf((from ?? anywhere) as IpAddress, port);
    if (libc.bindSocket(this.#fd, sockaddr, SOCKADDR_BYTES[this.#family]) >= 0) return;
    const reasons = { EADDRNOTAVAIL: 'is not an address of this namespace' };
    throw callError('bind', [String(from ?? anywhere), String(port)], reasons);
  }

  #connect(): ProbeAnswer {
    const { to, port } = this.#order;
    const result = libc.connect(this.#fd, sockaddrOf(to, port), SOCKADDR_BYTES[this.#family]);
    if (result >= 0) return this.#replied('accepted', to);
    const errno = libc.errnoName(libc.errno());
    this.#takeErrors();
    if (this.#errors.length > 0) return this.#answer();
    if (errno === 'ECONNREFUSED') return this.#replied('reset', to);
    // The time was over.
    if (errno === 'EINPROGRESS' || errno === 'EAGAIN' || errno === 'ETIMEDOUT') return this.#answer();
    return { refused: errno, errors: [] };
  }

  #ask(): ProbeAnswer {
    const { to, port, protocol } = this.#order;
    const sockaddr = sockaddrOf(to, protocol === 'icmp' ? 0 : port);
    const message = this.#message();
    const sent = libc.sendto(this.#fd, message, message.length, 0, sockaddr, SOCKADDR_BYTES[this.#family]);
    if (sent >= 0) return this.#listen();
    const refused = libc.errnoName(libc.errno());
    this.#takeErrors();
    return { refused, errors: this.#errors };
  }

  #message(): Uint8Array {
    const { payloadBytes, protocol, sourcePort } = this.#order;
    if (protocol === 'udp') return new Uint8Array(payloadBytes);
    const message = new Uint8Array(ECHO_HEADER_BYTES + payloadBytes);
    const view = new DataView(message.buffer);
    view.setUint8(0, ICMP[this.#family].request);
    view.setUint16(4, sourcePort);
    view.setUint16(6, 1);
    // For ICMPv6 the kernel fills the checksum in.
    if (this.#family === 4) view.setUint16(2, internetChecksum(message));
    return message;
  }

  /** One packet has one answer: the first ends it. */
  #listen(): ProbeAnswer {
    const packet = new Uint8Array(65_536);
    const from = new Uint8Array(SOCKADDR_STRIDE);
    const fromLength = new Uint8Array(4);
    for (;;) {
      const leftMs = this.#sentMs + this.#order.timeoutMs - performance.now();
      if (leftMs < 1) return this.#answer();
      this.#setTimeout(SO_RCVTIMEO, leftMs);
      new DataView(fromLength.buffer).setUint32(0, SOCKADDR_STRIDE, true);
      const length = libc.recvfrom(this.#fd, packet, packet.length, 0, from, fromLength);
      if (length < 0) this.#takeErrors();
      else if (this.#isReply(packet.subarray(0, length)))
        return this.#replied(this.#order.protocol === 'udp' ? 'datagram' : 'echo', addressIn(from));
      if (this.#errors.length > 0) return this.#answer();
    }
  }

  #isReply(packet: Uint8Array): boolean {
    if (this.#order.protocol === 'udp') return true;
    // A raw IPv4 socket hands the IP header over, an IPv6 one does not.
    const start = this.#family === 4 ? (packet[0]! & 0xf) * 4 : 0;
    return packet[start] === ICMP[this.#family].reply && this.#isOurs(packet.subarray(start));
  }

  /** A raw socket hears of the echoes of others too. */
  #isOurs(icmp: Uint8Array): boolean {
    return icmp.length >= ECHO_HEADER_BYTES && ((icmp[4]! << 8) | icmp[5]!) === this.#order.sourcePort;
  }

  #takeErrors(): void {
    for (let next = takeError(this.#fd, this.#family); next; next = takeError(this.#fd, this.#family)) {
      const { error, about } = next;
      const ours = this.#order.protocol !== 'icmp' || error.origin === 'local' || this.#isOurs(about);
      if (ours) this.#errors.push(error);
    }
  }

  #replied(kind: ProbeReply['kind'], from: IpAddress): ProbeAnswer {
    return { ...this.#answer(), reply: { kind, from, rttMs: performance.now() - this.#sentMs } };
  }

  #answer(): ProbeAnswer {
    return { errors: this.#errors };
  }
}

function sockaddrOf(address: IpAddress, port: number): Uint8Array {
  const sockaddr = new Uint8Array(SOCKADDR_STRIDE);
  const view = new DataView(sockaddr.buffer);
  writeSockaddr(view, 0, familyOf(address), ipToMappedBytes(address), 0, port);
  return sockaddr;
}

function addressIn(sockaddr: Uint8Array): IpAddress {
  const mapped = new Uint8Array(16);
  readSockaddr(new DataView(sockaddr.buffer), 0, mapped, 0);
  return ipFromMappedBytes(mapped);
}
