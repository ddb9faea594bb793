/** A status for people, in 80 columns. */
import { type ForwarderCounters, isForwarded, VERDICT_MEANINGS, type Verdict } from '@podlan/dataplane';
import type { Colour, Paint } from '../colour.js';
import { table, wrapped } from '../table.js';
import type { PeerReport, StatusReport } from './status-report.js';

/** A line, and its colour if it has one. */
interface Line {
  readonly text: string;
  readonly colour?: Colour;
}

export function statusText(status: StatusReport, paint: Paint, nowMs = Date.now()): string {
  const blocks = [
    headLines(status),
    peerLines(status, nowMs),
    troubleLines(status),
    trafficLines(status),
    ...Object.entries(status.forwarders).map(([device, counters]) => dropLines(device, counters)),
  ];
  const painted = (line: Line) => (line.colour ? paint(line.colour, line.text) : line.text);
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map(painted).join('\n'))
    .join('\n\n');
}

function headLines(status: StatusReport): Line[] {
  const { lease, interface: external, unready, live } = status;
  const hostRows = live && ` (${live.host.rows - live.host.missing.length}/${live.host.rows} host rows)`;
  const ready = unready === undefined ? 'ready' : `not ready: ${unready}`;
  return [
    {
      text: `node       ${status.name} (pid ${status.pid}), ${ready}`,
      colour: unready === undefined ? 'green' : 'red',
    },
    { text: `interface  ${external.name} ${external.addresses.join(', ')}, MTU ${external.mtu}` },
    { text: `lease      ${lease ? lease.subnets.join(', ') : 'none'}${expiry(lease?.expiresAtMs)}` },
    { text: `dataplane  ${status.dataplane}, pod MTU ${status.mtu}${hostRows ?? ''}` },
    {
      text: `store      ${storeText(status.store)}`,
      ...(!status.store.watching && { colour: 'yellow' as const }),
    },
  ];
}

function storeText({ watching, error, entriesIgnored = 0 }: StatusReport['store']): string {
  const ignored = entriesIgnored > 0 ? `, ${entriesIgnored} entries ignored` : '';
  return watching ? `watching${ignored}` : `not reached: ${error ?? 'connecting'}`;
}

const expiry = (expiresAtMs: number | undefined): string =>
  expiresAtMs === undefined ? '' : `, until ${new Date(expiresAtMs).toISOString()}`;

/** One line for each of a peer's addresses, what is true of the peer on the first. */
function peerLines({ peers }: StatusReport, nowMs: number): Line[] {
  const probed = peers.some(({ probe }) => probe !== undefined);
  const head = ['PEER', 'SUBNET', 'BACKEND', 'KERNEL', 'RENEWED', ...(probed ? ['RTT', 'LOSS'] : [])];
  const rows = peers.flatMap((peer) => {
    const facts = [peer.backendType, kernelText(peer), agoText(peer.renewedAtMs, nowMs)];
    const first = [...facts, ...(probed ? probeTexts(peer) : [])];
    const lines = Math.max(peer.publicIps.length, peer.subnets.length, 1);
    return Array.from({ length: lines }, (_, i) => ({
      colour: colourOf(peer),
      cells: [peer.publicIps[i] ?? '', peer.subnets[i] ?? '', ...(i === 0 ? first : [])],
    }));
  });
  const cells = rows.map((row) => row.cells);
  return withHead(table(head, cells), (i) => rows[i]?.colour);
}

function withHead(text: string, colourAt: (row: number) => Colour | undefined): Line[] {
  return text.split('\n').map((line, i) => {
    const colour = i === 0 ? 'bold' : colourAt(i - 1);
    return { text: line, ...(colour && { colour }) };
  });
}

/** How many of its rows are there; before it has been read, what the agent believes. */
function kernelText({ status, kernel }: PeerReport): string {
  if (kernel === undefined) return status;
  const found = `${kernel.rows - kernel.missing.length}/${kernel.rows}`;
  return status === 'programmed' ? found : `${found} ${status}`;
}

