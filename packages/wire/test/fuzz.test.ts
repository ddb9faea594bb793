/**
 * A million mutated frames through every parser and through dissection: none throws, no value or field reaches
 * beyond the bytes it was read from, and nothing is accepted wrongly: where a value is, its lengths and checksum
 * hold, and emitting it writes the bytes it was read from, but for what fuzzed-codecs.ts says may be lost.
 *
 * FUZZ_SEED repeats a run.
 */

import { expect, test } from 'vitest';
import * as wire from '../src/index.js';
import { FUZZED_CODECS, type FuzzedCodec } from './fuzzed-codecs.js';
import { mutatedFrame, randomFrom, SEED } from './mutation.js';

const INPUTS = 1_000_000;
const UNWRITTEN = 0xa5;

const into = new Uint8Array(2048);
const scratch = new Uint8Array(512);

function isInside(part: Uint8Array, whole: Uint8Array): boolean {
  const start = part.byteOffset - whole.byteOffset;
  return (
    part.length === 0 || (part.buffer === whole.buffer && start >= 0 && start + part.length <= whole.length)
  );
}

/** Why `bytes` were accepted wrongly; undefined where they were not. */
function wrongAccept(codec: FuzzedCodec, value: object, bytes: Uint8Array): string | undefined {
  for (const part of Object.values(value)) {
    if (part instanceof Uint8Array && !isInside(part, bytes)) return 'a value reaches beyond its bytes';
  }
  const length = codec.length(bytes);
  if (length > bytes.length || !codec.holds(bytes))
    return 'accepted, with a length or a checksum that is wrong';
  into[length] = UNWRITTEN;
  if (codec.emit(value, into) !== length) return 'emitted with another length';
  if (into[length] !== UNWRITTEN) return 'emitted beyond its length';
  for (let at = 0; at < length; at++) {
    const changed = into[at]! ^ bytes[at]!;
    if (changed !== 0 && (changed & ~codec.lost(at, bytes)) !== 0) return `byte ${at} is emitted differently`;
  }
  return codec.holds(into.subarray(0, length)) ? undefined : 'emitted with a wrong checksum';
}

function checkCodec(codec: FuzzedCodec, bytes: Uint8Array): boolean {
  const value = codec.parse(bytes);
  if (value === undefined) return false;
  const problem = wrongAccept(codec, value as object, bytes);
  if (problem !== undefined)
    throw new Error(`${codec.name}: ${problem}: ${Buffer.from(bytes).toString('hex')}`);
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

/** Quotes may be cut short, and extension headers may leave the packet. */
function checkNetworkPayload(bytes: Uint8Array): void {
  for (const packet of [wire.parseIpv4Quote(bytes), wire.parseIpv6Quote(bytes)]) {
    if (packet && !isInside(packet.payload, bytes)) throw new Error('a quote reaches beyond its bytes');
  }
  const packet = wire.parseIpv6(bytes);
  const upper = packet && wire.skipExtensions(packet);
  if (upper && !isInside(upper.payload, packet.payload))
    throw new Error('a payload reaches beyond its packet');
}

function eachFrame(check: (frame: Uint8Array, random: (limit: number) => number) => void): void {
  console.log(`fuzz: FUZZ_SEED=${SEED}`);
  const random = randomFrom(SEED);
  for (let i = 0; i < INPUTS; i++) {
    const frame = mutatedFrame(random);
    try {
      check(frame, random);
    } catch (cause) {
      throw new Error(`FUZZ_SEED=${SEED}, frame ${Buffer.from(frame).toString('hex')}: ${cause}`, { cause });
    }
  }
}

test(`${INPUTS} mutated frames through every parser`, { timeout: 240_000 }, () => {
  const accepted = new Map(FUZZED_CODECS.map(({ name }) => [name, 0]));
  eachFrame((frame, random) => {
    for (const codec of FUZZED_CODECS) {
      const offset = Math.min(codec.offsets[random(codec.offsets.length)]!, frame.length);
      let bytes = frame.subarray(offset);
      if (codec.repair && random(2) === 0) {
        scratch.set(bytes);
        bytes = scratch.subarray(0, bytes.length);
        codec.repair(bytes);
      }
      if (checkCodec(codec, bytes)) accepted.set(codec.name, accepted.get(codec.name)! + 1);
    }
  });
  // Mutants that are all refused at the first length check would test nothing.
  for (const [name, count] of accepted) expect([name, count > INPUTS / 100]).toEqual([name, true]);
});

test(`${INPUTS} mutated frames through dissection`, { timeout: 240_000 }, () => {
  eachFrame((frame, random) => {
    checkDissection(frame);
    checkNetworkPayload(frame.subarray(Math.min(14 + 50 * random(2), frame.length)));
    if (random(16) === 0) wire.summarize(frame);
  });
});
