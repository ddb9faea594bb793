/** A trace as lines to read: a block for every host and pod the packet passes, a line for everything that happens to it. */
import { summarize } from '@podlan/wire';
import { readIp } from '../kernel/ip-packet.js';
import { byteLines } from './byte-changes.js';
import { exchangeText } from './exchange.js';
import type { Hop, HopEvent } from './journey.js';
import { legsOf, netnsOf, type Step, type ToldLeg } from './legs.js';
import { matchLines } from './match-lines.js';
import { outcomeOf } from './outcome.js';
import { bytesOf, isEncapsulated, layersIn, linkTypeOf, summaryOf } from './packet-layers.js';
import type { ProbeResult } from './probe.js';

/** What a piece of a trace is, for who gives it a colour. */
export type TraceStyle = 'title' | 'place' | 'row' | 'crossing' | 'good' | 'bad';

/** How a trace is told. */
export interface TraceTextOptions {
  /** Frames of ARP and ND one by one, too. */
  readonly verbose?: boolean;
  /** The packet in hexadecimal, wherever it changes. */
  readonly bytes?: boolean;
  /** Gives text its colour; none unless told. */
  readonly paint?: (style: TraceStyle, text: string) => string;
}

/**
 * The hops of a probe, leg by leg, and how it ended.
 * @example
 * ```ts
 * import { SimCluster, traceText } from '@podlan/simulator';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * const host = await cluster.join();
 * await host.addPod();
 * const lines = traceText(cluster.probe('host-a', { destination: parseIpAddress('10.244.1.77')! }));
 * lines[0]; // => 'host-a: IP 10.244.1.1 > 10.244.1.77: ICMP echo request, id 28780, seq 1, length 64, 84 bytes'
 * lines.find((line) => line.startsWith('lost')); // => 'lost on host-a, cni0: neighbor-unresolved'
 * await cluster.stop();
 * ```
 */
export function traceText(result: ProbeResult, options: TraceTextOptions = {}): string[] {
  const telling = new Telling(result, options);
  return [...telling.head(), ...legsOf(result.hops).flatMap((leg) => telling.leg(leg)), ...telling.outcome()];
}

const LEG_TITLES: Record<ToldLeg['leg'], string> = {
  request: 'Request',
  reply: 'Reply',
  error: 'ICMP error',
};
const EVENT_WORDS: Partial<Record<HopEvent, string>> = {
  'to-user': 'to user',
  'from-user': 'from user',
};
const LOST = 'LOST';
const CROSSINGS = { 'to-kernel': '[user space -> kernel]', 'to-user': '[kernel -> user space]' } as const;
const EVENT_COLUMNS = 13;
const LEAST_DEVICE_COLUMNS = 9;

/** The lines of one trace: widths and colours are the same throughout. */
class Telling {
  readonly #result: ProbeResult;
  readonly #isVerbose: boolean;
  readonly #showsBytes: boolean;
  readonly #paint: (style: TraceStyle, text: string) => string;
  readonly #deviceColumns: number;

  constructor(
    result: ProbeResult,
    { verbose = false, bytes = false, paint = (_, text) => text }: TraceTextOptions,
  ) {
    this.#result = result;
    this.#isVerbose = verbose;
    this.#showsBytes = bytes;
    this.#paint = paint;
    const widths = result.hops.map(({ device }) => device?.length ?? 0);
    this.#deviceColumns = widths.reduce((most, width) => Math.max(most, width), LEAST_DEVICE_COLUMNS) + 1;
  }

