/** What a process must be allowed to do before it touches the host's network (capabilities(7)). */
import { readFileSync } from 'node:fs';
import { UsageError } from '../usage-error.js';

/** Their bits in the sets that /proc shows. */
const BITS = { CAP_NET_ADMIN: 12, CAP_NET_RAW: 13, CAP_SYS_ADMIN: 21 } as const;
export type Capability = keyof typeof BITS;

/** Used by this process itself; the others by the programs that it runs, too: ip, bridge, nft. */
const OWN: readonly Capability[] = ['CAP_NET_RAW'];

export interface Need {
  readonly capabilities: readonly Capability[];
  /** What needs them. */
  readonly work: string;
  readonly advice?: string;
}

export const AGENT_NEEDS: Need = {
  capabilities: ['CAP_NET_ADMIN'],
  work: 'the agent sets up network devices',
  advice: 'To try podlan without root: podlan lab demo',
};

/** Throws UsageError that names those which this process lacks. */
export function requireRights({ capabilities, work, advice }: Need): void {
  const lacking = missingRights(readFileSync('/proc/self/status', 'utf8'), capabilities);
  if (lacking.length === 0) return;
  const what = `${work} and needs ${capabilities.join(' and ')}`;
  const found = lacking.map(({ capability, hint }) => `${capability}${hint}`).join(' and ');
  const how = 'run it as root, or with them as ambient capabilities';
  throw new UsageError(`${what}; this process lacks ${found}: ${how}.${advice ? ` ${advice}` : ''}`);
}

export interface MissingRight {
  readonly capability: Capability;
  /** Where the process has it, and what it runs would not. */
  readonly hint: '' | ' for the programs that it runs (ip, nft)';
}

/** By the text of /proc/PID/status. A program that a user runs inherits ambient capabilities only. */
export function missingRights(status: string, needed: readonly Capability[]): MissingRight[] {
  const field = (name: string) => new RegExp(`^${name}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1] ?? '0';
  const has = (set: string, capability: Capability) =>
    ((BigInt(`0x${field(set)}`) >> BigInt(BITS[capability])) & 1n) === 1n;
  const isRoot = /^Uid:\s+\d+\s+0\s/m.test(status);
  return needed.flatMap((capability): MissingRight[] => {
    if (!has('CapEff', capability)) return [{ capability, hint: '' }];
    const inherited = isRoot ? has('CapBnd', capability) : has('CapAmb', capability);
    if (inherited || OWN.includes(capability)) return [];
    return [{ capability, hint: ' for the programs that it runs (ip, nft)' }];
  });
}
