/**
 * A routing table as a MaxMind DB file (format 2.0, https://maxmind.github.io/MaxMind-DB/), for the readers of that
 * format among the rivals: a value is a bare uint32, and each is stored once, which is less work than any real file.
 */
import { array, map, string, uint16, uint32, uint64 } from './encoding.js';
import { SearchTree } from './search-tree.js';

const SEPARATOR_BYTES = 16;
const RECORD_BITS = 32;
const NODE_BYTES = (RECORD_BITS / 8) * 2;
const METADATA_MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

/** Each value once: `bytes` of the data section, and `offsets` of the values by their index. */
function dataSection(values) {
  const bytes = [];
  const offsets = [];
  for (const value of values) {
    offsets.push(bytes.length);
    bytes.push(...uint32(value));
  }
  return { bytes: Buffer.from(bytes), offsets };
}

function treeOf(table, indexOf) {
  const tree = new SearchTree();
  const order = Uint32Array.from({ length: table.size }, (_, at) => at);
  order.sort((a, b) => table.lengths[a] - table.lengths[b]);
  for (const at of order) tree.insert(table.address(at), table.lengths[at], indexOf.get(table.values[at]));
  return tree;
}

/** What stands in a record: a node's number, the count of nodes for nothing, beyond it the place of a value. */
function recordNumber(record, nodeCount, offsets) {
  if (record > 0) return record;
  return record === 0 ? nodeCount : nodeCount + SEPARATOR_BYTES + offsets[-record - 1];
}

function treeBytes(tree, offsets) {
  const bytes = Buffer.alloc(tree.nodeCount * NODE_BYTES);
  for (let node = 0; node < tree.nodeCount; node++) {
    for (const bit of [0, 1]) {
      const number = recordNumber(tree.record(node, bit), tree.nodeCount, offsets);
      bytes.writeUInt32BE(number, node * NODE_BYTES + bit * 4);
    }
  }
  return bytes;
}

function metadata(nodeCount, family) {
  const entries = {
    binary_format_major_version: uint16(2),
    binary_format_minor_version: uint16(0),
    build_epoch: uint64(0),
    database_type: string('podlan-bench'),
    description: map({ en: string('routing table') }),
    ip_version: uint16(family),
    languages: array([string('en')]),
    node_count: uint32(nodeCount),
    record_size: uint16(RECORD_BITS),
  };
  return Buffer.from(map(entries));
}

/** The bytes of the file. */
export function writeMmdb(table) {
  const values = [...new Set(table.values)];
  const indexOf = new Map(values.map((value, index) => [value, index]));
  const { bytes, offsets } = dataSection(values);
  const tree = treeOf(table, indexOf);
  return Buffer.concat([
    treeBytes(tree, offsets),
    Buffer.alloc(SEPARATOR_BYTES),
    bytes,
    METADATA_MARKER,
    metadata(tree.nodeCount, table.family),
  ]);
}