  head(): string[] {
    const { packet, hops } = this.#result;
    const what =
      packet.length === 0 ? 'nothing was sent' : `${summarize(packet, 'raw')}, ${packet.length} bytes`;
    return [this.#paint('title', `${hops[0]?.netns ?? ''}: ${what}`)];
  }

  leg({ leg, steps }: ToldLeg): string[] {
    const wrapped = steps.find(
      (step) => 'hop' in step && step.hop.event === 'transmit' && isEncapsulated(step.hop),
    );
    const lines = steps.flatMap((step, i) => [
      ...(i > 0 && netnsOf(steps[i - 1]!) === netnsOf(step) ? [] : [this.#paint('place', netnsOf(step))]),
      ...this.#step(step, step === wrapped, previousHop(steps, i)),
    ]);
    return ['', this.#paint('title', LEG_TITLES[leg]), ...lines];
  }

  outcome(): string[] {
    const { isGood, lines } = outcomeOf(this.#result);
    const [first = '', ...others] = lines;
    return ['', this.#paint(isGood ? 'good' : 'bad', first), ...others.map((line) => `  ${line}`)];
  }

  #step(step: Step, showsLayers: boolean, previous: Hop | undefined): string[] {
    if ('hop' in step) {
      const { hop } = step;
      const layers = showsLayers ? this.#below(layerLines(hop)) : [];
      return [...this.#hop(hop), ...layers, ...this.#bytes(hop, previous)];
    }
    const { exchange } = step;
    const line = this.#columns(exchange.device, 'resolve', exchangeText(exchange));
    return this.#isVerbose ? [line, ...this.#below(exchange.hops.map(frameLine))] : [line];
  }

  #hop(hop: Hop): string[] {
    const [first = '', ...others] = hopLines(hop);
    const crossing =
      hop.crossing === undefined ? '' : `  ${this.#paint('crossing', CROSSINGS[hop.crossing])}`;
    const line = this.#columns(hop.device ?? '', eventWord(hop), first);
    const isLost = eventWord(hop) === LOST;
    return [(isLost ? this.#paint('bad', line) : line) + crossing, ...this.#below(others, 'row')];
  }

  #bytes(hop: Hop, previous: Hop | undefined): string[] {
    if (!this.#showsBytes) return [];
    const [from, to] = [hop.after ? hop.before : bytesBefore(hop, previous), bytesOf(hop)];
    return isSame(from, to) ? [] : this.#below(byteLines(from, to));
  }

  #columns(device: string, event: string, text: string): string {
    return `  ${device.padEnd(this.#deviceColumns)}${event.padEnd(EVENT_COLUMNS)}${text}`.trimEnd();
  }

  #below(lines: readonly string[], style?: TraceStyle): string[] {
    return lines.map((line) => this.#columns('', '', style ? this.#paint(style, line) : line));
  }
}

function previousHop(steps: readonly Step[], i: number): Hop | undefined {
  const step = steps.slice(0, i).findLast((one) => 'hop' in one);
  return step && 'hop' in step ? step.hop : undefined;
}

/** Everything is new in the first. */
const bytesBefore = ({ before }: Hop, previous: Hop | undefined): Uint8Array =>
  previous === undefined ? before.subarray(before.length) : bytesOf(previous);

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

/** A packet for a closed port has come to whom it was sent. */
function eventWord({ event, reason }: Hop): string {
  if (event === 'drop') return reason === 'no-socket' ? 'refuse' : LOST;
  return EVENT_WORDS[event] ?? event;
}

/** Device and event stand before it: they need not be said again. */
function hopLines(hop: Hop): string[] {
  const { event, text, before, after } = hop;
  if (event === 'transmit' || event === 'receive') return [`${before.length} bytes`];
  if (event === 'forward') return [`${text}${ttlText(before, after)}`];
  if (event === 'send' && after === undefined) return [summaryOf(hop)];
  if (event === 'route' || event === 'neighbor') return [text];
  return matchLines(hop);
}

function ttlText(before: Uint8Array, after: Uint8Array | undefined): string {
  const [was, is] = [readIp(before)?.ttl, after && readIp(after)?.ttl];
  return was === undefined || is === undefined || was === is ? '' : `, time to live ${was} -> ${is}`;
}

const layerLines = (hop: Hop): string[] =>
  layersIn(bytesOf(hop), linkTypeOf(hop)).map(({ text, bytes }) => `${String(bytes).padStart(5)}  ${text}`);

const frameLine = (hop: Hop): string =>
  `${hop.netns} ${hop.device ?? ''} ${eventWord(hop)}: ${
    hop.event === 'drop' || hop.event === 'bridge' || hop.event === 'flood' ? hop.text : summaryOf(hop)
  }`;
