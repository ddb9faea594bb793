/** A link that gives what is shown to somebody else. */
import { type ReactNode, useEffect, useState } from 'react';
import { useText } from '../language';
import type { PlaygroundState } from '../state/playground-state';
import styles from './controls.module.css';
import { text } from './text';

interface ShareButtonProps {
  readonly state: () => PlaygroundState | undefined;
  /** Whatever changes what the link would be. */
  readonly shown: unknown;
}

export function ShareButton({ state, shown }: ShareButtonProps): ReactNode {
  const words = useText(text);
  const [link, setLink] = useState<{ readonly url: string; readonly isCopied: boolean }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a link of what was shown before is none of this
  useEffect(() => setLink(undefined), [shown]);
  const share = async () => {
    const now = state();
    if (now === undefined) return;
    const { linkOf } = await import('../state/share-link');
    history.replaceState(history.state, '', `#${await linkOf(now)}`);
    const url = location.href;
    const isCopied = await copied(url);
    setLink({ url, isCopied });
  };
  return (
    <>
      <button type="button" onClick={() => void share()}>
        {words.share}
      </button>
      {link && (
        <span className={styles.shared}>
          <input
            readOnly
            aria-label={words.link}
            value={link.url}
            onFocus={({ target }) => target.select()}
          />
          <span role="status">{link.isCopied ? words.copied : words.notCopied}</span>
        </span>
      )}
    </>
  );
}

/** Browsers may refuse. */
const copied = (url: string): Promise<boolean> =>
  navigator.clipboard?.writeText(url).then(
    () => true,
    () => false,
  ) ?? Promise.resolve(false);
