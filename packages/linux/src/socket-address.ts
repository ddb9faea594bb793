/** struct sockaddr_in and sockaddr_in6, to and from the 16 mapped bytes that stand for an address of either family. */
import type { Family } from '@podlan/wire';

export const AF_INET = 2;
export const AF_INET6 = 10;

/**
 *     sockaddr_in   | family 2 | port 2 | address 4 | zero 8 |
 *     sockaddr_in6  | family 2 | port 2 | flow info 4 | address 16 | scope 4 |
 */
export const SOCKADDR_BYTES: Readonly<Record<Family, number>> = { 4: 16, 6: 28 };
/** Room for either, at a stride that keeps it aligned. */
export const SOCKADDR_STRIDE = 32;

const IPV4_AT = 4;
const IPV6_AT = 8;
/** ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2) */
const MAPPED_IPV4_AT = 12;

export function writeSockaddr(
  view: DataView,
  at: number,
  family: Family,
  mapped: Uint8Array,
  from: number,
  port: number,
): void {
  view.setUint16(at, family === 4 ? AF_INET : AF_INET6, true);
  view.setUint16(at + 2, port);
  const [to, skip] = family === 4 ? [IPV4_AT, MAPPED_IPV4_AT] : [IPV6_AT, 0];
  for (let i = 0; i < 16 - skip; i++) view.setUint8(at + to + i, mapped[from + skip + i]!);
}

/** Writes the 16 mapped bytes to `mapped` and returns the port. */
export function readSockaddr(view: DataView, at: number, mapped: Uint8Array, to: number): number {
  if (view.getUint16(at, true) === AF_INET) {
    mapped.fill(0, to, to + 10);
    mapped.fill(0xff, to + 10, to + 12);
    for (let i = 0; i < 4; i++) mapped[to + 12 + i] = view.getUint8(at + IPV4_AT + i);
  } else {
    for (let i = 0; i < 16; i++) mapped[to + i] = view.getUint8(at + IPV6_AT + i);
  }
  return view.getUint16(at + 2);
}

/** Whether a socket of this family can send there. */
export function reachable(family: Family, mapped: Uint8Array, at: number): boolean {
  if (family === 6) return true;
  for (let i = 0; i < 10; i++) if (mapped[at + i] !== 0) return false;
  return mapped[at + 10] === 0xff && mapped[at + 11] === 0xff;
}
