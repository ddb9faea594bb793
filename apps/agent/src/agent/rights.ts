/** What a process must be allowed to do before it touches the host's network. */
import { readFileSync } from 'node:fs';
import { UsageError } from '../usage-error.js';

/** CAP_NET_ADMIN is bit 12 of the effective set (capabilities(7)). */
export function requireRights(
  need = 'the agent sets up network devices and needs CAP_NET_ADMIN',
  advice = 'To try podlan without root: podlan lab demo',
): void {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  if ((BigInt(`0x${effective}`) >> 12n) & 1n) return;
  throw new UsageError(`${need}, which this process lacks: run it as root. ${advice}`);
}
