/** A trace as it is told: leg by leg, and each question for a MAC address at the place where its answer was waited for. */
import { type Exchange, exchangesOf } from './exchange.js';
import type { Hop, Leg } from './journey.js';

export type Step = { readonly hop: Hop } | { readonly exchange: Exchange };

/** All hops of one kind, in their order. */
export interface ToldLeg {
  readonly leg: Exclude<Leg, 'resolution'>;
  readonly steps: readonly Step[];
}

export const netnsOf = (step: Step): string => ('hop' in step ? step.hop.netns : step.exchange.netns);

/** Legs in the order in which they begin. */
export function legsOf(hops: readonly Hop[]): ToldLeg[] {
  const told = hops.filter(({ leg }) => leg !== 'resolution');
  const exchanges = exchangesOf(hops.filter(({ leg }) => leg === 'resolution'));
  const placed = exchanges.map((exchange) => ({ exchange, place: placeOf(exchange, hops, told) }));
  const asked = (at: number): Step[] =>
    placed.flatMap(({ exchange, place }) => (place === at ? [{ exchange }] : []));
  const steps = told.map((hop, i) => ({ leg: hop.leg, steps: [...asked(i), { hop }, ...asked(i + AFTER)] }));
  const legs = [...new Set(told.map(({ leg }) => leg))] as ToldLeg['leg'][];
  return legs.map((leg) => ({ leg, steps: steps.flatMap((one) => (one.leg === leg ? one.steps : [])) }));
}

/** Behind a hop, and before the next. */
const AFTER = 0.5;

/** Before the next hop of who asked; where nobody waits for the answer any more, behind its last one. */
function placeOf({ netns, hops: [first] }: Exchange, hops: readonly Hop[], told: readonly Hop[]): number {
  const began = hops.indexOf(first!);
  const next = hops.find((hop, i) => i > began && hop.leg !== 'resolution' && hop.netns === netns);
  if (next !== undefined) return told.indexOf(next);
  const last = told.findLastIndex((hop) => hop.netns === netns);
  return (last < 0 ? told.length - 1 : last) + AFTER;
}
