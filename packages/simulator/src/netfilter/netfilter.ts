/** The netfilter of one simulated host: its ruleset, its connections, and what becomes of a packet at a hook. */
import {
  type Chain,
  chainCommands,
  forwardJumpCommands,
  type NftListing,
  podlanChains,
} from '@podlan/linux/model';
import type { Random } from '../random.js';
import { readHead } from './packet-head.js';
import type { Hook, Passage, Traversal } from './passage.js';
import { Passing } from './passing.js';
import { Program } from './rules/program.js';
import { Ruleset } from './ruleset.js';
import { Tracker } from './tracker.js';
import { tracksConnections } from './tracking.js';

export interface NetfilterOptions {
  /** For ports, and for rules that draw. */
  readonly random: Random;
  /** For the timeouts of connections. */
  readonly nowMs: () => number;
}

/**
 * A packet has to be shown to the hooks in the kernel's order: prerouting, then input, or forward and postrouting; output
 * and postrouting for what the host sends. A connection that is first seen later has no state (`ct state invalid`).
 */
export class Netfilter {
  readonly #random: Random;
  readonly #tracker: Tracker;
  #ruleset = new Ruleset();
  #program = new Program(this.#ruleset);
  #tracksConnections = false;

  constructor({ random, nowMs }: NetfilterOptions) {
    this.#random = random;
    this.#tracker = new Tracker(nowMs);
  }

  /** No chain asks for packets, and no connection is translated: `pass` would accept everything as it is. */
  get isEmpty(): boolean {
    return this.#program.isEmpty && !this.#tracker.table.hasMappings;
  }

  /** All tables, chains and rules. */
  get listing(): NftListing {
    return this.#ruleset;
  }

  /** Whether fragments are put together before anybody looks at them, as packets of a connection are followed. */
  get tracksConnections(): boolean {
    return this.#tracksConnections;
  }

  /**
   * Takes what `nft -j list ruleset` said, parsed, in place of all there was, podlan's own chains included: it lists
   * them too. Connections stay. Throws TypeError that names the place where it is malformed, and then nothing changes.
   */
  load(json: unknown): void {
    this.#use(Ruleset.parse(json));
  }

  /**
   * Puts a chain into podlan's own table. The forward chains of other tables, where they would drop what it accepts, are
   * given their jump, as by the kernel behind the row.
   */
  setChain(row: Chain): void {
    const { misplacedIn: _, ...wanted } = row;
    this.#change({ op: 'replace', row: wanted });
  }

  deleteChain(name: string): void {
    const row = this.chains().find((chain) => chain.name === name);
    if (row !== undefined) this.#change({ op: 'delete', row });
  }

  /** podlan's chains as a snapshot of the kernel has them. */
  chains(): Chain[] {
    return podlanChains(this.#ruleset);
  }

  /** Commands as nft's JSON has them, all of them or none. Throws TypeError where a rule names what is not there. */
  execute(commands: readonly object[]): void {
    const changed = this.#ruleset.copy();
    changed.execute(commands);
    this.#use(changed);
  }

  /** What becomes of the packet. Whatever is no IP packet is accepted. */
  pass(hook: Hook, traversal: Traversal): Passage {
    const head = readHead(traversal.packet);
    if (head === undefined) {
      const { packet, mark } = traversal;
      return { verdict: 'accept', packet, mark, matches: [], notUnderstood: [] };
    }
    const machinery = { program: this.#program, tracker: this.#tracker, random: this.#random };
    return new Passing(machinery, hook, traversal, head).run();
  }

  #change({ op, row }: { readonly op: 'replace' | 'delete'; readonly row: Chain }): void {
    const changed = this.#ruleset.copy();
    changed.execute(chainCommands({ op, row }));
    if (row.hook === 'forward')
      changed.execute(forwardJumpCommands(changed, op === 'delete' ? [] : row.rules));
    this.#use(changed);
  }

  /** It is made ready first: what can't be changes nothing. */
  #use(ruleset: Ruleset): void {
    this.#program = new Program(ruleset);
    this.#ruleset = ruleset;
    this.#tracksConnections = tracksConnections(ruleset);
  }
}
