/** What of a drawing a packet has passed so far. */
import type { Hop } from '@podlan/simulator';
import { deviceId, type Layout, programId, routingId, type Wire } from './layout';

export interface Way {
  /** Where the packet is now. */
  readonly at: string | undefined;
  /** Ids of everything that it passed. */
  readonly passed: ReadonlySet<string>;
  readonly wires: ReadonlySet<Wire>;
}

const NOWHERE: Way = { at: undefined, passed: new Set(), wires: new Set() };

/** Of the leg that the hop is part of: a reply's way does not hide in that of the request. */
export function wayTo(layout: Layout, hops: readonly Hop[], step: number): Way {
  const leg = hops[step]?.leg;
  if (leg === undefined) return NOWHERE;
  const ids = idsOf(layout);
  const stops = hops
    .slice(0, step + 1)
    .flatMap((hop, i) => (hop.leg === leg ? [stopOf(hop, hops[i - 1], ids)] : []));
  const passed = new Set<string>(stops);
  const wires = new Set<Wire>();
  for (const [i, to] of stops.entries()) {
    if (i === 0 || to === stops[i - 1]) continue;
    for (const { wire, id } of between(layout.wires, stops[i - 1]!, to)) {
      wires.add(wire);
      passed.add(id);
    }
  }
  return { at: stops.at(-1), passed, wires };
}

function idsOf({ places, links }: Layout): ReadonlySet<string> {
  const shapes = [...places.flatMap((place) => place.shapes), ...links];
  return new Set(shapes.map(({ id }) => id));
}

/** A program that carries packets stands for itself where it does something, the kernel's tables where nothing else does. */
function stopOf(hop: Hop, previous: Hop | undefined, ids: ReadonlySet<string>): string {
  const { netns, device, event } = hop;
  const program = programId(netns);
  if (ids.has(program) && isOfProgram(hop, previous)) return program;
  const id = deviceId(netns, device ?? '');
  const isDrawn = device !== undefined && event !== 'route' && ids.has(id);
  return isDrawn ? id : routingId(netns);
}

function isOfProgram({ event, netns, leg }: Hop, previous: Hop | undefined): boolean {
  if (event === 'send') return previous?.netns === netns && previous.leg === leg;
  return ['encapsulate', 'decapsulate', 'to-user', 'from-user'].includes(event);
}

interface Passage {
  readonly wire: Wire;
  /** Where it leads. */
  readonly id: string;
}

/** The shortest way over wires; none where they are not joined. */
function between(wires: readonly Wire[], from: string, to: string): readonly Passage[] {
  const ways = new Map<string, readonly Passage[]>([[from, []]]);
  for (const [at, way] of ways) {
    if (at === to) return way;
    for (const wire of wires) {
      const id = wire.from === at ? wire.to : wire.to === at ? wire.from : undefined;
      if (id !== undefined && !ways.has(id)) ways.set(id, [...way, { wire, id }]);
    }
  }
  return [];
}
