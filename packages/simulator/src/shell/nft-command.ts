/** `nft`: tables, chains and rules of a namespace. */
import type { NftListing } from '@podlan/linux/model';
import type { Netns } from '../kernel/netns.js';
import type { Arguments } from './arguments.js';
import { notSimulated } from './command-error.js';
import { readChainSpec } from './nft-chain.js';
import { listing } from './nft-listing.js';
import { readRule } from './nft-rule.js';
import { NftText, type Token } from './nft-text.js';

const FAMILIES: ReadonlySet<string> = new Set(['ip', 'ip6', 'inet']);
const OTHER_FAMILIES: ReadonlySet<string> = new Set(['arp', 'bridge', 'netdev']);
const COMMANDS = [
  ...['list ruleset|tables|table|chain', 'add table|chain|rule', 'insert rule'],
  ...['delete table|chain|rule', 'flush ruleset|table|chain'],
];

type Command = (netns: Netns, text: NftText, showsHandles: boolean) => string[];

const VERBS: Readonly<Record<string, Readonly<Record<string, Command>>>> = {
  list: { ruleset: listRuleset, tables: listTables, table: listTable, chain: listChain },
  add: { table: addTable, chain: addChain, rule: (...at) => addRule(...at, 'add') },
  insert: { rule: (...at) => addRule(...at, 'insert') },
  delete: { table: deleteTable, chain: deleteChain, rule: deleteRule },
  flush: { ruleset: flushRuleset, table: flushTable, chain: flushChain },
};

export function nftCommand(netns: Netns, args: Arguments): string[] {
  const showsHandles = args.take('-a', '--handle');
  const text = new NftText(args.rest.join(' '));
  const verb = text.next('a command', COMMANDS).text;
  const objects = Object.hasOwn(VERBS, verb) ? VERBS[verb]! : {};
  const object = text.peek()?.text ?? 'nothing';
  const command = Object.hasOwn(objects, object) ? objects[object] : undefined;
  if (command === undefined) throw notSimulated('a command of nft', `${verb} ${object}`, COMMANDS);
  text.next(object);
  return command(netns, text, showsHandles);
}

interface TableName {
  readonly family: string;
  readonly table: string;
  readonly token: Token;
}
interface ChainName extends TableName {
  readonly chain: string;
  readonly chainToken: Token;
}

/** Without a family it is of IPv4. */
function readTable(text: NftText): TableName {
  const first = text.next('a table');
  if (OTHER_FAMILIES.has(first.text))
    throw notSimulated('a family whose packets meet rules here', first.text, [...FAMILIES]);
  const isFamily = FAMILIES.has(first.text);
  const token = isFamily ? text.next('a table') : first;
  return { family: isFamily ? first.text : 'ip', table: nameOf(token), token };
}

function readChain(text: NftText): ChainName {
  const table = readTable(text);
  const chainToken = text.next('a chain');
  return { ...table, chain: nameOf(chainToken), chainToken };
}

function nameOf({ text }: Token): string {
  if (/^[A-Za-z][A-Za-z0-9/\\_.-]*$/.test(text)) return text;
  throw notSimulated('a name', text, ['letters, digits, _ and -']);
}

function requireEnd(text: NftText): void {
  text.take(';');
  if (!text.isEmpty) throw notSimulated('the end of the line', text.peek()!.text, COMMANDS);
}

const NO_SUCH = 'Could not process rule: No such file or directory';

function hasTable({ tables }: NftListing, { family, table }: TableName): boolean {
  return tables.some((one) => one.family === family && one.name === table);
}

function chainOf({ chains }: NftListing, { family, table, chain }: ChainName) {
  return chains.find((one) => one.family === family && one.table === table && one.name === chain);
}

function requireTable(netns: Netns, text: NftText, name: TableName, message = NO_SUCH): void {
  if (!hasTable(netns.netfilter.listing, name)) throw text.refusal(message, name.token);
}

function requireChain(netns: Netns, text: NftText, name: ChainName, message = NO_SUCH): void {
  requireTable(netns, text, name, message);
  if (chainOf(netns.netfilter.listing, name) === undefined) throw text.refusal(message, name.chainToken);
}

function execute(netns: Netns, ...commands: object[]): string[] {
  netns.netfilter.execute(commands);
  netns.watchers.wake('chain');
  return [];
}

// To show.

function listRuleset(netns: Netns, text: NftText, showsHandles: boolean): string[] {
  requireEnd(text);
  return listing(netns.netfilter.listing, { showsHandles });
}

function listTables(netns: Netns, text: NftText): string[] {
  requireEnd(text);
  return netns.netfilter.listing.tables.map(({ family, name }) => `table ${family} ${name}`);
}

