/** `podlan connectivity test`: flags to calls. What only Linux can load is loaded when it is run. */
import { writeFileSync } from 'node:fs';
import { familyOf, parseIpAddress } from '@podlan/wire';
import type { Command } from 'commander';
import { parseNumber, parseOneOf } from '../agent/flags/flag-values.js';
import { requireRights } from '../agent/rights.js';
import { painterFor } from '../colour.js';
import { complainAnd } from '../complain.js';
import { CASE_KINDS, type CaseKind } from '../connectivity/cases.js';
import type { End } from '../connectivity/end.js';
import type { ConnectivityReport } from '../connectivity/report.js';
import type { CaseResult } from '../connectivity/run-cases.js';
import type { TestOptions } from '../connectivity/test-connectivity.js';
import { givenPath, isRoot, runInHolder } from '../lab/rootless.js';
import { refusingToWrite } from '../snapshot/snapshot-file.js';
import { familyNumber } from '../trace/order.js';
import { UsageError } from '../usage-error.js';
import { NO_ANSWER } from './no-answer.js';
import { socketOf } from './which-agent.js';

interface ConnectivityFlags {
  readonly name: string;
  readonly node?: boolean;
  readonly socket?: string;
  readonly port?: string;
  readonly family?: string;
  readonly only?: string;
  readonly timeout: string;
  readonly captures: string;
  readonly outside?: string;
  readonly junit?: string;
  readonly json?: boolean;
}

const SOME_FAILED = 1;

export function declareConnectivity(program: Command): void {
  program
    .command('connectivity')
    .description('whether everybody reaches everybody')
    .command('test')
    .description(
      'ping, TCP, UDP and packets of full size between all hosts of the lab and their pods, or from this node to its peers',
    )
    .option('--name <lab>', 'name of the lab', 'podlan')
    .option('--node', 'no lab: from this host and one of its pods to all peers of its agent')
    .option('--socket <path>', "with --node, the agent's socket")
    .option(
      '--port <port>',
      'where the ends listen for TCP and UDP; with --node, where peers are knocked at (default: ports that are free; 9)',
    )
    .option('--family <ipv4|ipv6>', 'addresses of one family alone (default: all there are)')
    .option('--only <kinds>', 'some of ping,tcp,udp,full-mtu, with commas between (default: all)')
    .option('--timeout <ms>', 'how long to wait for an answer', '1000')
    .option(
      '--outside <address>',
      'that pods are to reach beyond the cluster (default: the underlay of the lab)',
    )
    .option('--captures <dir>', 'where captures of failed cases are kept', 'podlan-connectivity')
    .option('--junit <file>', "write a report in JUnit's XML, too")
    .option('--json', 'report as JSON')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : NO_ANSWER))
    .action(async (flags: ConnectivityFlags) => {
      process.exitCode = await runTest(flags).catch(complainAnd(NO_ANSWER));
    });
}

async function runTest(flags: ConnectivityFlags): Promise<number> {
  const options = optionsOf(flags);
  if (!flags.node && !isRoot()) return runInHolder(flags.name, true);
  const report = await (flags.node ? ofNode(flags, options) : ofLab(flags, options));
  clearProgress();
  await write(report, flags);
  return report.failed > 0 ? SOME_FAILED : 0;
}

async function ofLab({ name }: ConnectivityFlags, options: TestOptions): Promise<ConnectivityReport> {
  const { requireLab, withLab } = await import('../lab/lab.js');
  const { testLab } = await import('../connectivity/test-connectivity.js');
  return withLab(name, () => testLab(requireLab(name), options));
}

async function ofNode({ socket }: ConnectivityFlags, options: TestOptions): Promise<ConnectivityReport> {
  requireRights({
    capabilities: ['CAP_NET_ADMIN', 'CAP_NET_RAW', 'CAP_SYS_ADMIN'],
    work: 'a connectivity test sends from the namespaces of pods',
  });
  const { testNode } = await import('../connectivity/test-connectivity.js');
  return testNode(socket ?? socketOf({}), options);
}

function optionsOf(flags: ConnectivityFlags): TestOptions {
  return {
    ...(flags.port !== undefined && { port: parseNumber('--port', flags.port, 1, 0xffff) }),
    timeoutMs: parseNumber('--timeout', flags.timeout, 1, 600_000),
    captures: givenPath(flags.captures),
    ...(flags.only !== undefined && { kinds: kindsOf(flags.only) }),
    ...(flags.family !== undefined && { family: familyNumber(flags.family) }),
    ...(flags.outside !== undefined && { outside: outsideOf(flags.outside) }),
    onResult: showProgress,
  };
}

const kindsOf = (text: string): CaseKind[] =>
  text.split(',').map((one) => parseOneOf('--only', one, CASE_KINDS));

function outsideOf(text: string): End {
  const address = parseIpAddress(text);
  if (address === undefined) throw new UsageError(`--outside: expected an IP address, found ${text}`);
  return {
    name: `${address} (IPv${familyOf(address)})`,
    node: 'outside',
    kind: 'outside',
    addresses: [address],
    isTalker: false,
  };
}

/** One line of a terminal, over and over; elsewhere what failed, as it fails. */
function showProgress({ from, to, kind, verdict }: CaseResult, done: number, of: number): void {
  const line = `${done}/${of} ${from} to ${to}, ${kind}`;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
  else if (verdict === 'failed') process.stderr.write(`  ${line}: failed\n`);
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}

async function write(report: ConnectivityReport, { json, junit, node }: ConnectivityFlags): Promise<void> {
  const { junitXml } = await import('../connectivity/junit.js');
  const { reportText } = await import('../connectivity/report.js');
  if (junit !== undefined) {
    const path = givenPath(junit);
    refusingToWrite(path, () => writeFileSync(path, junitXml(report)));
  }
  const options = { paint: painterFor(process.stdout), isLab: !node };
  const text = json ? JSON.stringify(report) : reportText(report, options);
  process.stdout.write(`${text}\n`);
}
