/** Rules of a namespace. */
import type { Chain } from '@podlan/linux/model';
import type { Random } from '../random.js';
import type { Hook, Passage, Traversal } from './passage.js';

export class Netfilter {
  readonly #chains = new Map<string, Chain>();

  constructor(_options: { readonly random: Random; readonly nowMs: () => number }) {}

  get isEmpty(): boolean {
    return true;
  }

  load(_ruleset: unknown): void {}

  setChain(row: Chain): void {
    this.#chains.set(row.name, row);
  }

  deleteChain(name: string): void {
    this.#chains.delete(name);
  }

  chains(): Chain[] {
    return [...this.#chains.values()];
  }

  pass(_hook: Hook, { packet, mark }: Traversal): Passage {
    return { verdict: 'accept', packet, mark, matches: [], notUnderstood: [] };
  }
}
