/**
 * One packet at one hook: tracked, translated and judged in the order of the kernel's priorities.
 *
 *     prerouting, output     … -200 tracked … -100 destination translated …   then the filters of higher priority
 *     input, postrouting     …  100 source translated …                       then the connection is confirmed
 */
import type { Random } from '../random.js';
import { destinationAt, type PacketHead, readHead, sourceAt } from './packet-head.js';
import type { Hook, Passage, RuleMatch, Traversal } from './passage.js';
import type { PacketContext } from './rules/packet-context.js';
import type { BaseChain, BaseVerdict, Program } from './rules/program.js';
import type { Tracked, Tracker } from './tracker.js';
import { adjustQuoting, rewrite, type Side } from './translate.js';
import { addressAt, type Endpoint, endpointText, inverse, type Tuple, tupleOf } from './tuple.js';
import { translateTo } from './unique-tuple.js';

/** NF_IP_PRI_CONNTRACK */
const TRACK_PRIORITY = -200;
/** NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC */
const NAT_PRIORITY: Readonly<Record<Side, number>> = { destination: -100, source: 100 };
const SIDES: Readonly<Record<Hook, Side | undefined>> = {
  prerouting: 'destination',
  input: 'source',
  forward: undefined,
  output: 'destination',
  postrouting: 'source',
};
const UNKNOWN: Tracked = { state: 'invalid', direction: 'original' };

/** No rule, but what decides where no port was free. */
const CLASH: RuleMatch = {
  table: 'conntrack',
  chain: 'confirm',
  rule: 'another connection has the translated addresses and ports',
};

export interface Machinery {
  readonly program: Program;
  readonly tracker: Tracker;
  readonly random: Random;
}

export class Passing {
  readonly #machinery: Machinery;
  readonly #hook: Hook;
  readonly #context: PacketContext;
  /** Of this very packet: the context's may be a first fragment's. */
  #head: PacketHead;
  #isCopy = false;
  #rerouteMark: number | undefined;
  readonly #translations: string[] = [];

