/** What a page and its worker say to each other: calls of a simulation, and what came of them. */
import type { Simulation } from './simulation';

export type Method = keyof Simulation;

export interface Call<M extends Method = Method> {
  readonly id: number;
  readonly method: M;
  readonly given: Parameters<Simulation[M]>;
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly failed: string };
