/** Looks as the box that searches does, and tells when a reader turns to it: by mouse, finger, Tab or Ctrl or Cmd + K. */

import { translate } from '@docusaurus/Translate';
import { type ReactNode, useEffect, useRef } from 'react';
import styles from './empty-box.module.css';

const MAGNIFIER =
  'M6.02945 10.20327a4.17382 4.17382 0 1 1 4.17382-4.17382 4.15609 4.15609 0 0 1-4.17382 4.17382Zm9.69195 4.2199-4.8225-4.82338A5.88021 5.88021 0 0 0 12.058 6.02856 6.00467 6.00467 0 1 0 9.59979 10.8989l4.82338 4.82338a.89729.89729 0 0 0 1.29912 0 .89749.89749 0 0 0-.00087-1.29909Z';

const isSearchKey = ({ key, ctrlKey, metaKey }: KeyboardEvent): boolean =>
  key === 'k' && (/Mac|iP/.test(navigator.platform) ? metaKey : ctrlKey);

interface EmptyBoxProps {
  onTurn(): void;
}

export function EmptyBox({ onTurn }: EmptyBoxProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);

  useEffect(() => {
    // Before the page's scripts were there.
    if (input.current === document.activeElement) onTurn();
    const focus = (event: KeyboardEvent) => {
      if (!isSearchKey(event)) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', focus);
    return () => document.removeEventListener('keydown', focus);
  }, [onTurn]);

  return (
    <div className={`navbar__search ${styles.searchBarContainer}`} dir="ltr">
      <svg aria-hidden="true" className={styles.searchIcon} focusable="false" viewBox="0 0 16 16">
        <path fill="currentColor" d={MAGNIFIER} />
      </svg>
      <input
        ref={input}
        className={`navbar__search-input ${styles.searchInput}`}
        placeholder={translate({ id: 'theme.SearchBar.label', message: 'Search' })}
        aria-label="Search"
        onMouseEnter={onTurn}
        onTouchStart={onTurn}
        onFocus={onTurn}
      />
    </div>
  );
}
