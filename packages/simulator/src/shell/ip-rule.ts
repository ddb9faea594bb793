/** `ip rule`: which table is asked for a packet. */
import { type Family, familyOf, prefixLength } from '@podlan/wire';
import { type FibRule, TABLE_MAIN } from '../kernel/fib.js';
import { ruleText } from '../kernel/fib-text.js';
import type { Netns } from '../kernel/netns.js';
import { type Arguments, type Keywords, readKeywords, startingWith } from './arguments.js';
import { notSimulated, rtnetlink } from './command-error.js';
import { type FamilyChoice, readNumber, readPrefix, readTable, tableName } from './operands.js';

const VERBS = { list: 'show', show: 'show', add: 'add', delete: 'delete' } as const;
const KNOWN = [
  'from',
  'to',
  'iif',
  'oif',
  'fwmark',
  'priority',
  'lookup',
  'blackhole',
  'unreachable',
  'prohibit',
];

export function ipRule(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  const verb = args.isEmpty ? 'show' : startingWith(args.peek()!, VERBS);
  if (verb === undefined) throw notSimulated('a command of ip rule', args.peek()!, Object.keys(VERBS));
  args.next();
  if (verb === 'show') return netns.fib.rules(family ?? 4).map(line);
  const request = readRequest(args, family);
  const ofFamily = family ?? familyIn(request);
  if (verb === 'add') add(netns, ofFamily, request);
  else remove(netns, ofFamily, request);
  netns.watchers.wake('route');
  return [];
}

type Request = { -readonly [Key in keyof FibRule]?: FibRule[Key] };

function familyIn({ from, to }: Request): Family {
  const prefix = from ?? to;
  return prefix === undefined ? 4 : familyOf(prefix);
}

function readRequest(args: Arguments, family: FamilyChoice): Request {
  const request: Request = {};
  readKeywords(args, keywordsOf(request, family), (word) => {
    throw notSimulated('what a rule can ask', word, KNOWN);
  });
  if (request.from !== undefined && prefixLength(request.from) === 0) delete request.from;
  if (request.to !== undefined && prefixLength(request.to) === 0) delete request.to;
  return request;
}

function keywordsOf(request: Request, family: FamilyChoice): Keywords {
  const priority = (args: Arguments) => {
    request.priority = readNumber(args.value(), 'preference value is invalid\n');
  };
  const table = (args: Arguments) => {
    request.table = readTable(args.value(), 'invalid table ID\n');
    request.action = 'lookup';
  };
  const refusal = (action: FibRule['action']) => () => {
    request.action = action;
  };
  return {
    from(args) {
      request.from = readPrefix(args.value(), family);
    },
    to(args) {
      request.to = readPrefix(args.value(), family);
    },
    iif(args) {
      request.iif = args.value();
    },
    oif(args) {
      request.oif = args.value();
    },
    fwmark(args) {
      const [value = '', mask = '0xffffffff'] = args.value().split('/');
      const what = 'fwmark value is invalid\n';
      request.mark = { value: readNumber(value, what), mask: readNumber(mask, what) };
    },
    ...{ priority, preference: priority, pref: priority, prio: priority, order: priority },
    ...{ table, lookup: table },
    blackhole: refusal('blackhole'),
    unreachable: refusal('unreachable'),
    prohibit: refusal('prohibit'),
  };
}

function add(netns: Netns, family: Family, request: Request): void {
  const rules = netns.fib.rules(family);
  const {
    priority = freePriority(rules),
    action = 'lookup',
    table = action === 'lookup' ? TABLE_MAIN : 0,
  } = request;
  const rule: FibRule = { ...request, priority, action, table };
  if (rules.some((one) => ruleText(one) === ruleText(rule))) throw rtnetlink('File exists');
  netns.fib.setRules(family, [...rules, rule]);
}

/** Before the second of all (fib_default_rule_pref): behind what is for the host itself. */
function freePriority(rules: readonly FibRule[]): number {
  const second = rules[1]?.priority ?? 0;
  return Math.max(0, second - 1);
}

function remove(netns: Netns, family: Family, request: Request): void {
  const rules = netns.fib.rules(family);
  const asked = Object.entries(request).map(([key, value]) => [key, JSON.stringify(value)] as const);
  const isAsked = (rule: FibRule) =>
    asked.every(([key, value]) => JSON.stringify(rule[key as keyof FibRule]) === value);
  const found = rules.find(isAsked);
  if (found === undefined) throw rtnetlink('No such file or directory');
  netns.fib.setRules(
    family,
    rules.filter((rule) => rule !== found),
  );
}

/** In columns, and with the tables' names; a mask that is whole is not printed. */
const line = (rule: FibRule): string =>
  ruleText(rule)
    .replace(/^(\d+:) /, '$1\t')
    .replace('/0xffffffff', '')
    .replace(/lookup (\d+)$/, (_, table: string) => `lookup ${tableName(Number(table))}`);
