/** The search box. What searches is a third of the script of the site's frame: it is fetched once a reader turns to the box. */

import { useLocation } from '@docusaurus/router';
import type SearchBarType from '@theme/SearchBar';
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { EmptyBox } from '../../search-box/empty-box';

type Bar = typeof SearchBarType;

/** In the address of a page that a search has found: its words are marked. */
const FOUND_BY = '_highlight';

/** Every page has a box of its own; what searches is fetched for the first alone. */
let loaded: Bar | undefined;

export default function SearchBar(): ReactNode {
  const { search } = useLocation();
  const holder = useRef<HTMLDivElement>(null);
  const begun = useRef({ text: '', isFocused: false });
  const [Bar, setBar] = useState(() => loaded);

  const load = useCallback(async () => {
    loaded ??= (await import(/* webpackChunkName: "search-bar" */ '@theme-original/SearchBar')).default;
    const input = holder.current?.querySelector('input');
    begun.current = { text: input?.value ?? '', isFocused: input === document.activeElement };
    setBar(() => loaded);
  }, []);

  useEffect(() => {
    if (new URLSearchParams(search).has(FOUND_BY)) void load();
  }, [search, load]);
  // The box that searches looks at its input when it is there: what was begun in the other goes on in it.
  useLayoutEffect(() => {
    const input = Bar && holder.current?.querySelector('input');
    if (!input) return;
    if (begun.current.text !== '') input.value = begun.current.text;
    if (begun.current.isFocused) input.focus();
  }, [Bar]);

  return <div ref={holder}>{Bar ? <Bar /> : <EmptyBox onTurn={load} />}</div>;
}
