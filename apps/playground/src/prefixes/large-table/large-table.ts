/** A generated table's life on a page: nothing, loading, loaded, measured; cancelled or failed at any time. */
import { useEffect, useRef, useState } from 'react';
import type { LookSource } from '../table-look';
import type { LookupRates } from './lookup-rates';
import type { Loaded, News } from './messages';
import type { GeneratorSettings } from './prefix-generator';
import { TableClient } from './table-client';

export type LargeTableState =
  | { readonly is: 'nothing'; readonly cancelled: boolean }
  | { readonly is: 'loading'; readonly settings: GeneratorSettings; readonly placed: number }
  | {
      readonly is: 'loaded';
      readonly loaded: Loaded;
      readonly source: LookSource;
      /** The round that is being measured, from 0; before the first one, -1. */
      readonly round: number | undefined;
      readonly rates: LookupRates | undefined;
    }
  | { readonly is: 'failed'; readonly message: string };

export interface LargeTable {
  readonly state: LargeTableState;
  load(settings: GeneratorSettings): void;
  cancel(): void;
  measure(): void;
}

export function useLargeTable(): LargeTable {
  const [state, setState] = useState<LargeTableState>({ is: 'nothing', cancelled: false });
  const client = useRef<TableClient>(undefined);
  const close = () => {
    client.current?.close();
    client.current = undefined;
  };
  useEffect(() => () => client.current?.close(), []);
  const load = (settings: GeneratorSettings) => {
    close();
    setState({ is: 'loading', settings, placed: 0 });
    const opened = new TableClient(settings, (news) => {
      // What was under way when it was closed is nobody's news.
      if (client.current === opened) setState((before) => after(before, news, opened));
    });
    client.current = opened;
  };
  const cancel = () => {
    close();
    setState({ is: 'nothing', cancelled: true });
  };
  const measure = () => {
    client.current?.measure();
    setState((before) => (before.is === 'loaded' ? { ...before, round: -1 } : before));
  };
  return { state, load, cancel, measure };
}

function after(before: LargeTableState, news: News, source: LookSource): LargeTableState {
  if (news.says === 'failed') return { is: 'failed', message: news.message };
  if (news.says === 'loaded') {
    return { is: 'loaded', loaded: news.loaded, source, round: undefined, rates: undefined };
  }
  if (before.is === 'loading' && news.says === 'progress') return { ...before, placed: news.placed };
  if (before.is === 'loaded' && news.says === 'round') return { ...before, round: news.round };
  if (before.is === 'loaded' && news.says === 'measured')
    return { ...before, round: undefined, rates: news.rates };
  return before;
}
