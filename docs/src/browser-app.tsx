/** A part of the site that runs in the reader's browser alone, and is fetched when its page is opened. */

import Translate from '@docusaurus/Translate';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import useIsBrowser from '@docusaurus/useIsBrowser';
import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';

interface InLanguage {
  language: 'en' | 'zh-Hans';
}

/** A component of what `load` fetches; until it is there, and where scripts don't run, a line says so. */
export function browserApp<Props extends object>(
  load: () => Promise<{ default: ComponentType<Props & InLanguage> }>,
): (props: Omit<Props, 'language'>) => ReactNode {
  const Loaded = lazy(load);
  return function BrowserApp(props): ReactNode {
    const isBrowser = useIsBrowser();
    const { currentLocale } = useDocusaurusContext().i18n;
    if (!isBrowser) return <Waiting />;
    return (
      <Suspense fallback={<Waiting />}>
        <Loaded {...(props as Props)} language={currentLocale === 'en' ? 'en' : 'zh-Hans'} />
      </Suspense>
    );
  };
}

/** A line that says that something is to come. */
function Waiting(): ReactNode {
  return (
    <>
      <p role="status">
        <Translate id="app.loading">Loading …</Translate>
      </p>
      <NeedsScript />
    </>
  );
}

/** Seen where scripts don't run. */
export const NeedsScript = (): ReactNode => (
  <noscript>
    <Translate id="app.noscript">
      This page runs a simulation in your browser, and needs JavaScript for it.
    </Translate>
  </noscript>
);
