/** `podlan trace`: flags to calls. Through files it runs wherever Node.js does: what only Linux can load is left alone. */
import type { Command } from 'commander';
import { painterFor } from '../colour.js';
import { complainAnd } from '../complain.js';
import { isRoot, runInHolder } from '../lab/rootless.js';
import { type OrderFlags, orderOf } from '../trace/order.js';
import type { TraceRequest } from '../trace/trace.js';
import type { TraceReport } from '../trace/trace-report.js';
import { UsageError } from '../usage-error.js';
import { NO_ANSWER } from './no-answer.js';

interface TraceFlags extends OrderFlags {
  readonly json?: boolean;
  readonly pcap?: string;
  readonly verbose?: boolean;
  readonly bytes?: boolean;
  readonly snapshots?: string[];
  readonly name: string;
  readonly live?: boolean;
}

export function declareTrace(program: Command): void {
  program
    .command('trace')
    .description('the way of a packet from host to host, computed: every hop, and the row that decided it')
    .usage('[options] <source> <destination>')
    .argument('[source]', 'a pod or host, pod-a1, or with its node, pod-a1@host-a')
    .argument('[destination]', 'a pod, a host, or an address')
    .option('--proto <icmp|tcp|udp>', 'what is sent', 'icmp')
    .option('--dport <port>', 'destination port (default: 80 for tcp, 53 for udp)')
    .option('--sport <port>', 'source port (default: 40000)')
    .option('--size <bytes>', 'of the IP packet (default: 84)')
    .option('--df', "the packet may not be fragmented (don't fragment)")
    .option('--ttl <n>', 'time to live (default: 64)')
    .option('--family <ipv4|ipv6>', 'which address of a destination with both (default: its first)')
    .option('--snapshots <path...>', 'files of podlan snapshot, or directories with them, not the lab')
    .option('--name <lab>', 'name of the lab', 'podlan')
    .option('--live', 'send a real packet too, and say where it parts from the computed one')
    .option('--verbose', 'ARP and neighbor discovery frame by frame')
    .option('--bytes', 'the packet in hexadecimal, wherever it changes')
    .option('--json', 'report as JSON')
    .option('--pcap <file>', 'write what passes every device as a capture file (pcapng)')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : NO_ANSWER))
    .action(async (from: string | undefined, to: string | undefined, flags: TraceFlags) => {
      const ends = [from, to].filter((end) => end !== undefined);
      process.exitCode = await runTrace(ends, flags).catch(complainAnd(NO_ANSWER));
    });
}

/** Given last, source and destination were taken for two more files. */
function withEnds(ends: readonly string[], flags: TraceFlags): [string, string, TraceFlags] {
  const { snapshots } = flags;
  const files =
    ends.length === 0 && snapshots !== undefined && snapshots.length > 2 ? snapshots.slice(0, -2) : snapshots;
  const [from, to] = files === snapshots ? ends : snapshots!.slice(-2);
  if (from === undefined || to === undefined)
    throw new UsageError(`missing required argument '${from === undefined ? 'source' : 'destination'}'`);
  return [from, to, { ...flags, ...(files && { snapshots: files }) }];
}

async function runTrace(ends: readonly string[], given: TraceFlags): Promise<number> {
  const [from, to, flags] = withEnds(ends, given);
  const order = orderOf(flags);
  if (flags.live && flags.snapshots !== undefined)
    throw new UsageError('--live: expected the lab, found --snapshots: no packet can be sent through files');
  if (flags.snapshots === undefined && !isRoot()) return runInHolder(flags.name, true);
  const report = await reportOf({ from, to, order }, flags);
  const { exitCodeOf, reportJson, reportText } = await import('../trace/trace-report.js');
  const { writePcap } = await import('../trace/trace.js');
  if (flags.pcap !== undefined) writePcap(flags.pcap, report);
  const text = flags.json
    ? JSON.stringify(reportJson(report))
    : reportText(report, { ...flags, paint: painterFor(process.stdout) });
  process.stdout.write(`${text}\n`);
  return exitCodeOf(report, order.protocol);
}

async function reportOf(
  request: TraceRequest,
  { snapshots, name, live = false }: TraceFlags,
): Promise<TraceReport> {
  if (snapshots !== undefined) return (await import('../trace/trace.js')).traceFiles(snapshots, request);
  const [{ withLab }, { traceLab }] = await Promise.all([
    import('../lab/lab.js'),
    import('../trace/trace-lab.js'),
  ]);
  return withLab(name, () => traceLab(name, request, live));
}
