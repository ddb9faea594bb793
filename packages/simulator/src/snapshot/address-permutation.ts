/**
 * Addresses in place of addresses, so that two have as long a prefix in common after as before (Xu, Fan, Ammar and Moon,
 * "Prefix-Preserving IP Address Anonymization", 2002): each bit is flipped or not by what the bits before it are.
 *
 *     10.244.1.5       flips of bit 0..7, 8..15, 16..23: by the key, with the bits before as input
 *     |  |   | '------ kept: first and last addresses of subnets stay so
 *     |  |   '-------- kept where bits 16.. up to it are all 0 or all 1: for x.y.0.0 and x.y.255.255, too
 *     |  '------------ bit 8 is always flipped: no address stays itself
 *     '--------------- kept where the other branch leads to 0/8, 127/8 or 224/3, whose addresses mean something
 *
 * IPv6 keeps its first byte (it tells what kind of address it is), and treats each 16 bits as bits 16..23 above.
 */
import type { Pseudonyms } from './pseudonyms.js';

/** What becomes of the bit at a depth, given all bits before it. */
type Step = 'keep' | 'flip' | 'key';
type Rule = (bytes: Uint8Array, depth: number) => Step;

/** As binary text: 0.0.0.0/8, 127.0.0.0/8, multicast and what is above it. */
const SPECIAL_STARTS = ['00000000', '01111111', '111'];

export async function permuteAddress(bytes: Uint8Array, pseudonyms: Pseudonyms): Promise<Uint8Array> {
  if (bytes.length === 4) return isSpecialIpv4(bytes) ? bytes : permute(bytes, ipv4Step, 'ipv4', pseudonyms);
  const embedded = bytes[0] === 0;
  if (!embedded) return permute(bytes, ruleOfIpv6(bytes), 'ipv6', pseudonyms);
  // ::, ::1, ::ffff:a.b.c.d and 64:ff9b::a.b.c.d: what is in them is IPv4's.
  const low = await permuteAddress(bytes.subarray(12), pseudonyms);
  return Uint8Array.of(...bytes.subarray(0, 12), ...low);
}

const isSpecialIpv4 = (bytes: Uint8Array): boolean =>
  SPECIAL_STARTS.some((start) => bitsOf(bytes, 0, 8).startsWith(start));

const ipv4Step: Rule = (bytes, depth) => {
  if (depth < 8) {
    const before = bitsOf(bytes, 0, depth);
    return SPECIAL_STARTS.some((start) => start.startsWith(before)) ? 'keep' : 'key';
  }
  if (depth === 8) return 'flip';
  if (depth < 16) return 'key';
  return depth < 24 ? stepFrom(16, bytes, depth) : 'keep';
};

function ruleOfIpv6(bytes: Uint8Array): Rule {
  // Link-local: the interface's part alone.
  if (bytes[0] === 0xfe) return (all, depth) => (depth < 64 ? 'keep' : groupStep(all, depth));
  // Of multicast the solicited-node addresses, which end as an address does (RFC 4291, section 2.7.1).
  if (bytes[0] === 0xff) return isSolicitedNode(bytes) ? solicitedStep : () => 'keep';
  return unicastStep;
}

const unicastStep: Rule = (bytes, depth) => {
  if (depth < 8) return 'keep';
  if (depth === 8) return 'flip';
  return depth < 16 ? 'key' : groupStep(bytes, depth);
};

const SOLICITED_NODE_BITS = 104;
const solicitedStep: Rule = (_, depth) => (depth < SOLICITED_NODE_BITS ? 'keep' : 'key');
const isSolicitedNode = (bytes: Uint8Array): boolean =>
  bytes[1] === 2 &&
  bytes[11] === 1 &&
  bytes[12] === 0xff &&
  bytes.subarray(2, 11).every((byte) => byte === 0);

const groupStep: Rule = (bytes, depth) => stepFrom(depth - (depth % 16), bytes, depth);

/** The way along nothing but zeros, or nothing but ones, is not turned off. */
const stepFrom = (start: number, bytes: Uint8Array, depth: number): Step =>
  /^(0*|1*)$/.test(bitsOf(bytes, start, depth)) ? 'keep' : 'key';

function bitsOf(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let depth = from; depth < to; depth++) text += bitAt(bytes, depth);
  return text;
}

const bitAt = (bytes: Uint8Array, depth: number): number => (bytes[depth >> 3]! >> (7 - (depth & 7))) & 1;

async function permute(
  bytes: Uint8Array,
  rule: Rule,
  kind: string,
  pseudonyms: Pseudonyms,
): Promise<Uint8Array> {
  const permuted = bytes.slice();
  for (let at = 0; at < bytes.length; at++) permuted[at]! ^= await flipsOf(bytes, at, rule, kind, pseudonyms);
  return permuted;
}

/** For one byte: 32 bytes of pseudonym are the 255 inner nodes of the tree of its bits, numbered as a heap from 1. */
async function flipsOf(
  bytes: Uint8Array,
  at: number,
  rule: Rule,
  kind: string,
  pseudonyms: Pseudonyms,
): Promise<number> {
  const steps = Array.from({ length: 8 }, (_, bit) => rule(bytes, at * 8 + bit));
  const keyed = steps.includes('key')
    ? await pseudonyms.bytesFor(kind, bytes.subarray(0, at).join('.'))
    : new Uint8Array(32);
  let flips = 0;
  for (let bit = 0, node = 1; bit < 8; bit++) {
    const flip = steps[bit] === 'flip' || (steps[bit] === 'key' && bitAt(keyed, node) === 1);
    if (flip) flips |= 0x80 >> bit;
    node = 2 * node + bitAt(bytes, at * 8 + bit);
  }
  return flips;
}
