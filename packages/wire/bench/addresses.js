/** Address text to numbers and bytes and back, beside a plain reading by split and regular expression. */
import { strict as assert } from 'node:assert';
import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { announce, compare, ROUND, writeResults } from '@podlan/tooling/bench-report';
import { Bench } from 'tinybench';
import * as wire from '../dist/index.js';
import { OPERATIONS, repeated } from './loop.js';

const PLAIN = 'split and regular expressions';
const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/** Different texts, as a branch on the same ones over and over is foretold by the processor. */
let state = 1;
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state >>> 16;
}
const ipv4Bytes = Array.from({ length: OPERATIONS }, () => Uint8Array.from({ length: 4 }, random));
const ipv6Bytes = Array.from({ length: OPERATIONS }, () => {
  const bytes = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  for (const at of [4, 5, 6, 7, 14, 15]) bytes[at] = random();
  return bytes;
});

function plainIpv4(text) {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => OCTET.test(part) && Number(part) <= 255)) return undefined;
  return Uint8Array.from(parts, Number);
}

function plainIpv6(text) {
  const [head, tail] = text.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = new Array(8 - head.length - (tail?.length ?? 0)).fill('0');
  const groups = [...head, ...zeros, ...(tail ?? [])];
  if (!groups.every((group) => GROUP.test(group))) return undefined;
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16)]),
  );
}

const macBytes = Array.from({ length: OPERATIONS }, () => Uint8Array.from({ length: 6 }, random));
const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;

function plainMac(text) {
  return MAC.test(text) ? Uint8Array.from(text.split(':'), (octet) => Number.parseInt(octet, 16)) : undefined;
}

function macTasks() {
  const texts = macBytes.map(wire.macFromBytes);
  for (const text of texts) assert.deepEqual(plainMac(text), wire.macToBytes(text), text);
  return {
    [PLAIN]: repeated((i) => plainMac(texts[i])),
    macToBytes: repeated((i) => wire.macToBytes(texts[i])),
    parseMacAddress: repeated((i) => wire.parseMacAddress(texts[i])),
    macFromBytes: repeated((i) => wire.macFromBytes(macBytes[i])),
  };
}

function ipTasks(family, allBytes) {
  const texts = allBytes.map(wire.ipFromBytes);
  const prefixes = texts.map((text) => `${text}/${family === 4 ? 20 : 56}`);
  const plain = family === 4 ? plainIpv4 : plainIpv6;
  const room = new Uint8Array(16);
  for (const text of texts) assert.deepEqual(plain(text), wire.ipToBytes(text), text);
  return {
    [PLAIN]: repeated((i) => plain(texts[i])),
    'node:net isIP, which only says whether': repeated((i) => isIP(texts[i])),
    ...(family === 4 && { parseIpv4Number: repeated((i) => wire.parseIpv4Number(texts[i])) }),
    ...(family === 6 && { writeIpv6: repeated((i) => wire.writeIpv6(texts[i], room, 0)) }),
    writeIp: repeated((i) => wire.writeIp(texts[i], room, 0)),
    ipToBytes: repeated((i) => wire.ipToBytes(texts[i])),
    parseIpAddress: repeated((i) => wire.parseIpAddress(texts[i])),
    parseIpPrefix: repeated((i) => wire.parseIpPrefix(prefixes[i])),
    ipFromBytes: repeated((i) => wire.ipFromBytes(allBytes[i])),
  };
}

announce('Address text');
const groups = [];
for (const [name, tasks] of [
  ['IPv4', ipTasks(4, ipv4Bytes)],
  ['IPv6', ipTasks(6, ipv6Bytes)],
  ['MAC', macTasks()],
]) {
  const bench = new Bench({ name, ...ROUND });
  groups.push(await compare(bench, { baseline: PLAIN, operations: OPERATIONS, tasks }));
}
writeResults(fileURLToPath(import.meta.url), groups);
