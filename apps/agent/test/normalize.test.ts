import { expect, test } from 'vitest';
import { normalize } from './fidelity/normalize.js';
import { innerPing } from './inner-ping.js';

const VXLAN_HEADER_BYTES = 8;
const IDENTIFICATION = 18;
const HEADER_CHECKSUM = 24;
/** An Ethernet frame whose IPv4 identification is 1. */
const frame = innerPing({
  mac: '02:00:00:00:00:01',
  source: '10.244.1.2',
  target: '10.244.2.2',
}).subarray(VXLAN_HEADER_BYTES);

const differing = (bytes: Uint8Array): number[] =>
  [...bytes.keys()].filter((index) => bytes[index] !== frame[index]);

test('what is blanked is named, with the checksum that covers it, and nothing else is changed', () => {
  const before = frame.slice();
  const { bytes, blanked } = normalize(frame);
  expect(frame).toEqual(before);
  expect(blanked).toEqual([
    { field: 'identification', layer: 'ipv4', offset: IDENTIFICATION, length: 2 },
    { field: 'checksum', layer: 'ipv4', offset: HEADER_CHECKSUM, length: 2 },
  ]);
  expect(differing(bytes)).toEqual([IDENTIFICATION + 1, HEADER_CHECKSUM, HEADER_CHECKSUM + 1]);
});

test('two frames that differ in what nobody can know are the same afterwards', () => {
  const other = frame.slice();
  const view = new DataView(other.buffer);
  // RFC 1624: the checksum goes down by what the field goes up.
  view.setUint16(IDENTIFICATION, view.getUint16(IDENTIFICATION) + 5);
  view.setUint16(HEADER_CHECKSUM, view.getUint16(HEADER_CHECKSUM) - 5);
  expect(normalize(other)).toEqual(normalize(frame));
});

test('only the fields that were asked for are blanked', () => {
  expect(normalize(frame, ['flow label', 'outer source port'])).toEqual({ bytes: frame, blanked: [] });
});

test('a checksum that is wrong stays, so that a comparison finds it', () => {
  const wrong = frame.slice();
  wrong[HEADER_CHECKSUM]! ^= 0x40;
  const { bytes, blanked } = normalize(wrong);
  expect(blanked.map(({ field }) => field)).toEqual(['identification']);
  expect(bytes[HEADER_CHECKSUM]).toBe(wrong[HEADER_CHECKSUM]);
});
