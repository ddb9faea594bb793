/**
 * Golden packets: for each `<name>.hex` in a folder, `<name>.json` with what tshark reads in that frame.
 *
 *     node golden.js FOLDER            writes the JSON files anew
 *     node golden.js --check FOLDER    compares them with what the tshark on this machine says; exit 1 on a difference
 *
 * Fields that depend on other frames of the capture, on times or on the dissector's mood are left out. A newer
 * tshark may know more fields than the committed ones; it must agree on those.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { pcapHeader, pcapRecord } from '../../wire/dist/index.js';

const TSHARK_OPTIONS = [
  ['-d', 'udp.port==8472,vxlan'],
  ['-o', 'ip.check_checksum:TRUE'],
  ['-o', 'udp.check_checksum:TRUE'],
  ['-o', 'tcp.check_checksum:TRUE'],
  ['-o', 'tcp.relative_sequence_numbers:FALSE'],
  ['-o', 'tcp.analyze_sequence_numbers:FALSE'],
  ['-o', 'ip.defragment:FALSE'],
  ['-o', 'ipv6.defragment:FALSE'],
].flat();

const PROTOCOLS = new Set(['eth', 'vlan', 'arp', 'ip', 'ipv6', 'icmp', 'icmpv6', 'udp', 'tcp', 'vxlan']);
/** Numbers of the capture, not of the frame; texts that change between versions; the vendor table. */
const VOLATILE =
  /^(Timestamps|\[|_ws\.|text$|.*\.(stream|completeness.*|resp_.*|response_.*|resptime|no_resp|time_.*|conversation.*|oui.*|.*_resolved|.*_expert|lg|ig|geoip.*|analysis.*|window_size|window_size_scalefactor|pdu_size|data_time.*)$)/;

export function readFrames(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.hex'));
  return names.sort().map((name) => ({ name: basename(name, '.hex'), bytes: readHex(join(folder, name)) }));
}

function readHex(path) {
  return Uint8Array.from(Buffer.from(readFileSync(path, 'utf8').replace(/\s+/g, ''), 'hex'));
}

/** The protocol layers of each frame, outermost first under each name. */
export function tsharkLayers(frames) {
  const folder = mkdtempSync(join(tmpdir(), 'podlan-golden-'));
  try {
    const capture = join(folder, 'golden.pcap');
    writeFileSync(capture, Buffer.concat([pcapHeader(), ...frames.map(recordOf)]));
    return runTshark(capture, folder).map((packet) => keepStable(packet._source.layers, isProtocol));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function recordOf({ bytes }, index) {
  return pcapRecord({ timeNs: BigInt(index) * 1_000_000n, bytes });
}

function runTshark(capture, configFolder) {
  const args = ['-n', '-r', capture, '-T', 'json', '--no-duplicate-keys', ...TSHARK_OPTIONS];
  // A user's own preferences must not change what is read.
  const env = { ...process.env, WIRESHARK_CONFIG_DIR: configFolder };
  return JSON.parse(
    execFileSync('tshark', args, { env, encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' }),
  );
}

const isProtocol = (key) => PROTOCOLS.has(key);
const isStable = (key) => !VOLATILE.test(key);

function keepStable(value, isKept = isStable) {
  if (Array.isArray(value)) return value.map((entry) => keepStable(entry));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => isKept(key) && isStable(key));
  return Object.fromEntries(kept.map(([key, entry]) => [key, keepStable(entry)]));
}

/** Paths under which `actual` lacks or contradicts what `expected` says. */
export function differences(expected, actual, path = '') {
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    return isDeepStrictEqual(expected, actual)
      ? []
      : [`${path}: ${JSON.stringify(expected)} became ${JSON.stringify(actual)}`];
  }
  return Object.entries(expected).flatMap(([key, value]) =>
    differences(value, actual[key], `${path}/${key}`),
  );
}

function write(folder) {
  const frames = readFrames(folder);
  for (const [index, layers] of tsharkLayers(frames).entries()) {
    writeFileSync(join(folder, `${frames[index].name}.json`), `${JSON.stringify(layers, null, 1)}\n`);
  }
  return [];
}

function check(folder) {
  const frames = readFrames(folder);
  return tsharkLayers(frames).flatMap((layers, index) => {
    const { name } = frames[index];
    return differences(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')), layers, name);
  });
}

function main(args) {
  const folder = args.find((arg) => !arg.startsWith('--'));
  if (!folder) throw new TypeError('usage: node golden.js [--check] FOLDER');
  const found = args.includes('--check') ? check(folder) : write(folder);
  for (const line of found) console.error(line);
  return found.length === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) process.exitCode = main(process.argv.slice(2));
