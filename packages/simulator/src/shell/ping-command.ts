/** `ping`: each request is a probe of its own, and time goes by for it. */
import { familyOf, type IpAddress, parseIpAddress } from '@podlan/wire';
import { readIp } from '../kernel/ip-packet.js';
import type { Netns } from '../kernel/netns.js';
import type { Hop } from '../trace/journey.js';
import { type ProbeOptions, type ProbeResult, probe } from '../trace/probe.js';
import { type Arguments, readKeywords } from './arguments.js';
import { notSimulated, refused } from './command-error.js';

interface Request {
  destination?: IpAddress;
  count: number;
  payloadBytes: number;
  dontFragment: boolean;
  ttl?: number;
}

const KNOWN = ['-c COUNT', '-s SIZE', '-M do|dont|want', '-t TTL', '-W SECONDS', '-n', 'ADDRESS'];
const MOST_PINGS = 20;
const MOST_PAYLOAD = 65_000;
/** The headers of IP and ICMP. */
const HEADER_BYTES = { 4: 28, 6: 48 } as const;
const INTERVAL_MS = 1000;

export function pingCommand(netns: Netns, args: Arguments): string[] {
  const { destination, ...request } = readRequest(args);
  if (destination === undefined) throw refused('ping: usage error: Destination address required');
  const headerBytes = HEADER_BYTES[familyOf(destination)];
  const size = request.payloadBytes + headerBytes;
  const options: ProbeOptions = {
    ...{ destination, size, dontFragment: request.dontFragment },
    ...(request.ttl !== undefined && { ttl: request.ttl }),
  };
  const lines = [`PING ${destination} (${destination}) ${request.payloadBytes}(${size}) bytes of data.`];
  const roundTrips: number[] = [];
  for (let sequence = 1; sequence <= request.count; sequence++) {
    if (sequence > 1) netns.clock.run(INTERVAL_MS);
    const result = probe(netns, options);
    if (isUnreachable(result)) throw refused('ping: connect: Network is unreachable');
    const answer = replyOf(result, netns);
    if (answer !== undefined) roundTrips.push(answer.atMs - result.hops[0]!.atMs);
    lines.push(...lineOf(netns, result, sequence, request.payloadBytes + 8));
  }
  return [...lines, ...summary(destination, request.count, roundTrips)];
}

function readRequest(args: Arguments): Request {
  const request: Request = { count: 1, payloadBytes: 56, dontFragment: false };
  const ignore = () => {};
  readKeywords(
    args,
    {
      '-c': (rest) => {
        request.count = readWithin(rest.value(), 1, MOST_PINGS);
      },
      '-s': (rest) => {
        request.payloadBytes = readWithin(rest.value(), 0, MOST_PAYLOAD);
      },
      '-t': (rest) => {
        request.ttl = readWithin(rest.value(), 1, 255);
      },
      '-M': (rest) => {
        request.dontFragment = readDiscovery(rest.value());
      },
      '-W': (rest) => void rest.value(),
      ...{ '-n': ignore, '-q': ignore, '-4': ignore, '-6': ignore },
    },
    (word) => {
      if (word.startsWith('-')) throw notSimulated('an option of ping', word, KNOWN);
      const destination = parseIpAddress(word);
      if (destination === undefined) throw refused(`ping: ${word}: Temporary failure in name resolution`);
      request.destination = destination;
    },
  );
  return request;
}

function readWithin(word: string, from: number, to: number): number {
  const number = /^\d{1,6}$/.test(word) ? Number(word) : Number.NaN;
  if (number >= from && number <= to) return number;
  throw notSimulated(`a number from ${from} to ${to}`, word, KNOWN);
}

function readDiscovery(word: string): boolean {
  if (word === 'do') return true;
  if (word === 'dont' || word === 'want') return false;
  throw refused(`ping: invalid -M argument: ${word}`);
}

const isUnreachable = ({ lost, hops }: ProbeResult): boolean =>
  lost?.leg === 'request' &&
  hops.length <= 2 &&
  (lost.reason === 'no-route' || lost.reason === 'no-source-address');

const replyOf = ({ hops }: ProbeResult, { name }: Netns): Hop | undefined =>
  hops.find(({ leg, event, netns }) => leg === 'reply' && event === 'deliver' && netns === name);

function lineOf(netns: Netns, result: ProbeResult, sequence: number, bytes: number): string[] {
  const reply = replyOf(result, netns);
  if (reply !== undefined) {
    const { ttl, source } = readIp(reply.before) ?? { ttl: 0, source: result.destination };
    const took = (reply.atMs - result.hops[0]!.atMs).toFixed(3);
    return [`${bytes} bytes from ${source}: icmp_seq=${sequence} ttl=${ttl} time=${took} ms`];
  }
  return errorLine(netns, result, sequence);
}

function errorLine(netns: Netns, { hops, lost }: ProbeResult, sequence: number): string[] {
  if (lost?.netns === netns.name && lost.reason === 'too-big') {
    const mtu = netns.device(lost.device ?? '')?.mtu ?? '?';
    return [`ping: local error: message too long, mtu=${mtu}`];
  }
  const error = hops.find(
    ({ leg, event, netns: at }) => leg === 'error' && event === 'deliver' && at === netns.name,
  );
  const header = error && readIp(error.before);
  if (error === undefined || header === undefined) return [];
  const said = meaningOf(error.before.subarray(header.payloadOffset, header.end), header.family);
  return [`From ${header.source} icmp_seq=${sequence} ${said}`];
}

const UNREACHABLE: Readonly<Record<number, string>> = {
  0: 'Destination Net Unreachable',
  1: 'Destination Host Unreachable',
  2: 'Destination Protocol Unreachable',
  3: 'Destination Port Unreachable',
  9: 'Destination Net Prohibited',
  10: 'Destination Host Prohibited',
  13: 'Packet filtered',
};
const UNREACHABLE6: Readonly<Record<number, string>> = {
  0: 'Destination unreachable: No route',
  1: 'Destination unreachable: Administratively prohibited',
  3: 'Destination unreachable: Address unreachable',
  4: 'Destination unreachable: Port unreachable',
};

function meaningOf(message: Uint8Array, family: 4 | 6): string {
  const [type = 0, code = 0] = message;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  if (family === 4) {
    if (type === 11) return 'Time to live exceeded';
    if (type === 3 && code === 4) return `Frag needed and DF set (mtu = ${view.getUint16(6)})`;
    return UNREACHABLE[code] ?? `Dest Unreachable, Bad Code: ${code}`;
  }
  if (type === 3) return 'Time exceeded: Hop limit';
  if (type === 2) return `Packet too big: mtu=${view.getUint32(4)}`;
  return UNREACHABLE6[code] ?? `Destination unreachable: Unknown code ${code}`;
}

function summary(destination: IpAddress, sent: number, times: readonly number[]): string[] {
  const lost = Math.round(((sent - times.length) / sent) * 100);
  const took = (sent - 1) * INTERVAL_MS;
  return [
    '',
    `--- ${destination} ping statistics ---`,
    `${sent} packets transmitted, ${times.length} received, ${lost}% packet loss, time ${took}ms`,
    ...(times.length === 0 ? [] : [`rtt min/avg/max/mdev = ${spread(times)} ms`]),
  ];
}

function spread(times: readonly number[]): string {
  const mean = times.reduce((sum, one) => sum + one, 0) / times.length;
  const deviation = Math.sqrt(
    Math.max(0, times.reduce((sum, one) => sum + one * one, 0) / times.length - mean * mean),
  );
  return [Math.min(...times), mean, Math.max(...times), deviation].map((one) => one.toFixed(3)).join('/');
}
