/** The Internet checksum of ranges of several lengths, beside what one would write without the package, and a copy. */
import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { announce, compare, ROUND, writeResults } from '@podlan/tooling/bench-report';
import { Bench } from 'tinybench';
import * as wire from '../dist/index.js';
import { bytesOf, manyOf, OPERATIONS, repeated } from './loop.js';

const LENGTHS = [20, 64, 256, 1500];
const DATA_VIEW = 'a DataView, word by word';

const folded = (sum) => {
  let rest = sum;
  while (rest >>> 16) rest = (rest & 0xffff) + (rest >>> 16);
  return ~rest & 0xffff;
};

/** RFC 1071, section 4.1, word by word. */
function byDataView(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += view.getUint16(at);
  if (bytes.length % 2 === 1) sum += view.getUint8(bytes.length - 1) << 8;
  return folded(sum);
}

function byBytes(bytes) {
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += (bytes[at] << 8) | bytes[at + 1];
  if (bytes.length % 2 === 1) sum += bytes[bytes.length - 1] << 8;
  return folded(sum);
}

function tasksFor(bytes) {
  const { ring, packets, offsetOf } = manyOf(bytes);
  for (const sum of [byDataView, byBytes]) assert.equal(wire.internetChecksum(bytes), sum(bytes));
  const room = new Uint8Array(bytes.length);
  const icmp = new wire.IcmpView();
  return {
    [DATA_VIEW]: repeated((i) => byDataView(packets[i])),
    'the bytes by hand': repeated((i) => byBytes(packets[i])),
    internetChecksum: repeated((i) => wire.internetChecksum(packets[i])),
    'checksumHolds of one view for all': repeated((i) => {
      const at = offsetOf(i);
      return icmp.reset(ring, at, at + bytes.length) && icmp.checksumHolds;
    }),
    'copy of the bytes (Uint8Array.set)': repeated((i) => room.set(packets[i])),
  };
}

announce('Internet checksum');
const groups = [];
for (const length of LENGTHS) {
  const bench = new Bench({ name: `Internet checksum, ${length} bytes`, ...ROUND });
  const tasks = tasksFor(bytesOf(length));
  groups.push(await compare(bench, { baseline: DATA_VIEW, operations: OPERATIONS, tasks }));
}
writeResults(fileURLToPath(import.meta.url), groups);
