/**
 * A part of the site that runs in the browser, as {@link browserApp}, and of which the page already has a picture: what it
 * shows first, drawn when the site was built. The program takes the picture's place when it has drawn the same.
 */

import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import useIsBrowser from '@docusaurus/useIsBrowser';
import { type ComponentType, lazy, type ReactNode, Suspense, useState } from 'react';
import { Waiting } from './browser-app';
import styles from './pictured-app.module.css';

interface InLanguage {
  readonly language: 'en' | 'zh-Hans';
}

interface Parts {
  load(): Promise<{ default: ComponentType<InLanguage & { onOpen(): void }> }>;
  /** Asked for while the site is built alone. */
  picture(): Promise<ComponentType<InLanguage>>;
}

const isServer = typeof window === 'undefined';

export function picturedApp({ load, picture }: Parts): () => ReactNode {
  // Asked for before the page comes alive, so that it is on its way meanwhile.
  const loading = isServer ? undefined : load();
  loading?.catch(() => {}); // Whoever draws it is told.
  const Loaded = lazy(() => loading ?? load());
  const Picture = lazy(async () => ({ default: await picture() }));
  return function PicturedApp(): ReactNode {
    const isBrowser = useIsBrowser();
    const { currentLocale } = useDocusaurusContext().i18n;
    const language = currentLocale === 'en' ? 'en' : 'zh-Hans';
    // A page that is come to by a link of another has no picture.
    const [isPictured] = useState(!isBrowser);
    const [isOpen, setOpen] = useState(false);
    // A link to a state shows something else than the picture.
    const fits = isPictured && !(isBrowser && location.hash !== '');
    return (
      <>
        {!isOpen && (
          <div className={fits ? styles.waiting : undefined}>
            <Waiting />
          </div>
        )}
        {!isOpen &&
          fits &&
          (isServer ? (
            <Drawn>
              <Picture {...{ language }} />
            </Drawn>
          ) : (
            <Kept />
          ))}
        {isBrowser && (
          <Suspense fallback={null}>
            <Loaded {...{ language }} onOpen={() => setOpen(true)} />
          </Suspense>
        )}
      </>
    );
  };
}

/** A picture is nothing to press. */
const Drawn = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <div inert data-picture>
    {children}
  </div>
);

/** The same in the browser: whatever the page came with stays in it. */
const Kept = (): ReactNode => (
  // biome-ignore lint/security/noDangerouslySetInnerHtml: nothing is set
  <div inert data-picture suppressHydrationWarning dangerouslySetInnerHTML={{ __html: '' }} />
);
