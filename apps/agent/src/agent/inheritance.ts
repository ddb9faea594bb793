/** What a predecessor left open for us: for each device its TAP and its socket, taken at most once. */
import { closeSync } from 'node:fs';

/** File descriptors of a forwarder's two sides, and of an eventfd that is woken when it has ended. */
export interface Edges {
  readonly device: number;
  readonly socket: number;
  readonly ended: number;
}

export class Inheritance {
  readonly #edges: Map<string, Edges>;

  constructor(edges: Readonly<Record<string, Edges>>) {
    this.#edges = new Map(Object.entries(edges));
  }

  /**
   * The taker closes them. A device that was not handed on means another configuration than the predecessor's, whose
   * ports must not be kept then.
   */
  take(dev: string): Edges | undefined {
    const edges = this.#edges.get(dev);
    if (edges === undefined) this.close();
    this.#edges.delete(dev);
    return edges;
  }

  /** Closes what nobody took. */
  close(): void {
    for (const edges of this.#edges.values()) for (const fd of fdsOf(edges)) closeSync(fd);
    this.#edges.clear();
  }
}

/** In the order that they are handed on in. */
export const fdsOf = ({ device, socket, ended }: Edges): number[] => [device, socket, ended];

export const FDS_OF_EDGES = 3;

export const edgesOf = ([device, socket, ended]: readonly number[]): Edges => ({
  device: device!,
  socket: socket!,
  ended: ended!,
});
