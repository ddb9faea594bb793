/** What no single field tells: whether the tables of a snapshot fit each other. After this, whoever loads it may rely on it. */
import { addressBits } from '@podlan/linux/prefix';
import { familyOf, type IpAddress } from '@podlan/wire';
import { Program } from '../netfilter/rules/program.js';
import { Ruleset } from '../netfilter/ruleset.js';
import { checkLinks } from './check-links.js';
import type { NamespaceSnapshot } from './namespace-schema.js';
import { type Key, pathText, refuse, SnapshotError } from './snapshot-error.js';
import type { NodeSnapshot, RouteSnapshot, RuleSnapshot } from './types.js';

type Family = 'inet' | 'inet6';

/** Throws SnapshotError at the first thing that does not fit. */
export function checkConsistency({ namespaces }: NodeSnapshot): void {
  checkKinds(namespaces);
  for (const [i, namespace] of namespaces.entries()) {
    const path = ['namespaces', i];
    checkLinks(namespace.links, [...path, 'links']);
    checkAddresses(namespace, path);
    const devices = new Set(namespace.links.map(({ ifname }) => ifname));
    for (const [at, route] of namespace.routes.entries()) checkRoute(route, devices, [...path, 'routes', at]);
    for (const [at, rule] of namespace.rules.entries()) checkRule(rule, [...path, 'rules', at]);
    checkRuleset(namespace, [...path, 'nftables']);
  }
}

function checkKinds(namespaces: NodeSnapshot['namespaces']): void {
  const known = new Set<string>();
  for (const [i, { kind, name }] of namespaces.entries()) {
    const wanted = i === 0 ? 'host' : 'pod';
    if (kind !== wanted) refuse(['namespaces', i, 'kind'], `${wanted}: one host first, then its pods`, kind);
    if (kind === 'pod' && known.has(name)) refuse(['namespaces', i, 'name'], 'a name of its own', name);
    if (kind === 'pod') known.add(name);
  }
}

function checkAddresses({ addresses }: NamespaceSnapshot, path: readonly Key[]): void {
  for (const [i, { addr_info }] of addresses.entries()) {
    for (const [j, { family, local, prefixlen }] of addr_info.entries()) {
      const at = [...path, 'addresses', i, 'addr_info', j];
      requireFamily(local, family, [...at, 'local']);
      requireLength(prefixlen, family, [...at, 'prefixlen']);
    }
  }
}

function checkRoute(route: RouteSnapshot, devices: ReadonlySet<string>, path: readonly Key[]): void {
  for (const key of ['dst', 'from', 'gateway', 'prefsrc'] as const)
    requireFamily(route[key], route.family, [...path, key]);
  if (route.dev !== undefined && !devices.has(route.dev))
    refuse([...path, 'dev'], 'a device of this namespace', route.dev);
  for (const [i, { gateway, dev }] of (route.nexthops ?? []).entries()) {
    requireFamily(gateway, route.family, [...path, 'nexthops', i, 'gateway']);
    if (dev !== undefined && !devices.has(dev))
      refuse([...path, 'nexthops', i, 'dev'], 'a device of this namespace', dev);
  }
}

function checkRule(rule: RuleSnapshot, path: readonly Key[]): void {
  for (const [side, length] of [
    ['src', 'srclen'],
    ['dst', 'dstlen'],
  ] as const) {
    if (rule[side] !== 'all') requireFamily(rule[side], rule.family, [...path, side]);
    if (rule[length] !== undefined) requireLength(rule[length], rule.family, [...path, length]);
  }
}

/** Of an address, or a prefix; `default` is of both. */
function requireFamily(text: string | undefined, family: Family, path: readonly Key[]): void {
  if (text === undefined || text === 'default') return;
  const wanted = family === 'inet' ? 4 : 6;
  if (familyOf(text as IpAddress) !== wanted) refuse(path, `one of IPv${wanted}, as the family says`, text);
}

function requireLength(length: number, family: Family, path: readonly Key[]): void {
  const most = addressBits((family === 'inet' ? '0.0.0.0' : '::') as IpAddress);
  if (length > most) refuse(path, `a prefix length of at most ${most}`, length);
}

/** By making it ready, as loading it does: chains, sets and jumps are there, without circles. */
function checkRuleset({ nftables }: NamespaceSnapshot, path: readonly Key[]): void {
  if (nftables.length === 0) return;
  try {
    new Program(Ruleset.parse({ nftables }));
  } catch (cause) {
    const found = (cause as Error).message.slice(0, 400);
    throw new SnapshotError(pathText(path), 'a ruleset that holds together', found, { cause });
  }
}
