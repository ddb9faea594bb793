/** The ruleset of nftables, without comments and log prefixes: these may say anything. */
import { readFile } from 'node:fs/promises';
import { LinuxError, runIn } from '@podlan/linux';
import type { NftObjectSnapshot } from '@podlan/simulator/snapshot';
import { withIptables } from './iptables-rules.js';
import type { Netns } from './tool-text.js';

const ARGV = ['nft', '-j', 'list', 'ruleset'];
/** What podlan and flanneld mark their rules with. */
const OURS = /^(podlan|flanneld )/;
/** Numbers by which rules are deleted, and news of nft itself. */
const LEFT_OUT = new Set(['handle', 'metainfo']);

/** What was read; `unread` names what could not be. */
export interface Ruleset {
  readonly objects: readonly NftObjectSnapshot[];
  readonly unread: readonly ('nftables' | 'iptables' | 'iptables-legacy')[];
}

export async function readRuleset(netns: Netns): Promise<Ruleset> {
  const [listed, hasLegacy] = await Promise.all([readNft(netns), hasLegacyTables(netns)]);
  const { objects, unread } = await withIptables(netns, listed ?? [], hasLegacy);
  const kept = objects.map(withoutComments).filter((one) => Object.keys(one).length > 0);
  return { objects: kept, unread: [...(listed === undefined ? (['nftables'] as const) : []), ...unread] };
}

/** Undefined where nft is not there. */
async function readNft(netns: Netns): Promise<NftObjectSnapshot[] | undefined> {
  try {
    const { code, stdout, stderr } = await runIn(netns, ARGV);
    if (code !== 0) throw new LinuxError({ op: 'nft', args: ARGV.slice(1), message: stderr.trim() });
    return (JSON.parse(stdout) as { nftables: NftObjectSnapshot[] }).nftables;
  } catch (error) {
    if (error instanceof LinuxError && error.errno === 'ENOENT') return undefined;
    throw error;
  }
}

export function withoutComments<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutComments) as T;
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, inner]) => !LEFT_OUT.has(key) && isKept(key, inner));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutComments(inner)])) as T;
}

/** A prefix of addresses is an object, that of a log is text. */
function isKept(key: string, value: unknown): boolean {
  if (key === 'prefix') return typeof value !== 'string';
  return key !== 'comment' || (typeof value === 'string' && OURS.test(value));
}

/** Rules made by iptables-legacy are in none of nft's tables; the kernel says whether there are any tables. */
async function hasLegacyTables(netns: Netns): Promise<boolean> {
  const files = ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'];
  if (netns !== undefined) return (await runIn(netns, ['cat', ...files])).stdout.trim() !== '';
  const texts = files.map((file) => readFile(file, 'utf8').catch(() => ''));
  return (await Promise.all(texts)).some((text) => text.trim() !== '');
}
