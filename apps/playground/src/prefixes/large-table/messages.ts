/** What the page and its worker say to each other. */
import type { TableShape } from '@podlan/dataplane';
import type { IpAddress } from '@podlan/wire';
import type { Look } from '../table-look';
import type { LookupRates } from './lookup-rates';
import type { GeneratorSettings } from './prefix-generator';

export type Request =
  | { readonly do: 'load'; readonly settings: GeneratorSettings }
  | { readonly do: 'look'; readonly id: number; readonly address: IpAddress }
  | { readonly do: 'measure' };

export interface Loaded {
  readonly settings: GeneratorSettings;
  readonly milliseconds: number;
  readonly shape: TableShape;
  readonly samples: readonly IpAddress[];
}

export type News =
  | { readonly says: 'progress'; readonly placed: number }
  | { readonly says: 'loaded'; readonly loaded: Loaded }
  | { readonly says: 'look'; readonly id: number; readonly look: Look }
  | { readonly says: 'round'; readonly round: number }
  | { readonly says: 'measured'; readonly rates: LookupRates }
  | { readonly says: 'failed'; readonly message: string };
