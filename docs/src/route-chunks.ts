/** Which chunks the page of a path needs, by what Docusaurus writes down of its routes. */

import type { ChunkNames, RouteChunkNames } from '@docusaurus/types';

const namesIn = (names: string | ChunkNames | ChunkNames[]): string[] =>
  typeof names === 'string' ? [names] : Object.values(names).flatMap(namesIn);

export class RouteChunks {
  readonly #byPath = new Map<string, string[]>();

  /** Routes are named by their path and a hash; of those that have the same path one is drawn in another. */
  constructor(routes: RouteChunkNames) {
    for (const [route, names] of Object.entries(routes)) {
      const path = route.slice(0, route.lastIndexOf('-'));
      this.#byPath.set(path, [...(this.#byPath.get(path) ?? []), ...namesIn(names)]);
    }
  }

  /** Their names; none for a path without a page. What there is for the paths above it is drawn around a page. */
  of(path: string): string[] {
    const own = this.#byPath.get(path);
    if (own === undefined) return [];
    const above = [...path.matchAll(/\//g)].flatMap(
      ({ index }) => this.#byPath.get(path.slice(0, index)) ?? [],
    );
    return [...above, ...own];
  }
}
