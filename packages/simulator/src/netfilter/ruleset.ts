/**
 * A host's ruleset as nft lists it, held as data: read from `nft -j list ruleset`, and changed by the commands of nft
 * that podlan gives (see podlanChains, chainCommands and forwardJumpCommands of @podlan/linux/model).
 */
import type { NftListing } from '@podlan/linux/model';
import * as v from 'valibot';

type Table = NftListing['tables'][number];
export type NftChain = NftListing['chains'][number];
export type NftRule = NftListing['rules'][number];

/** A named set or map: of a map, its elements are pairs. */
export interface NftSet {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly elements: readonly unknown[];
}

const integer = v.pipe(v.number(), v.safeInteger());
const inTable = { family: v.string(), table: v.string() };
const set = v.object({ ...inTable, name: v.string(), elem: v.optional(v.array(v.unknown()), []) });

const listing = v.object({
  nftables: v.array(
    v.object({
      table: v.optional(
        v.object({
          family: v.string(),
          name: v.string(),
          flags: v.optional(v.union([v.string(), v.array(v.string())])),
        }),
      ),
      chain: v.optional(
        v.object({
          ...inTable,
          name: v.string(),
          type: v.optional(v.string()),
          hook: v.optional(v.string()),
          prio: v.optional(integer),
          policy: v.optional(v.picklist(['accept', 'drop'])),
        }),
      ),
      rule: v.optional(
        v.object({
          ...inTable,
          chain: v.string(),
          handle: v.optional(integer, 0),
          expr: v.array(v.record(v.string(), v.unknown())),
        }),
      ),
      set: v.optional(set),
      map: v.optional(set),
    }),
  ),
});

export class Ruleset implements NftListing {
  tables: Table[] = [];
  chains: NftChain[] = [];
  rules: NftRule[] = [];
  sets: NftSet[] = [];

  /** Throws TypeError that names the place in the JSON. */
  static parse(json: unknown): Ruleset {
    const result = v.safeParse(listing, json);
    if (!result.success) throw refusal(result.issues[0]);
    const { nftables } = result.output;
    const ruleset = new Ruleset();
    ruleset.tables = nftables.flatMap(({ table }) => table ?? []);
    ruleset.chains = nftables.flatMap(({ chain }) => chain ?? []);
    ruleset.rules = nftables.flatMap(({ rule }) => rule ?? []);
    ruleset.sets = nftables.flatMap((entry) =>
      [entry.set ?? [], entry.map ?? []].flat().map(({ elem, ...name }) => ({ ...name, elements: elem })),
    );
    ruleset.#checkPlaces();
    return ruleset;
  }

  copy(): Ruleset {
    const copy = new Ruleset();
    copy.tables = [...this.tables];
    copy.chains = [...this.chains];
    copy.rules = [...this.rules];
    copy.sets = [...this.sets];
    return copy;
  }

  /** Each a command as nft's JSON has it: add, insert, flush or delete of a table, chain or rule, or flush of all. */
  execute(commands: readonly object[]): void {
    for (const command of commands) {
      const [verb, object] = Object.entries(command)[0] as [string, Operand];
      if (object.ruleset !== undefined) this.#clear();
      else if (object.table !== undefined) this.#changeTable(verb, object.table);
      else if (object.chain !== undefined) this.#changeChain(verb, object.chain);
      else if (object.rule !== undefined) this.#changeRule(verb, object.rule);
    }
  }

  #changeTable(verb: string, table: Table): void {
    const isThere = this.tables.some((one) => one.family === table.family && one.name === table.name);
    if (verb === 'add' && !isThere) this.tables.push(table);
    if (verb !== 'delete') return;
    const isElsewhere = (one: Placed) => one.family !== table.family || one.table !== table.name;
    this.tables = this.tables.filter((one) => one.family !== table.family || one.name !== table.name);
    this.chains = this.chains.filter(isElsewhere);
    this.rules = this.rules.filter(isElsewhere);
    this.sets = this.sets.filter(isElsewhere);
  }

  #clear(): void {
    [this.tables, this.chains, this.rules, this.sets] = [[], [], [], []];
  }

  #changeChain(verb: string, chain: NftChain): void {
    const isIt = (one: NftChain) => isSameTable(one, chain) && one.name === chain.name;
    const isInIt = (rule: NftRule) => isSameTable(rule, chain) && rule.chain === chain.name;
    const at = this.chains.findIndex(isIt);
    if (verb === 'add' && at < 0) this.chains.push(chain);
    else if (verb === 'add' && chain.policy !== undefined)
      this.chains[at] = { ...this.chains[at]!, policy: chain.policy };
    if (verb === 'flush' || verb === 'delete') this.rules = this.rules.filter((rule) => !isInIt(rule));
    if (verb === 'delete') this.chains = this.chains.filter((one) => !isIt(one));
  }

  /** `insert` is before the rule whose handle it has, or before all of the chain. */
  #changeRule(verb: string, rule: NftRule): void {
    const isIt = (one: NftRule) => isSameTable(one, rule) && one.handle === rule.handle;
    if (verb === 'delete') {
      this.rules = this.rules.filter((one) => !isIt(one));
      return;
    }
    const isBehind = (one: NftRule) =>
      rule.handle === undefined ? isSameTable(one, rule) && one.chain === rule.chain : isIt(one);
    const at = verb === 'insert' ? this.rules.findIndex(isBehind) : this.rules.length;
    this.rules.splice(at < 0 ? this.rules.length : at, 0, { ...rule, handle: this.#nextHandle() });
  }

  #nextHandle(): number {
    return this.rules.reduce((most, { handle }) => Math.max(most, handle), 0) + 1;
  }

  #checkPlaces(): void {
    const known = new Set(this.tables.map(({ family, name }) => `${family} ${name}`));
    const chains = new Set(this.chains.map(({ family, table, name }) => `${family} ${table} ${name}`));
    for (const { family, table, name } of this.chains) {
      if (!known.has(`${family} ${table}`)) throw missing(`chain ${name}`, `table ${family} ${table}`);
    }
    for (const { family, table, chain, handle } of this.rules) {
      if (chains.has(`${family} ${table} ${chain}`)) continue;
      throw missing(`rule with handle ${handle}`, `chain ${family} ${table} ${chain}`);
    }
  }
}

type Placed = { readonly family: string; readonly table: string };

interface Operand {
  readonly ruleset?: null;
  readonly table?: Table;
  readonly chain?: NftChain;
  readonly rule?: NftRule;
}

const isSameTable = (a: NftChain | NftRule, b: NftChain | NftRule): boolean =>
  a.family === b.family && a.table === b.table;

const missing = (what: string, where: string): TypeError =>
  new TypeError(
    `ruleset: the ${what} stands in the ${where}, which is not there: expected all of \`nft -j list ruleset\``,
  );

function refusal(issue: v.BaseIssue<unknown>): TypeError {
  const place = v.getDotPath(issue);
  const where = place === null ? 'ruleset' : `ruleset, ${place}`;
  return new TypeError(
    `${where}: expected ${issue.expected ?? 'another value'}, got ${issue.received}: take what \`nft -j list ruleset\` prints`,
  );
}