  constructor(machinery: Machinery, hook: Hook, traversal: Traversal, head: PacketHead) {
    this.#machinery = machinery;
    this.#hook = hook;
    this.#head = head;
    const { random } = machinery;
    const { mark } = traversal;
    this.#context = {
      ...{ hook, traversal, head, tracked: UNKNOWN, mark, random },
      ...{ matches: [], notUnderstood: [] },
    };
  }

  run(): Passage {
    const judged = this.#judge();
    const verdict = judged === 'accept' ? this.#leave() : judged;
    const { mark, matches, notUnderstood, rejectWith } = this.#context;
    return {
      verdict: verdict === 'endless' ? 'drop' : verdict,
      ...(verdict === 'endless' && { isEndless: true }),
      packet: this.#head.bytes,
      mark,
      matches,
      notUnderstood,
      ...(this.#translations.length > 0 && { translation: this.#translations.join(', ') }),
      ...(this.#rerouteMark !== undefined && { rerouteMark: this.#rerouteMark }),
      ...(verdict === 'reject' && rejectWith !== undefined && { rejectWith }),
    };
  }

  #judge(): BaseVerdict {
    const { program } = this.#machinery;
    const side = SIDES[this.#hook];
    const due = [
      { priority: this.#isFirstHook ? TRACK_PRIORITY : Number.NEGATIVE_INFINITY, run: () => this.#track() },
      ...(side
        ? [{ priority: NAT_PRIORITY[side], run: () => this.#rerouting(() => this.#translate(side)) }]
        : []),
    ];
    const chains = program
      .filters(this.#hook, this.#head.family)
      .map((chain) => ({ priority: chain.priority, run: () => this.#filter(chain) }));
    for (const { run } of [...due, ...chains].sort((a, b) => a.priority - b.priority)) {
      const verdict = run();
      if (verdict !== 'accept') return verdict;
    }
    return 'accept';
  }

  #filter(chain: BaseChain): BaseVerdict {
    const run = () => chain.run(this.#context);
    return chain.type === 'route' ? this.#rerouting(run, true) : run();
  }

  /** ip_route_me_harder: what a host sends has its route already, which holds for another destination or mark no more. */
  #rerouting(run: () => BaseVerdict, byMark = false): BaseVerdict {
    if (this.#hook !== 'output') return run();
    const key = () => `${addressAt(this.#head, destinationAt(this.#head))} ${byMark && this.#context.mark}`;
    const before = key();
    const verdict = run();
    if (key() !== before) this.#rerouteMark = this.#context.mark;
    return verdict;
  }

  get #isFirstHook(): boolean {
    return this.#hook === 'prerouting' || this.#hook === 'output';
  }

  #track(): 'accept' {
    const { tracker } = this.#machinery;
    const first = this.#head.fragment?.isFirst === false && tracker.firstFragment(this.#hook, this.#head);
    if (first) {
      this.#context.head = first.head;
      this.#context.tracked = first.tracked;
      return 'accept';
    }
    const isLooped = this.#hook === 'prerouting' && this.#context.traversal.iif === 'lo';
    const tracked = this.#isFirstHook ? tracker.track(this.#head, isLooped) : tracker.recall(this.#head);
    this.#context.tracked = tracked;
    tracker.rememberFragment(this.#hook, this.#head, tracked);
    return 'accept';
  }

  /** What is accepted goes on to the next hook, or leaves netfilter, and then its connection counts. */
  #leave(): BaseVerdict {
    const { tracker } = this.#machinery;
    const { tracked } = this.#context;
    const { connection, state } = tracked;
    const isLast = this.#hook === 'postrouting' || this.#hook === 'input';
    const isNew = isLast && state === 'new' && connection?.confirmed === false;
    if (isNew && !tracker.table.confirm(connection)) {
      this.#context.matches.push(CLASH);
      return 'drop';
    }
    // What is looped back is known when it comes in again.
    if (this.#isFirstHook || this.#context.traversal.oif === 'lo') tracker.remember(this.#head, tracked);
    return 'accept';
  }

  #translate(side: Side): BaseVerdict {
    const { connection, direction, state, quote } = this.#context.tracked;
    if (connection === undefined) return 'accept';
    if (state === 'new' && !connection.confirmed && !connection.decided[side]) {
      const verdict = this.#decide(side);
      if (verdict !== 'accept') return verdict;
    }
    // On the way back it is the other side that was translated.
    const decidedSide = direction === 'original' ? side : other(side);
    if (!connection.translated[decidedSide]) return 'accept';
    const answer = direction === 'original' ? connection.reply : connection.original;
    if (quote !== undefined) this.#rewriteError(side, answer);
    else this.#rewrite(side, inverse(answer)[side]);
    return 'accept';
  }

  /** The nat chains decide about a connection once; where they leave it, its port may still be another's. */
  #decide(side: Side): BaseVerdict {
    const { program, tracker, random } = this.#machinery;
    const { family } = this.#head;
    const connection = this.#context.tracked.connection!;
    this.#context.translate = (range) => translateTo(connection, side, range, tracker.table, random);
    for (const chain of program.nat(this.#hook, family)) {
      const verdict = chain.run(this.#context);
      if (verdict !== 'accept') return verdict;
      if (connection.decided[side]) break;
    }
    this.#context.translate = undefined;
    if (!connection.decided[side] && program.translates(family)) {
      const { address } = inverse(connection.reply)[side];
      translateTo(connection, side, { addresses: [address, address], random: false }, tracker.table, random);
    }
    return 'accept';
  }

  #rewrite(side: Side, end: Endpoint): void {
    const own = this.#writable();
    const before = tupleOf(this.#context.head)?.[side];
    rewrite(own, side, end);
    if (this.#context.head !== own) {
      this.#context.head = readHead(this.#context.head.bytes.slice()) ?? own;
      rewrite(this.#context.head, side, end);
    }
    if (before !== undefined) this.#tell(side, before, end);
  }

  /** Of an error first what it quotes, which goes the other way, then its own address. */
  #rewriteError(side: Side, answer: Tuple): void {
    const own = this.#writable();
    const unchanged = own.bytes.slice();
    const quote = readHead(own.bytes, own.transportAt! + 8);
    if (quote === undefined) return;
    rewrite(quote, other(side), answer[other(side)]);
    adjustQuoting(own, unchanged);
    const before = addressAt(own, side === 'source' ? sourceAt(own) : destinationAt(own));
    const end = inverse(answer)[side];
    rewrite(own, side, end, true);
    if (before !== end.address) this.#translations.push(`${side} ${before} -> ${end.address}`);
    this.#context.head = own;
  }

  #tell(side: Side, before: Endpoint, after: Endpoint): void {
    const { protocol } = this.#head;
    const [was, is] = [endpointText(before, protocol), endpointText(after, protocol)];
    if (was !== is) this.#translations.push(`${side} ${was} -> ${is}`);
  }

  /** The packet that came in is never written to. */
  #writable(): PacketHead {
    if (this.#isCopy) return this.#head;
    this.#isCopy = true;
    const isContext = this.#context.head === this.#head;
    this.#head = readHead(this.#head.bytes.slice())!;
    if (isContext) this.#context.head = this.#head;
    return this.#head;
  }
}

const other = (side: Side): Side => (side === 'source' ? 'destination' : 'source');
