/** Traffic between pods for the demo and the tests: children that run inside the pods' namespaces. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PingReply } from '@podlan/linux';
import type { TransferReport } from '../traffic/tcp.js';

const TRAFFIC = fileURLToPath(new URL('../traffic/main.js', import.meta.url));

function runTraffic(
  netns: string,
  args: readonly string[],
): ChildProcess & { stdout: NodeJS.ReadableStream } {
  const command = ['netns', 'exec', netns, process.execPath, TRAFFIC, ...args];
  return spawn('ip', command, { stdio: ['ignore', 'pipe', 'inherit'] }) as ChildProcess & {
    stdout: NodeJS.ReadableStream;
  };
}

async function report<T>(child: ChildProcess & { stdout: NodeJS.ReadableStream }): Promise<T> {
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  const line = text.trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{') && !line.startsWith('['))
    throw new Error(`a traffic process ended without a report: ${text}`);
  return JSON.parse(line) as T;
}

/** Replies in order of arrival. `first`: stop at the first. */
export function pingFrom(
  netns: string,
  address: string,
  { count, intervalMs, first = false }: { count: number; intervalMs: number; first?: boolean },
): Promise<PingReply[]> {
  return report(
    runTraffic(netns, ['ping', address, String(count), String(intervalMs), ...(first ? ['first'] : [])]),
  );
}

/** One TCP transfer; what each end counted and hashed. */
export async function transfer(
  fromNetns: string,
  to: { netns: string; address: string },
  megabytes: number,
  port = 7777,
): Promise<{ sent: TransferReport; received: TransferReport }> {
  const sinkChild = runTraffic(to.netns, ['sink', String(port)]);
  const received = report<TransferReport>(sinkChild);
  received.catch(() => {});
  try {
    await once(sinkChild.stdout, 'readable');
    const sent = await report<TransferReport>(
      runTraffic(fromNetns, ['source', to.address, String(port), String(megabytes)]),
    );
    return { sent, received: await received };
  } finally {
    sinkChild.kill();
  }
}
