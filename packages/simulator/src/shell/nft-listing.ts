/** A ruleset as `nft list` prints it. */
import { type NftListing, nftRuleText } from '@podlan/linux/model';
import { ruleTextOf } from '../netfilter/rules/rule.js';
import { priorityText } from './nft-chain.js';

export interface ListingOptions {
  readonly showsHandles: boolean;
  readonly family?: string;
  readonly table?: string;
  readonly chain?: string;
}

export function listing(ruleset: NftListing, options: ListingOptions): string[] {
  const { family, table } = options;
  const tables = ruleset.tables.filter(
    (one) => (family === undefined || one.family === family) && (table === undefined || one.name === table),
  );
  return tables.flatMap((one) => tableLines(ruleset, one, options));
}

function tableLines(
  ruleset: NftListing,
  { family, name }: NftListing['tables'][number],
  options: ListingOptions,
): string[] {
  const chains = ruleset.chains.filter(
    (one) =>
      one.family === family &&
      one.table === name &&
      (options.chain === undefined || one.name === options.chain),
  );
  const blocks = chains.map((chain) => chainLines(ruleset, chain, options));
  const inside = blocks.flatMap((block, i) => (i === 0 ? block : ['', ...block]));
  return [`table ${family} ${name} {`, ...inside, '}'];
}

function chainLines(
  { rules }: NftListing,
  chain: NftListing['chains'][number],
  { showsHandles }: ListingOptions,
): string[] {
  const { family, table, name, type, hook, prio = 0, policy = 'accept' } = chain;
  const ofChain = rules.filter(
    (rule) => rule.family === family && rule.table === table && rule.chain === name,
  );
  const head =
    hook === undefined
      ? []
      : [`\t\ttype ${type} hook ${hook} priority ${priorityText(prio, hook)}; policy ${policy};`];
  const lines = ofChain.map(
    ({ expr, handle }) => `\t\t${ruleLine(expr)}${showsHandles ? ` # handle ${handle}` : ''}`,
  );
  return [`\tchain ${name} {`, ...head, ...lines, '\t}'];
}

/** nft leaves the word `type` out that it wants to read there. */
const ruleLine = (expr: readonly unknown[]): string =>
  (expr.every((one) => typeof one === 'object') ? ruleTextOf(expr) : nftRuleText(expr)).replace(
    /reject with (icmpx?|icmpv6) type /,
    'reject with $1 ',
  );
