/**
 * Rules made by iptables. nft names the extensions they are made of (`xt`) and says no more; iptables' own translator puts
 * them in nft's words, and nft, in a namespace that is made for it and gone again, says these as JSON.
 */
import { LinuxError, run, runIn } from '@podlan/linux';
import type { NftObjectSnapshot } from '@podlan/simulator/snapshot';
import type { Netns } from './tool-text.js';

/** `ip filter`. */
type TableName = string;

/** A ruleset, and the tables of iptables in it, or beside it, that could not be read. */
export interface WithIptables {
  readonly objects: readonly NftObjectSnapshot[];
  readonly unread: readonly ('iptables' | 'iptables-legacy')[];
}

interface Translation {
  readonly objects: readonly NftObjectSnapshot[];
  /** Whether iptables had words for every rule. */
  readonly isWhole: boolean;
}

const FAMILIES = [
  { family: 'ip', tool: 'iptables' },
  { family: 'ip6', tool: 'ip6tables' },
] as const;
const NOTHING: Translation = { objects: [], isWhole: true };

/** `hasLegacy`: the kernel has tables of iptables-legacy, which are none of nft's. */
export async function withIptables(
  netns: Netns,
  objects: readonly NftObjectSnapshot[],
  hasLegacy: boolean,
): Promise<WithIptables> {
  const opaque = new Set(objects.filter(hasExtension).flatMap((one) => tableOf(one) ?? []));
  const [modern, legacy] = [
    opaque.size > 0 ? await translated(netns, 'nft') : NOTHING,
    hasLegacy ? await translated(netns, 'legacy') : NOTHING,
  ];
  const readable = new Set(tablesOf(modern.objects).filter((table) => opaque.has(table)));
  const own = objects.filter((one) => !readable.has(tableOf(one) ?? ''));
  const replaced = modern.objects.filter((one) => readable.has(tableOf(one) ?? ''));
  const taken = new Set(tablesOf(objects));
  const added = legacy.objects.filter((one) => !taken.has(tableOf(one) ?? ''));
  const isModernRead = modern.isWhole && readable.size === opaque.size;
  const isLegacyRead =
    legacy.isWhole && added.length === legacy.objects.length && (!hasLegacy || added.length > 0);
  return {
    objects: [...own, ...replaced, ...added],
    unread: [
      ...(isModernRead ? [] : (['iptables'] as const)),
      ...(isLegacyRead ? [] : (['iptables-legacy'] as const)),
    ],
  };
}

const hasExtension = ({ rule }: NftObjectSnapshot): boolean =>
  rule?.expr.some((one) => typeof one === 'object' && one !== null && 'xt' in one) ?? false;

function tableOf(object: NftObjectSnapshot): TableName | undefined {
  const { table, chain, rule, set, map } = object;
  if (table !== undefined) return `${table.family} ${table.name}`;
  const part = chain ?? rule ?? set ?? map;
  return part && `${part.family} ${part.table}`;
}

const tablesOf = (objects: readonly NftObjectSnapshot[]): TableName[] =>
  objects.flatMap((one) => (one.table === undefined ? [] : [tableOf(one)!]));

/** Where a tool is missing, or nft does not take what it says, nothing is read. */
async function translated(netns: Netns, variant: 'nft' | 'legacy'): Promise<Translation> {
  try {
    const parts = await Promise.all(FAMILIES.map(({ tool }) => translationOf(netns, tool, variant)));
    const lines = parts.flat();
    const commands = lines.filter((line) => !line.startsWith('#'));
    const objects = commands.length === 0 ? [] : await asJson(commands);
    return { objects, isWhole: !lines.some((line) => line.startsWith('# -t')) };
  } catch (error) {
    if (error instanceof LinuxError) return { objects: [], isWhole: false };
    throw error;
  }
}

/** It reads files alone, and a socket, which is what our programs get, is none: a pipe is. */
async function translationOf(netns: Netns, tool: string, variant: 'nft' | 'legacy'): Promise<string[]> {
  const saved = await runIn(netns, [`${tool}-${variant}-save`]);
  if (saved.code !== 0 || !saved.stdout.includes('*')) return [];
  const { stdout } = await run(['sh', '-c', `cat | ${tool}-restore-translate -f /dev/stdin`], saved.stdout);
  return stdout.split('\n').filter((line) => line.trim() !== '');
}

const IN_A_NAMESPACE_OF_ITS_OWN = ['unshare', '--net', 'sh', '-c', 'nft -f - && nft -j list ruleset'];

async function asJson(commands: readonly string[]): Promise<NftObjectSnapshot[]> {
  const { code, stdout, stderr } = await run(IN_A_NAMESPACE_OF_ITS_OWN, `${commands.join('\n')}\n`);
  if (code !== 0) throw new LinuxError({ op: 'nft', args: ['-f', '-'], message: stderr.trim() });
  return (JSON.parse(stdout) as { nftables: NftObjectSnapshot[] }).nftables;
}
