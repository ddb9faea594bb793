/**
 * The error queue of a socket with IP_RECVERR (ip(7), ipv6(7)): what routers and the kernel itself said of what was sent.
 *
 *     msghdr             | name 8 | namelen 4 | - 4 | iov 8 | iovlen 8 | control 8 | controllen 8 | flags 4 | - 4 |
 *     cmsg               | length 8 | level 4 | type 4 | sock_extended_err | sockaddr of who said it |
 *     sock_extended_err  | errno 4 | origin 1 | type 1 | code 1 | - 1 | info 4 | data 4 |
 */
import { type Family, type IpAddress, ipFromMappedBytes } from '@podlan/wire';
import { addressOf, errnoName, recvmsg } from './libc.js';
import { AF_INET, AF_INET6, readSockaddr } from './socket-address.js';

const MSG_ERRQUEUE = 0x2000;
const MSG_DONTWAIT = 0x40;

const IOV = 16;
const IOVLEN = 24;
const CONTROL = 32;
const CONTROLLEN = 40;

const IOVEC_AT = 64;
const CONTROL_AT = 128;
const CONTROL_BYTES = 256;
const DATA_AT = CONTROL_AT + CONTROL_BYTES;
const DATA_BYTES = 256;

const CMSG_HEADER_BYTES = 16;
const EXTENDED_ERROR_BYTES = 16;
const SO_EE_ORIGIN_LOCAL = 1;
const TYPE_OF_FAMILY = { 4: { level: 0, type: 11 }, 6: { level: 41, type: 25 } } as const;

/** What stands in the way of a packet, as the kernel or a router told it. */
export interface SendError {
  /** `local`: this kernel refused. `icmp`: a router or host said so. */
  readonly origin: 'local' | 'icmp';
  /** Who said so. */
  readonly from?: IpAddress;
  /** Such as `EHOSTUNREACH`. */
  readonly errno: string;
  /** Of the ICMP or ICMPv6 message. */
  readonly type?: number;
  readonly code?: number;
  /** The bytes that would have fit, where that is what was wrong. */
  readonly mtu?: number;
}

/** An error with the beginning of the packet it is about: from its transport header on, as the socket sent it. */
export interface QueuedError {
  readonly error: SendError;
  readonly about: Uint8Array;
}

/** Takes the oldest error off the queue; undefined: there is none. */
export function takeError(fd: number, family: Family): QueuedError | undefined {
  const view = new DataView(new ArrayBuffer(DATA_AT + DATA_BYTES));
  const address = addressOf(view.buffer as ArrayBuffer);
  view.setBigUint64(IOV, BigInt(address + IOVEC_AT), true);
  view.setBigUint64(IOVLEN, 1n, true);
  view.setBigUint64(CONTROL, BigInt(address + CONTROL_AT), true);
  view.setBigUint64(CONTROLLEN, BigInt(CONTROL_BYTES), true);
  view.setBigUint64(IOVEC_AT, BigInt(address + DATA_AT), true);
  view.setBigUint64(IOVEC_AT + 8, BigInt(DATA_BYTES), true);
  const length = recvmsg(fd, address, MSG_ERRQUEUE | MSG_DONTWAIT);
  if (length < 0) return undefined;
  const at = findError(view, family);
  if (at === undefined) return undefined;
  return {
    error: readError(view, at),
    about: new Uint8Array(view.buffer, DATA_AT, Math.min(length, DATA_BYTES)),
  };
}

/** Where the sock_extended_err lies, among whatever other control messages there are. */
function findError(view: DataView, family: Family): number | undefined {
  const { level, type } = TYPE_OF_FAMILY[family];
  const end = CONTROL_AT + Number(view.getBigUint64(CONTROLLEN, true));
  for (let at = CONTROL_AT; at + CMSG_HEADER_BYTES < end; ) {
    const length = Number(view.getBigUint64(at, true));
    if (view.getInt32(at + 8, true) === level && view.getInt32(at + 12, true) === type)
      return at + CMSG_HEADER_BYTES;
    if (length < CMSG_HEADER_BYTES) return undefined;
    at += (length + 7) & ~7;
  }
  return undefined;
}

function readError(view: DataView, at: number): SendError {
  const errno = errnoName(view.getUint32(at, true));
  const info = view.getUint32(at + 8, true);
  const mtu = errno === 'EMSGSIZE' && info > 0 ? { mtu: info } : {};
  if (view.getUint8(at + 4) === SO_EE_ORIGIN_LOCAL) return { origin: 'local', errno, ...mtu };
  const [type, code] = [view.getUint8(at + 5), view.getUint8(at + 6)];
  return { origin: 'icmp', errno, type, code, ...mtu, ...offender(view, at + EXTENDED_ERROR_BYTES) };
}

function offender(view: DataView, at: number): { from?: IpAddress } {
  const family = view.getUint16(at, true);
  if (family !== AF_INET && family !== AF_INET6) return {};
  const mapped = new Uint8Array(16);
  readSockaddr(view, at, mapped, 0);
  return { from: ipFromMappedBytes(mapped) };
}