const NOT_LISTED = 'No such file or directory';

function listTable(netns: Netns, text: NftText, showsHandles: boolean): string[] {
  const name = readTable(text);
  requireEnd(text);
  requireTable(netns, text, name, NOT_LISTED);
  return listing(netns.netfilter.listing, { showsHandles, family: name.family, table: name.table });
}

function listChain(netns: Netns, text: NftText, showsHandles: boolean): string[] {
  const { family, table, chain, ...tokens } = readChain(text);
  requireEnd(text);
  requireChain(netns, text, { family, table, chain, ...tokens }, NOT_LISTED);
  return listing(netns.netfilter.listing, { showsHandles, family, table, chain });
}

// To make.

function addTable(netns: Netns, text: NftText): string[] {
  const { family, table } = readTable(text);
  requireEnd(text);
  return execute(netns, { add: { table: { family, name: table } } });
}

function addChain(netns: Netns, text: NftText): string[] {
  const name = readChain(text);
  requireTable(netns, text, name);
  const spec = text.take('{') ? readChainSpec(text) : {};
  requireEnd(text);
  const { family, table, chain } = name;
  const known = chainOf(netns.netfilter.listing, name);
  const isOther = (['type', 'hook', 'prio'] as const).some(
    (key) => known !== undefined && spec[key] !== undefined && spec[key] !== known[key],
  );
  if (isOther)
    throw text.refusal('Could not process rule: Operation not supported', { at: 0, text: `${text.text} ` });
  return execute(netns, { add: { chain: { family, table, name: chain, ...spec } } });
}

function addRule(netns: Netns, text: NftText, _showsHandles: boolean, verb: 'add' | 'insert'): string[] {
  const name = readChain(text);
  requireChain(netns, text, name);
  const { family, table, chain } = name;
  const before = ['handle', 'position', 'index'].find((word) => text.is(word));
  if (before !== undefined) throw notSimulated('a rule', before, ['add rule … MATCH VERDICT']);
  const hasChain = (target: string) =>
    chainOf(netns.netfilter.listing, { ...name, chain: target }) !== undefined;
  const expr = readRule(text, { family, hasChain });
  return execute(netns, { [verb]: { rule: { family, table, chain, expr } } });
}

// To take away.

function deleteTable(netns: Netns, text: NftText): string[] {
  const name = readTable(text);
  requireEnd(text);
  requireTable(netns, text, name);
  return execute(netns, { delete: { table: { family: name.family, name: name.table } } });
}

function deleteChain(netns: Netns, text: NftText): string[] {
  const name = readChain(text);
  requireEnd(text);
  requireChain(netns, text, name);
  const { family, table, chain } = name;
  const { rules } = netns.netfilter.listing;
  const isLedTo = rules.some(
    (rule) => rule.family === family && rule.table === table && leadsTo(rule.expr, chain),
  );
  if (isLedTo) throw text.refusal('Could not process rule: Device or resource busy', name.chainToken);
  return execute(netns, { delete: { chain: { family, table, name: chain } } });
}

const leadsTo = (expr: readonly unknown[], chain: string): boolean =>
  JSON.stringify(expr).includes(`{"target":${JSON.stringify(chain)}}`);

function deleteRule(netns: Netns, text: NftText): string[] {
  const name = readChain(text);
  const { family, table, chain } = name;
  text.expect('handle');
  const token = text.next('a handle');
  requireEnd(text);
  requireChain(netns, text, name);
  const { rules } = netns.netfilter.listing;
  const rule = rules.find(
    (one) =>
      one.family === family &&
      one.table === table &&
      one.chain === chain &&
      String(one.handle) === token.text,
  );
  if (rule === undefined) throw text.refusal(NO_SUCH, token);
  return execute(netns, { delete: { rule } });
}

function flushRuleset(netns: Netns, text: NftText): string[] {
  requireEnd(text);
  return execute(netns, { flush: { ruleset: null } });
}

function flushTable(netns: Netns, text: NftText): string[] {
  const name = readTable(text);
  requireEnd(text);
  requireTable(netns, text, name);
  const { family, table } = name;
  const chains = netns.netfilter.listing.chains.filter((one) => one.family === family && one.table === table);
  return execute(netns, ...chains.map((chain) => ({ flush: { chain } })));
}

function flushChain(netns: Netns, text: NftText): string[] {
  const name = readChain(text);
  requireEnd(text);
  requireChain(netns, text, name);
  const { family, table, chain } = name;
  return execute(netns, { flush: { chain: { family, table, name: chain } } });
}
