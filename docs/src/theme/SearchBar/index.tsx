/** The search box. What searches is a third of the script of the site's frame: it is fetched once a reader turns to the box. */

import { useLocation } from '@docusaurus/router';
import type SearchBarType from '@theme/SearchBar';
import { type ReactNode, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useAlive } from '../../come-alive/turns';
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
  const settle = useRef(() => {});
  const [Bar, setBar] = useState(() => loaded);

  const load = useCallback(async () => {
    loaded ??= (await import(/* webpackChunkName: "search-bar" */ '@theme-original/SearchBar')).default;
    begun.current.isFocused = holder.current?.contains(document.activeElement) ?? false;
    setBar(() => loaded);
  }, []);

  // What is marked in the text of a page stays once no part of it waits.
  const isAlive = useAlive();
  useEffect(() => {
    if (isAlive && new URLSearchParams(search).has(FOUND_BY)) void load();
  }, [isAlive, search, load]);
  useLayoutEffect(() => {
    const input = Bar && holder.current?.querySelector('input');
    if (!input) return;
    write(input, begun.current.text);
    if (begun.current.isFocused) input.focus();
    // Until then it may be emptied, and the reader type on.
    const putBack = () => {
      if (input.value !== begun.current.text) write(input, begun.current.text);
    };
    input.addEventListener('beforeinput', putBack);
    settle.current = () => {
      input.removeEventListener('beforeinput', putBack);
      if (begun.current.text === '') return;
      putBack();
      input.dispatchEvent(new Event('input', { bubbles: true }));
    };
  }, [Bar]);
  // The box that searches empties its input in a timer of its own, before this one.
  useEffect(() => {
    if (Bar === undefined) return;
    const timer = setTimeout(() => settle.current());
    return () => clearTimeout(timer);
  }, [Bar]);

  return (
    <div
      ref={holder}
      onInput={({ target }) => {
        begun.current.text = (target as HTMLInputElement).value;
      }}
    >
      {Bar ? <Bar /> : <EmptyBox onTurn={load} />}
    </div>
  );
}

/** As if it were typed: a value that is set counts for known. */
const write = (input: HTMLInputElement, text: string): void =>
  input.setRangeText(text, 0, input.value.length, 'end');
