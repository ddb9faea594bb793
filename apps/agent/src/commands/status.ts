/** `podlan status`: what the agent on this host believes, and what it finds, asked at its socket. */
import type { Command } from 'commander';
import { parseNumber } from '../agent/flags/flag-values.js';
import { painterFor } from '../colour.js';
import { type AgentFlags, declareAgentFlags, socketOf } from './which-agent.js';

interface StatusFlags extends AgentFlags {
  readonly json?: boolean;
  readonly probe?: boolean;
  /** Seconds. */
  readonly watch?: number;
}

const DEFAULT_SECONDS = '2';
const NOT_READY = 2;

export function declareStatus(program: Command): void {
  const status = program.command('status').description('lease, peers and counters of the agent on this host');
  declareAgentFlags(status)
    .option('--probe', 'ping the tunnel device of each peer through the overlay: round trip and loss')
    .option(
      '--watch [seconds]',
      `show it again and again, by default every ${DEFAULT_SECONDS} seconds, until interrupted`,
    )
    .option('--json', 'report as JSON; with --watch, a line each time')
    .action((flags: AgentFlags & { json?: boolean; probe?: boolean; watch?: string | true }) => {
      const { watch, ...others } = flags;
      const seconds = watch === true ? DEFAULT_SECONDS : watch;
      const parsed = seconds && { watch: parseNumber('--watch', seconds, 1, 3600) };
      return report({ ...others, ...(parsed || {}) });
    });
}

async function report({ probe = false, json = false, watch, ...agent }: StatusFlags): Promise<void> {
  const { statusReport } = await import('../status/status-report.js');
  const { statusText } = await import('../status/status-text.js');
  const paint = painterFor(process.stdout);
  const ask = () => statusReport(socketOf(agent), { probe });
  if (watch === undefined) {
    const status = await ask();
    process.stdout.write(`${json ? JSON.stringify(status) : statusText(status, paint)}\n`);
    if (status.unready !== undefined) process.exitCode = NOT_READY;
    return;
  }
  const { watchStatus } = await import('../status/watch-status.js');
  const next = async () => {
    try {
      const status = await ask();
      return json ? JSON.stringify(status) : statusText(status, paint);
    } catch (error) {
      const { message } = error as Error;
      return json ? JSON.stringify({ error: message }) : paint('red', message);
    }
  };
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const redraw = !json && process.stdout.isTTY === true;
  await watchStatus({ intervalMs: watch * 1000, next, signal: stop.signal, redraw, out: process.stdout });
}