function colourOf({ status, kernel, probe }: PeerReport): Colour | undefined {
  const isMissing = kernel !== undefined && kernel.missing.length > 0;
  if (status === 'failed' || isMissing || probe?.received === 0) return 'red';
  const isLossy = probe !== undefined && probe.received < probe.sent;
  return status !== 'programmed' || isLossy ? 'yellow' : undefined;
}

function probeTexts({ probe }: PeerReport): string[] {
  if (probe === undefined) return ['-', '-'];
  const { sent, received, rttMs } = probe;
  const loss = Math.round((100 * (sent - received)) / sent);
  return [rttMs === undefined ? '-' : `${rttMs.toFixed(2)} ms`, `${loss}%`];
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

function agoText(atMs: number | undefined, nowMs: number): string {
  if (atMs === undefined) return '-';
  const age = Math.max(0, nowMs - atMs);
  const [unit, ms] = UNITS.find(([, size]) => age >= size) ?? UNITS.at(-1)!;
  return `${Math.floor(age / ms)}${unit} ago`;
}

function troubleLines({ peers, failures, notices, live, liveError, probeError }: StatusReport): Line[] {
  const red = (text: string): Line => ({ text, colour: 'red' });
  const yellow = (text: string): Line => ({ text, colour: 'yellow' });
  const missing = (whose: string, lines: readonly string[] = []) =>
    lines.length === 0 ? [] : [red(`${whose} lacks ${lines.length}, first: ${lines[0]}`)];
  return [
    ...missing('host', live?.host.missing),
    ...peers.flatMap(({ key, kernel }) => missing(key, kernel?.missing)),
    ...peers.flatMap(({ key, reason }) => (reason === undefined ? [] : [yellow(`${key}: ${reason}`)])),
    ...failures.map(({ change, message, attempts }) =>
      red(`failed ${attempts} times: ${change}: ${message}`),
    ),
    ...(liveError === undefined ? [] : [yellow(`the kernel could not be read: ${liveError}`)]),
    ...(probeError === undefined ? [] : [yellow(`no peer was probed: ${probeError}`)]),
    ...notices.map((notice) => ({ text: `note: ${notice}` })),
  ];
}

/** Of the device on either dataplane, and of peers on wasm. */
function trafficLines({ peers, live }: StatusReport): Line[] {
  const devices = (live?.devices ?? []).map(({ device, transmit, receive }) =>
    trafficRow(device, transmit.packets, transmit.bytes, receive.packets, receive.bytes),
  );
  const ofPeers = peers.flatMap(({ publicIps, traffic }) =>
    traffic
      ? [
          trafficRow(
            publicIps[0] ?? '',
            traffic.txPackets,
            traffic.txBytes,
            traffic.rxPackets,
            traffic.rxBytes,
          ),
        ]
      : [],
  );
  const rows = [...devices, ...ofPeers];
  if (rows.length === 0) return [];
  const head = ['TRAFFIC', 'PACKETS SENT', 'BYTES', 'PACKETS RECEIVED', 'BYTES'];
  return withHead(table(head, rows), () => undefined);
}

const trafficRow = (name: string, ...[sent, sentBytes, received, receivedBytes]: number[]): string[] => [
  name,
  String(sent),
  bytesText(sentBytes!),
  String(received),
  bytesText(receivedBytes!),
];

const PREFIXES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

function bytesText(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(PREFIXES.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${PREFIXES[power]}`;
}

function dropLines(device: string, { byVerdict }: ForwarderCounters): Line[] {
  const seen = (Object.entries(byVerdict) as [Verdict, number][]).filter(
    ([verdict, count]) => count > 0 && !isForwarded(verdict),
  );
  if (seen.length === 0) return [];
  const head = [`DROPPED BY ${device}`, 'PACKETS', 'REASON'];
  const counts = seen.map(([verdict, count]) => [verdict, String(count)]);
  const columns = COLUMNS - table(head.slice(0, 2), counts).split('\n', 1)[0]!.length - GAP;
  const rows = seen.flatMap(([verdict, count]) =>
    wrapped(VERDICT_MEANINGS[verdict], columns).map((line, at) =>
      at === 0 ? [verdict, String(count), line] : ['', '', line],
    ),
  );
  return withHead(table(head, rows), () => undefined);
}

const COLUMNS = 80;
/** Between the columns of a table. */
const GAP = 2;
