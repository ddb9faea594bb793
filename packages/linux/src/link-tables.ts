/** The tables that iproute2 changes: links, addresses, neighbors, routes, FDB entries. */
import { runBatch } from './batch.js';
import { batchLines, type Tool, vacateRouteLine } from './batch-lines.js';
import { linkRows } from './iproute2-rows.js';
import { errnoOf, LinuxError } from './linux-error.js';
import type { Change, Failure, Link, Route, Row } from './model.js';
import { runIn } from './netns.js';
import { rowText } from './rows.js';
import type { Run } from './run.js';
import { readOutput } from './tool-output.js';

/** A change, and one of the lines that make it. */
export interface Line {
  readonly change: Change;
  readonly text: string;
}

export interface Place {
  readonly netns: string | undefined;
  readonly run: Run;
}

/** `lines` are of one tool. */
export async function applyLines(tool: Tool, lines: readonly Line[], place: Place): Promise<Failure[]> {
  const failed = await runBatch(
    { tool, ...place },
    lines.map(({ text }) => text),
  );
  const failures = new Map<Change, Failure>();
  const doubtful: { line: Line; message: string }[] = [];
  for (const [index, message] of [...failed].sort(([a], [b]) => a - b)) {
    const line = lines[index]!;
    if (line.change.op === 'delete' && NOT_THERE.test(message)) continue;
    if (makesLink(line)) doubtful.push({ line, message });
    else if (!failures.has(line.change)) failures.set(line.change, failure(tool, line, message));
  }
  for (const one of await trulyFailed(doubtful, place)) failures.set(one.change, one);
  return inPlaceOfOthers([...failures.values()], place);
}

const BARRED = /Nexthop has invalid gateway/;

/**
 * IPv6 takes no onlink gateway to which a route by another device leads, though it be the very route that is to be
 * replaced (ip6_route_check_nh_onlink in net/ipv6/route.c): that one is deleted first. Returns what failed for good.
 */
async function inPlaceOfOthers(failures: readonly Failure[], place: Place): Promise<Failure[]> {
  const barred = failures.filter(({ change, error }) => isOnlink(change.row) && BARRED.test(error.message));
  if (barred.length === 0) return [...failures];
  const lines = barred.flatMap(({ change }) => {
    const [line = ''] = batchLines(change).lines;
    return [vacateRouteLine(change.row as Route), line];
  });
  const failed = await runBatch({ tool: 'ip', ...place }, lines);
  return failures.filter((one) => {
    const index = barred.indexOf(one);
    return index < 0 || failed.has(2 * index + 1);
  });
}

const isOnlink = (row: Row): boolean => row.kind === 'route' && row.onlink === true;

/** How the kernel and iproute2 say that what is to be deleted is gone: routes, entries, devices, addresses in turn. */
const NOT_THERE = /No such|not found|Cannot find|Cannot assign requested address|does not exist/i;

const makesLink = ({ text }: Line): boolean => /^(link add|tuntap add)/.test(text);

/** A link that could not be made may be there already: then the lines after have set it up. */
async function trulyFailed(
  doubtful: readonly { line: Line; message: string }[],
  place: Place,
): Promise<Failure[]> {
  if (doubtful.length === 0) return [];
  const names = doubtful.map(({ line }) => (line.change.row as Link).name);
  const argv = ['ip', '-j', '-d', 'link', 'show'];
  const { stdout } = await runIn(place.netns, argv, place);
  const { known, taken } = readOutput(argv, stdout, (output) => ({
    known: linkRows(output, { devices: names, sysctls: [], chains: false }) as Link[],
    taken: new Set((output as { ifname?: string }[]).map(({ ifname }) => ifname)),
  }));
  return doubtful.flatMap(({ line, message }) => {
    const wanted = line.change.row as Link;
    const found = known.find(({ name }) => name === wanted.name);
    if (found?.type === wanted.type) return [];
    if (!taken.has(wanted.name)) return [failure('ip', line, message)];
    return [failure('ip', line, `File exists: ${wanted.name} is ${found?.type ?? 'another kind of device'}`)];
  });
}

function failure(tool: Tool, { change, text }: Line, said: string): Failure {
  const isTun = text.startsWith('tuntap') && said.startsWith('open:');
  const message = isTun ? `${said}: needs read and write access to /dev/net/tun` : said;
  const cause = new Error(`${change.op} ${rowText(change.row)}`);
  const error = new LinuxError({ op: tool, args: text.split(' '), errno: errnoOf(message), message, cause });
  return { change, error };
}
