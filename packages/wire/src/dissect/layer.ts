/**
 * What a dissection is made of, and the builder that each protocol's dissector fills.
 * Offsets count from the first byte of the frame, so that a viewer can mark the bytes of any field.
 */

import { ipFromBytes } from '../address.js';
import { dataView } from '../bytes.js';
import { checksumHolds, internetChecksum, type PseudoHeader, pseudoHeaderSum } from '../checksum.js';
import { hexOf } from '../hex.js';
import { macFromBytes } from '../mac.js';

/** The kinds of layers; `data` is what no dissector claims. */
export type ProtocolName =
  | 'ethernet'
  | 'linux-sll'
  | 'linux-sll2'
  | 'vlan'
  | 'arp'
  | 'ipv4'
  | 'ipv6'
  | 'ipv6-extension'
  | 'icmp'
  | 'icmpv6'
  | 'udp'
  | 'tcp'
  | 'vxlan'
  | 'data';

/** Numbers and flags as they are, addresses and raw bytes as text. */
export type FieldValue = string | number | boolean;

/** The bits of a field that does not fill its bytes: `width` of the number in them, above the lowest `shift`. */
export interface FieldBits {
  readonly shift: number;
  readonly width: number;
  /** What the bits count, where that is not 1: a fragment offset of 1 is 8 bytes. */
  readonly unit?: number;
}

/** One field and its place in the frame. */
export interface DissectedField {
  readonly name: string;
  readonly value: FieldValue;
  /** In bytes. A field narrower than a byte has the offset and length of the bytes it lies in. */
  readonly offset: number;
  readonly length: number;
  readonly bits?: FieldBits;
  /** What the value means, or what is wrong with it. */
  readonly note?: string;
  /** Of a wrong checksum or an impossible length: what would be right. */
  readonly expected?: number;
  /** Where the field is defined, like `RFC 7348, section 5`. */
  readonly rfc?: string;
}

/** One layer, with the next one inside it. */
export interface DissectedLayer {
  readonly protocol: ProtocolName;
  readonly offset: number;
  /** Of the header alone. */
  readonly length: number;
  readonly fields: readonly DissectedField[];
  /** Why this layer is malformed; empty when it is not. */
  readonly problems: readonly string[];
  /** One short piece of text, without the inner layers. */
  readonly summary: string;
  readonly inner?: DissectedLayer;
}

/** Where a layer lies and what the layers around it say about it. */
export interface Scope {
  readonly frame: Uint8Array;
  readonly offset: number;
  /** One past the last byte that belongs to this layer and its payload. */
  readonly end: number;
  /** The extension header to read, for `ipv6-extension`. */
  readonly header?: number;
  /** Addresses for checksums; absent where the checksum can't be verified. */
  readonly pseudo?: PseudoHeader;
  /** Inside an ICMP error: the packet may be cut anywhere (RFC 792, RFC 4443 section 3). */
  readonly isQuote?: boolean;
}

export interface Next {
  readonly protocol: ProtocolName;
  readonly scope: Scope;
}

export interface Dissection {
  readonly layer: DissectedLayer;
  readonly next?: Next;
}

export type Dissector = (scope: Scope) => Dissection;

type Note = string | undefined;
/** Of the layer's own bytes and payload the first `length`, after the sum `initial`. */
interface CoveredBytes {
  readonly length: number;
  readonly initial?: number;
  /** What is stored for a sum of zero, where zero itself says that there is none. */
  readonly zero?: number;
}

