/** Question and answer by which a host learns a MAC address (ARP; RFC 4861 for IPv6), as one step of a trace. */
import { type DissectedLayer, dissect, layersOf } from '@podlan/wire';
import { DROP_MEANINGS } from './drop-meanings.js';
import type { Hop } from './journey.js';
import { bytesOf, linkTypeOf } from './packet-layers.js';

/** Everything that one question gave rise to. */
export interface Exchange {
  /** Who asked, and by which device. */
  readonly netns: string;
  readonly device: string;
  readonly protocol: 'ARP' | 'ND';
  /** Whose MAC address was asked for. */
  readonly target: string;
  readonly answer?: string;
  /** Why it got no answer, as far as frames were dropped. */
  readonly lost?: Hop;
  readonly hops: readonly Hop[];
}

/** Of hops of the leg `resolution`, in their order. */
export function exchangesOf(hops: readonly Hop[]): Exchange[] {
  const byTarget = new Map<string, Hop[]>();
  for (const hop of hops) {
    const key = questionIn(hop)?.target ?? '?';
    byTarget.set(key, [...(byTarget.get(key) ?? []), hop]);
  }
  return [...byTarget.values()].map(exchangeOf);
}

export function exchangeText({ target, answer, lost, protocol }: Exchange): string {
  if (answer !== undefined) return `${protocol}: who has ${target}? ${answer}`;
  const why =
    lost === undefined ? '' : `; lost on ${lost.netns}: ${lost.text}, ${DROP_MEANINGS[lost.reason!]}`;
  return `${protocol}: who has ${target}? Nobody answers${why}`;
}

interface Question {
  readonly protocol: 'ARP' | 'ND';
  readonly target: string;
  /** The MAC address that it was answered with. */
  readonly answer?: string;
}

function exchangeOf(hops: readonly Hop[]): Exchange {
  const [first] = hops as readonly [Hop, ...Hop[]];
  const { protocol = 'ARP', target = '?' } = questionIn(first) ?? {};
  const heard = hops.filter(({ netns, event }) => netns === first.netns && event === 'receive');
  const answer = heard.map((hop) => questionIn(hop)?.answer).find((mac) => mac !== undefined);
  // Those for whom a question is not say so each: no loss.
  const lost = hops.findLast(({ event, reason }) => event === 'drop' && reason !== 'other-host');
  return {
    ...{ netns: first.netns, device: first.device ?? '', protocol, target, hops },
    ...(answer !== undefined && { answer }),
    ...(answer === undefined && lost !== undefined && { lost }),
  };
}

function questionIn(hop: Hop): Question | undefined {
  const layers = layersOf(dissect(bytesOf(hop), linkTypeOf(hop)));
  for (const layer of layers.toReversed()) {
    if (layer.protocol === 'arp') return arpQuestion(layer);
    if (layer.protocol === 'icmpv6') return ndQuestion(layer, layers);
  }
  return undefined;
}

const field = (layer: DissectedLayer, name: string) =>
  layer.fields.find((one) => one.name === name)?.value as string | undefined;

const ARP_REPLY = 2;

function arpQuestion(layer: DissectedLayer): Question | undefined {
  const isReply = layer.fields.some(({ name, value }) => name === 'operation' && value === ARP_REPLY);
  const target = field(layer, isReply ? 'sender IP' : 'target IP');
  if (target === undefined) return undefined;
  const answer = isReply ? field(layer, 'sender MAC') : undefined;
  return { protocol: 'ARP', target, ...(answer !== undefined && { answer }) };
}

const ADVERTISEMENT = 136;

function ndQuestion(layer: DissectedLayer, layers: readonly DissectedLayer[]): Question | undefined {
  const target = field(layer, 'target');
  if (target === undefined) return undefined;
  const isReply = layer.fields.some(({ name, value }) => name === 'type' && value === ADVERTISEMENT);
  const mac = field(layer, 'target link address') ?? field(layers[0]!, 'source');
  return { protocol: 'ND', target, ...(isReply && mac !== undefined && { answer: mac }) };
}
