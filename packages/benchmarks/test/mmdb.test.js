/** The writer against a reader made from the format's specification, https://maxmind.github.io/MaxMind-DB/. */
import { describe, expect, test } from 'vitest';
import { string, uint16, uint32, uint64 } from '../mmdb/encoding.js';
import { writeMmdb } from '../mmdb/write-mmdb.js';
import { LengthMaps, NO_ROUTE } from '../oracle/length-maps.js';
import { generatedTable } from '../tables/generated-table.js';
import { PrefixTable } from '../tables/prefix-table.js';
import { TRAFFIC, traffic } from '../tables/traffic.js';

const MARKER = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex');

test.each([
  ['a string', string('Foo'), [0x43, 0x46, 0x6f, 0x6f]],
  ['an empty string', string(''), [0x40]],
  ['a uint16', uint16(500), [0xa2, 0x01, 0xf4]],
  ['a uint32', uint32(255), [0xc1, 0xff]],
  ['zero', uint32(0), [0xc0]],
  ['the largest uint32', uint32(0xffffffff), [0xc4, 0xff, 0xff, 0xff, 0xff]],
  ['a uint64, an extended type', uint64(2 ** 33), [0x05, 0x02, 0x02, 0, 0, 0, 0]],
])('%s is encoded as the specification has it', (_, bytes, expected) => {
  expect(bytes).toEqual(expected);
});

/** The number after a key of the metadata: a uint16 or uint32. */
function metadataNumber(file, key) {
  const at = file.indexOf(Buffer.from(key), file.lastIndexOf(MARKER)) + key.length;
  const bytes = file[at] & 0x1f;
  return bytes === 0 ? 0 : file.readUIntBE(at + 1, bytes);
}

function readerOf(file) {
  const nodes = metadataNumber(file, 'node_count');
  return (words) => {
    let record = 0;
    for (let bit = 0; record < nodes && bit < words.length * 32; bit++)
      record = file.readUInt32BE(record * 8 + 4 * ((words[bit >> 5] >>> (31 - (bit & 31))) & 1));
    if (record <= nodes) return NO_ROUTE;
    const at = record - nodes + nodes * 8;
    const bytes = file[at] & 0x1f;
    return bytes === 0 ? 0 : file.readUIntBE(at + 1, bytes);
  };
}

describe.each([4, 6])('a file of IPv%d', (family) => {
  const table = generatedTable({ family, size: 2000, nextHops: 300 });
  const file = writeMmdb(table);

  test('says what it is', () => {
    expect(metadataNumber(file, 'ip_version')).toBe(family);
    expect(metadataNumber(file, 'record_size')).toBe(32);
    expect(metadataNumber(file, 'binary_format_major_version')).toBe(2);
  });

  test.each(TRAFFIC)('has the longest match of %s addresses', (kind) => {
    const [read, maps] = [readerOf(file), LengthMaps.of(table)];
    const { words, width, size } = traffic(kind, { table, count: 1000 });
    for (let at = 0; at < size; at++) {
      const address = words.subarray(at * width, (at + 1) * width);
      expect(read(address)).toBe(maps.lookup(address));
    }
  });
});

test('a default route is under everything', () => {
  const table = new PrefixTable(4, 2);
  table.set(0, [0x0a000000], 8, 8);
  table.set(1, [0], 0, 7);
  const read = readerOf(writeMmdb(table));
  expect([[0], [0x0a000001], [0xffffffff]].map(read)).toEqual([7, 8, 7]);
});