type FieldExtras = {
  readonly [Key in 'bits' | 'note' | 'expected' | 'rfc']?: DissectedField[Key] | undefined;
};

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export class LayerBuilder {
  readonly scope: Scope;
  readonly problems: string[] = [];
  readonly #protocol: ProtocolName;
  readonly #rfc: string | undefined;
  readonly #fields: DissectedField[] = [];
  readonly #view: DataView;

  constructor(scope: Scope, protocol: ProtocolName, rfc?: string) {
    this.scope = scope;
    this.#protocol = protocol;
    this.#rfc = rfc;
    this.#view = dataView(scope.frame);
  }

  get available(): number {
    return this.scope.end - this.scope.offset;
  }

  /** The layer's bytes, payload included. */
  get bytes(): Uint8Array {
    return this.scope.frame.subarray(this.scope.offset, this.scope.end);
  }

  peek(at: number, length: 1 | 2 | 4): number {
    const offset = this.scope.offset + at;
    if (length === 1) return this.#view.getUint8(offset);
    return length === 2 ? this.#view.getUint16(offset) : this.#view.getUint32(offset);
  }

  add(name: string, value: FieldValue, at: number, length: number, more: FieldExtras = {}): void {
    const field: Writable<DissectedField> = { name, value, offset: this.scope.offset + at, length };
    const { bits, note, expected, rfc = this.#rfc } = more;
    if (bits !== undefined) field.bits = bits;
    if (note !== undefined) field.note = note;
    if (expected !== undefined) field.expected = expected;
    if (rfc !== undefined) field.rfc = rfc;
    this.#fields.push(field);
  }

  number(name: string, at: number, length: 1 | 2 | 4, note?: (value: number) => Note, rfc?: string): number {
    const value = this.peek(at, length);
    this.add(name, value, at, length, { note: note?.(value), rfc });
    return value;
  }

  /** `width` bits of the number at `at`, above the lowest `shift`, each worth `unit`. */
  bits(
    name: string,
    at: number,
    length: 1 | 2 | 4,
    bits: readonly [shift: number, width: number, unit?: number],
    note?: string,
  ): number {
    const [shift, width, unit = 1] = bits;
    const value = (Math.floor(this.peek(at, length) / 2 ** shift) % 2 ** width) * unit;
    this.add(name, value, at, length, { bits: { shift, width, ...(unit !== 1 && { unit }) }, note });
    return value;
  }

  flag(name: string, at: number, length: 1 | 2 | 4, bit: number): boolean {
    const value = Math.floor(this.peek(at, length) / 2 ** bit) % 2 === 1;
    this.add(name, value, at, length, { bits: { shift: bit, width: 1 } });
    return value;
  }

  /** A length of 16 bits, and where it can't be what is there, what it would have to be. */
  lengthField(name: string, at: number, isPossible: (length: number) => boolean, there: number): number {
    const value = this.peek(at, 2);
    const expected = isPossible(value) || there < 0 || there > 0xffff ? undefined : there;
    this.add(name, value, at, 2, { expected });
    return value;
  }

  mac(name: string, at: number): string {
    const value = macFromBytes(this.#slice(at, 6));
    this.add(name, value, at, 6);
    return value;
  }

  ip(name: string, at: number, length: 4 | 16) {
    const value = ipFromBytes(this.#slice(at, length));
    this.add(name, value, at, length);
    return value;
  }

  raw(name: string, at: number, length: number, note?: Note): void {
    this.add(name, hexOf(this.#slice(at, length)), at, length, { note });
  }

  /** What a checksum over the whole segment and its pseudo header covers; absent where that is not all there. */
  coveredWithPseudo(protocol: number): CoveredBytes | undefined {
    const { pseudo, isQuote } = this.scope;
    if (!pseudo || isQuote) return undefined;
    const length = this.available;
    return { length, initial: pseudoHeaderSum(pseudo, protocol, length) };
  }

  /** `covered`: what it sums up; absent where that can't be told. */
  checksum(at: number, covered: CoveredBytes | undefined): void {
    const expected = covered && this.#expectedChecksum(at, covered);
    const note = covered === undefined ? 'not verified' : expected === undefined ? 'correct' : 'wrong';
    this.add('checksum', this.peek(at, 2), at, 2, { note, expected });
    if (expected !== undefined) this.problems.push('checksum is wrong');
  }

  /** `undefined` where it is right as it is. */
  #expectedChecksum(at: number, { length, initial = 0, zero = 0 }: CoveredBytes): number | undefined {
    const bytes = this.bytes.subarray(0, length);
    const isNone = zero !== 0 && this.peek(at, 2) === 0;
    if (!isNone && checksumHolds(bytes, initial)) return undefined;
    const blank = bytes.slice();
    blank.fill(0, at, at + 2);
    return internetChecksum(blank, initial) || zero;
  }

  problem(text: string): void {
    this.problems.push(text);
  }

  #slice(at: number, length: number): Uint8Array {
    const offset = this.scope.offset + at;
    return this.scope.frame.subarray(offset, offset + length);
  }

  build(length: number, summary: string): DissectedLayer {
    const { offset } = this.scope;
    const { problems } = this;
    return { protocol: this.#protocol, offset, length, fields: this.#fields, problems, summary };
  }

  /** A header that is not all there: its bytes are shown as they are. In a quote that is no fault. */
  cutShort(needed: number, title: string): Dissection {
    const { available } = this;
    if (!this.scope.isQuote) this.problem(`${title} header needs ${needed} bytes, ${available} are there`);
    if (available > 0) this.raw('bytes', 0, available);
    return { layer: this.build(available, `${title} [cut short]`) };
  }

  /** The payload as the next layer, which inherits what quotes inherit. */
  next(protocol: ProtocolName, headerBytes: number, more: Partial<Scope> = {}): Next | undefined {
    const { frame, offset, end, isQuote } = this.scope;
    const scope = { frame, end, ...(isQuote && { isQuote }), ...more, offset: offset + headerBytes };
    return scope.offset < scope.end || (!isQuote && protocol !== 'data') ? { protocol, scope } : undefined;
  }

  done(headerBytes: number, summary: string, next?: Next): Dissection {
    const layer = this.build(headerBytes, summary);
    return next ? { layer, next } : { layer };
  }
}

export function hexNumber(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}
