/**
 * A raw socket (raw(7)) for IPv4 packets that are whole, header and all: sent as the host's own, from any source. What
 * a device is handed instead would be refused where the source is an address of this host.
 */
import { callError } from './call-error.js';
import * as libc from './libc.js';
import { OwnedFd } from './owned-fd.js';
import { FIRST_PIECE_WORD, type FrameBatch, WORDS_PER_FRAME } from './slot-batch.js';
import { AF_INET, SOCKADDR_BYTES } from './socket-address.js';

/** What is sent has its header; nothing is received. */
const IPPROTO_RAW = 255;
const IPV4_HEADER_BYTES = 20;
const IPV4_DESTINATION = 16;
/** struct sockaddr_in: | family 2 | port 2 | address 4 | zero 8 | */
const ADDRESS = 4;

/**
 * An open raw socket, closed by `close` or by the end of a `using` block.
 * @example As root
 * ```ts
 * import { RawSocket, UdpSocket } from '@podlan/linux';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * // From an address of nobody to UDP port 5000 of this host: an IPv4 header, a UDP header, no checksum.
 * const ipv4 = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 9, 127, 0, 0, 1];
 * const udp = [0x13, 0x89, 0x13, 0x88, 0, 8, 0, 0];
 * const memory = new Uint8Array(64);
 * memory.set([...ipv4, ...udp], 32);
 * const headerWords = new Uint32Array(memory.buffer, 0, 8);
 * headerWords[7] = 1;
 * const packets = { buffer: memory.buffer, headers: 0, headerWords, pieces: Uint32Array.of(32, 28) };
 *
 * using _receiver = UdpSocket.bind(parseIpAddress('127.0.0.1')!, 5000);
 * using socket = RawSocket.open();
 * socket.send(packets, 1); // => 1
 * ```
 */
export class RawSocket extends OwnedFd {
  readonly #sockaddr = new Uint8Array(SOCKADDR_BYTES[4]);

  private constructor(fd: number) {
    super(fd);
    new DataView(this.#sockaddr.buffer).setUint16(0, AF_INET, true);
  }

  /** Throws LinuxError `EPERM` where the right is missing. */
  static open(): RawSocket {
    const flags = libc.SOCK_RAW | libc.O_NONBLOCK | libc.O_CLOEXEC;
    const fd = libc.socket(AF_INET, flags, IPPROTO_RAW);
    const reasons = { EPERM: 'needs the right to send packets as they are (CAP_NET_RAW)' };
    if (fd < 0) throw callError('socket', ['AF_INET', 'SOCK_RAW'], reasons);
    return new RawSocket(fd);
  }

  /**
   * Sends packets 0…count-1, each in one piece, to where their headers say; returns how many the kernel took. It makes
   * the header's checksum, and an identification where there is none.
   */
  send({ buffer, headerWords, pieces }: FrameBatch, count: number): number {
    let taken = 0;
    for (let packet = 0; packet < count; packet++) {
      const piece = headerWords[packet * WORDS_PER_FRAME + FIRST_PIECE_WORD]!;
      const bytes = new Uint8Array(buffer, pieces[piece * 2]!, pieces[piece * 2 + 1]!);
      if (bytes.length >= IPV4_HEADER_BYTES && this.#sendOne(bytes)) taken++;
    }
    return taken;
  }

  #sendOne(bytes: Uint8Array): boolean {
    this.#sockaddr.set(bytes.subarray(IPV4_DESTINATION, IPV4_DESTINATION + 4), ADDRESS);
    return libc.sendto(this.fd, bytes, bytes.length, 0, this.#sockaddr, this.#sockaddr.length) >= 0;
  }
}
