/** The prefix table explorer, on a page of its own. */

import { translate } from '@docusaurus/Translate';
import type { ReactNode } from 'react';
import { AppPage } from '../app-page';
import { browserApp } from '../browser-app';

const PrefixExplorer = browserApp(() => import('@podlan/playground/prefix-explorer'));

export default function PrefixesPage(): ReactNode {
  const title = translate({ id: 'prefixes.title', message: 'Prefix table explorer' });
  const description = translate({
    id: 'prefixes.description',
    message:
      'Type prefixes, look an address up, see which bytes a longest-prefix match reads, and measure it in your own browser',
  });
  return (
    <AppPage title={title} description={description}>
      <PrefixExplorer />
    </AppPage>
  );
}
