/**
 * A million mutated frames: no parser throws, no value or field reaches beyond the bytes it was read from, and
 * what was accepted is emitted again as something that parses as the same value.
 *
 * FUZZ_SEED repeats a run.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as wire from '../src/index.js';

const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const INPUTS = 1_000_000;

/** mulberry32: small, and the same on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const folder = new URL('golden/', import.meta.url);
/** Long payloads only slow the run down: what the parsers look at stands in front. */
const corpus = readdirSync(folder)
  .filter((name) => name.endsWith('.hex'))
  .map((name) => Buffer.from(readFileSync(new URL(name, folder), 'utf8').replace(/\s+/g, ''), 'hex'))
  .filter((frame) => frame.length < 300);

const buffer = new Uint8Array(512);
const INTERESTING = [0, 1, 4, 5, 6, 7, 8, 0x0f, 0x40, 0x45, 0x4f, 0x60, 0x7f, 0x80, 0xfe, 0xff, 17, 44, 58];

function mutate(random: (below: number) => number): Uint8Array {
  const frame = corpus[random(corpus.length)]!;
  buffer.set(frame);
  let length = frame.length;
  for (let edits = 1 + random(4); edits > 0; edits--) {
    const at = random(length);
    const kind = random(8);
    if (kind < 3) buffer[at] = INTERESTING[random(INTERESTING.length)]!;
    else if (kind < 5) buffer[at]! ^= 1 << random(8);
    else if (kind === 5) buffer[at] = random(256);
    else if (kind === 6) length = Math.max(1, at);
    else buffer.copyWithin(at, random(length), length);
  }
  return buffer.subarray(0, length);
}

const pseudo: wire.PseudoHeader = {
  source: 'fd00::1' as wire.IpAddress,
  destination: 'fd00::2' as wire.IpAddress,
};
const into = new Uint8Array(2048);

interface FuzzedCodec<T> {
  readonly offsets: readonly number[];
  readonly parse: (bytes: Uint8Array) => T | undefined;
  readonly emit: (value: T) => number;
}

const codec = <T>(codec: FuzzedCodec<T>): FuzzedCodec<unknown> => codec as FuzzedCodec<unknown>;

/** Where each header lies in frames of the corpus: alone, and inside VXLAN over IPv4 or IPv6. */
const LINK = [0, 50, 70];
const NETWORK = [14, 64, 84];
const TRANSPORT = [34, 54, 84, 104];

const CODECS: readonly FuzzedCodec<unknown>[] = [
  codec({ offsets: LINK, parse: wire.parseEthernet, emit: (value) => wire.emitEthernet(value, into) }),
  codec({ offsets: NETWORK, parse: wire.parseArp, emit: (value) => wire.emitArp(value, into) }),
  codec({ offsets: NETWORK, parse: wire.parseIpv4, emit: (value) => wire.emitIpv4(value, into) }),
  codec({ offsets: NETWORK, parse: wire.parseIpv6, emit: (value) => wire.emitIpv6(value, into) }),
  codec({ offsets: TRANSPORT, parse: wire.parseIcmp, emit: (value) => wire.emitIcmp(value, into) }),
  codec({
    offsets: TRANSPORT,
    parse: (bytes) => wire.parseIcmpv6(bytes),
    emit: (value) => wire.emitIcmpv6(value, into, pseudo),
  }),
  codec({
    offsets: TRANSPORT,
    parse: (bytes) => wire.parseUdp(bytes),
    emit: (value) => wire.emitUdp(value, into),
  }),
  codec({
    offsets: TRANSPORT,
    parse: (bytes) => wire.parseTcp(bytes),
    emit: (value) => wire.emitTcp(value, into, pseudo),
  }),
  codec({ offsets: [42, 62], parse: wire.parseVxlan, emit: (value) => wire.emitVxlan(value, into) }),
  codec({
    offsets: [54, 74],
    parse: wire.parseTcpOptions,
    emit: (options) => wire.emitTcpOption(options[0] ?? { kind: 'nop' }, into),
  }),
];

function isInside(part: Uint8Array, whole: Uint8Array): boolean {
  const start = part.byteOffset - whole.byteOffset;
  return (
    part.length === 0 || (part.buffer === whole.buffer && start >= 0 && start + part.length <= whole.length)
  );
}

function checkCodec(codec: FuzzedCodec<unknown>, bytes: Uint8Array, isDeep: boolean): boolean {
  const value = codec.parse(bytes);
  if (value === undefined) return false;
  for (const part of Object.values(value as object)) {
    if (part instanceof Uint8Array && !isInside(part, bytes))
      throw new Error('a value reaches beyond its bytes');
  }
  const length = codec.emit(value);
  if (isDeep && !Array.isArray(value)) expect(codec.parse(into.subarray(0, length))).toEqual(value);
  return true;
}

function checkDissection(frame: Uint8Array): void {
  for (let layer: wire.DissectedLayer | undefined = wire.dissect(frame); layer; layer = layer.inner) {
    if (layer.offset + layer.length > frame.length)
      throw new Error(`${layer.protocol} reaches beyond the frame`);
    for (const { name, offset, length } of layer.fields) {
      if (offset < layer.offset || offset + length > frame.length)
        throw new Error(`${name} is outside the frame`);
    }
  }
}

test(`${INPUTS} mutated frames, FUZZ_SEED=${SEED}`, { timeout: 120_000 }, () => {
  console.log(`fuzz: FUZZ_SEED=${SEED}`);
  const random = randomFrom(SEED);
  let accepted = 0;
  let input: Uint8Array = buffer;
  try {
    for (let i = 0; i < INPUTS; i++) {
      input = mutate(random);
      const codec = CODECS[i % CODECS.length]!;
      const offset = codec.offsets[random(codec.offsets.length)]!;
      if (checkCodec(codec, input.subarray(Math.min(offset, input.length)), i % 512 < CODECS.length))
        accepted++;
      if (i % 2 === 0) checkDissection(input);
      if (i % 16 === 0) wire.summarize(input);
    }
  } catch (cause) {
    throw new Error(`FUZZ_SEED=${SEED}, frame ${Buffer.from(input).toString('hex')}`, { cause });
  }
  // Mutants that are all refused at the first length check would test nothing.
  expect(accepted).toBeGreaterThan(INPUTS / 10);
});
