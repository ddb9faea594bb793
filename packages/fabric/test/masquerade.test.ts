// One new network namespace, gone with the process: the rules are loaded by `nft -j -f -` and listed again.
import { execFileSync } from 'node:child_process';
import type { Chain } from '@podlan/linux/model';
import { parseIpPrefix } from '@podlan/wire';
import { expect, test } from 'vitest';
import { forwardChain, masqueradeChain } from '../src/index.js';

const networks = ['10.244.0.0/16', 'fd00:244::/48'].map((text) => parseIpPrefix(text)!);
const subnets = ['10.244.1.0/24', 'fd00:244:0:1::/64'].map((text) => parseIpPrefix(text)!);

const TABLE = { family: 'inet', table: 'podlan' };

function commands(chains: readonly Chain[]): object[] {
  const table = { add: { table: { family: 'inet', name: 'podlan' } } };
  return [table, ...chains.flatMap(chainCommands)];
}

function chainCommands({ name, type, hook, priority, rules }: Chain): object[] {
  const chain = { add: { chain: { ...TABLE, name, type, hook, prio: priority, policy: 'accept' } } };
  return [chain, ...rules.map((expr) => ({ add: { rule: { ...TABLE, chain: name, expr } } }))];
}

/** `cat`, as nft opens /dev/stdin by its name, and Node's is a socket. What nft lists after loading the chains, by chain. */
function loadAndList(chains: readonly Chain[]): Map<string, unknown[]> {
  const input = JSON.stringify({ nftables: commands(chains) });
  const script = 'cat | nft -j -f - && nft -j list table inet podlan';
  const output = execFileSync('unshare', ['-rn', 'sh', '-c', script], { input, encoding: 'utf8' });
  const listed = (
    JSON.parse(output.trim().split('\n').at(-1)!) as {
      nftables: { rule?: { chain: string; expr: unknown } }[];
    }
  ).nftables;
  const rules = listed.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  return new Map(
    chains.map(({ name }) => [name, rules.filter(({ chain }) => chain === name).map(({ expr }) => expr)]),
  );
}

test.each([
  ['both families', networks, subnets, true],
  ['IPv4 alone', networks.slice(0, 1), subnets.slice(0, 1), true],
  ['source ports kept where possible', networks, subnets, false],
  ['a network of one address', [parseIpPrefix('10.9.9.9/32')!], [parseIpPrefix('10.9.9.9/32')!], true],
])('nft lists the rules exactly as they are written here: %s', (_case, networks, subnets, randomFully) => {
  const chains = [masqueradeChain({ networks, subnets, randomFully }), forwardChain(networks)];
  const listed = loadAndList(chains);
  for (const { name, rules } of chains) expect(listed.get(name)).toEqual(rules);
});
