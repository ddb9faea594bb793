/** Mutated addresses: what is accepted is what Node accepts, and is canonical. FUZZ_SEED repeats a run. */

import { isIP } from 'node:net';
import { expect, test } from 'vitest';
import * as wire from '../src/index.js';
import { mutatedText, randomFrom, SEED } from './mutation.js';

const INPUTS = 1_000_000;

const ADDRESSES = ['10.244.1.5', '0.0.0.0', '255.255.255.255', 'fd00:244::1', '::', '1:2:3:4:5:6:7:8', '::1'];
const MAPPED = ['::ffff:10.0.0.1', '64:ff9b::192.0.2.33', '1:2:3:4:5:6:1.2.3.4', 'fe80::200:ff:fe00:1'];
const PIECES = [
  '0',
  '00',
  '1',
  '9',
  '25',
  '256',
  'f',
  'G',
  'ffff',
  '.',
  ':',
  '::',
  '%',
  ' ',
  '-',
  '1.2',
  'é',
];

/** Node takes zones (`fe80::1%eth0`), which are no part of an address here. */
const familyIn = (text: string): number => (text.includes('%') ? 0 : isIP(text));

function checkAddress(text: string): boolean {
  const address = wire.parseIpAddress(text);
  if ((address !== undefined) !== familyIn(text) > 0) return false;
  if (address === undefined) return true;
  const again = wire.ipFromBytes(wire.ipToBytes(address));
  return again === address && isIP(address) === wire.familyOf(address) && sameAddress(text, address);
}

/** URL writes IPv6 in one way of its own, so two texts of an address become one. */
function sameAddress(text: string, address: string): boolean {
  if (!text.includes(':')) return text === address;
  return new URL(`http://[${text}]/`).host === new URL(`http://[${address}]/`).host;
}

const LENGTHS = ['0', '8', '24', '32', '33', '64', '128', '129', '024', '-1', '1.5', '', '1e1', '24/1', ' 8'];

function checkPrefix(text: string, lengthText: string): boolean {
  const prefix = wire.parseIpPrefix(`${text}/${lengthText}`);
  const kept = wire.parseInterfaceAddress(`${text}/${lengthText}`);
  const family = familyIn(text);
  const length = /^(0|[1-9]\d*)$/.test(lengthText) ? Number(lengthText) : -1;
  const isValid = family > 0 && length >= 0 && length <= (family === 4 ? 32 : 128);
  if ((prefix !== undefined) !== isValid || (kept !== undefined) !== isValid) return false;
  if (prefix === undefined || kept === undefined) return true;
  return (
    wire.prefixLength(prefix) === length &&
    wire.parseIpPrefix(prefix) === prefix &&
    wire.parseIpPrefix(kept) === prefix &&
    wire.parseInterfaceAddress(kept) === kept
  );
}

const MAC_LIKE = /^[\da-f]{2}:[\da-f]{2}:[\da-f]{2}:[\da-f]{2}:[\da-f]{2}:[\da-f]{2}$/;

function checkMac(text: string): boolean {
  const mac = wire.parseMacAddress(text);
  if (mac === undefined) return !MAC_LIKE.test(text.toLowerCase());
  return MAC_LIKE.test(mac) && wire.macFromBytes(wire.macToBytes(mac)) === mac && mac === text.toLowerCase();
}

test(`${INPUTS} mutated addresses, prefixes and MACs`, { timeout: 120_000 }, () => {
  console.log(`addresses: FUZZ_SEED=${SEED}`);
  const random = randomFrom(SEED);
  const seeds = [...ADDRESSES, ...MAPPED];
  let accepted = 0;
  for (let i = 0; i < INPUTS; i++) {
    const text = mutatedText(seeds[random(seeds.length)]!, PIECES, random);
    const length = LENGTHS[random(LENGTHS.length)]!;
    const mac = mutatedText('3A:a6:bc:0b:d8:d4', PIECES, random);
    if (familyIn(text) > 0) accepted++;
    if (!checkAddress(text) || !checkPrefix(text, length) || !checkMac(mac)) {
      throw new Error(`FUZZ_SEED=${SEED}: ${JSON.stringify([text, length, mac])}`);
    }
  }
  expect(accepted).toBeGreaterThan(INPUTS / 20);
});
