/** A part of the site that runs in the reader's browser alone, and is fetched when its page is opened. */

import Translate from '@docusaurus/Translate';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import useIsBrowser from '@docusaurus/useIsBrowser';
import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';

type App = ComponentType<{ language: 'en' | 'zh-Hans' }>;

/** A component of what `load` fetches; until it is there, and where scripts don't run, a line says so. */
export function browserApp(load: () => Promise<{ default: App }>): () => ReactNode {
  const Loaded = lazy(load);
  return function BrowserApp(): ReactNode {
    const isBrowser = useIsBrowser();
    const { currentLocale } = useDocusaurusContext().i18n;
    if (!isBrowser) return <Waiting />;
    return (
      <Suspense fallback={<Waiting />}>
        <Loaded language={currentLocale === 'en' ? 'en' : 'zh-Hans'} />
      </Suspense>
    );
  };
}

function Waiting(): ReactNode {
  return (
    <>
      <p role="status">
        <Translate id="app.loading">Loading …</Translate>
      </p>
      <noscript>
        <Translate id="app.noscript">
          This page runs a simulation in your browser, and needs JavaScript for it.
        </Translate>
      </noscript>
    </>
  );
}
