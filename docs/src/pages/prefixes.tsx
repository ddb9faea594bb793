/** The prefix table explorer, on a page of its own. */

import { translate } from '@docusaurus/Translate';
import Heading from '@theme/Heading';
import Layout from '@theme/Layout';
import type { ReactNode } from 'react';
import { browserApp } from '../browser-app';
import styles from './app.module.css';

const PrefixExplorer = browserApp(() => import('@podlan/playground/prefix-explorer'));

export default function PrefixesPage(): ReactNode {
  const title = translate({ id: 'prefixes.title', message: 'Prefix table explorer' });
  const description = translate({
    id: 'prefixes.description',
    message:
      'Type prefixes, look an address up, see which bytes a longest-prefix match reads, and measure it in your own browser',
  });
  return (
    <Layout title={title} description={description} noFooter>
      <main className={styles.app}>
        <Heading as="h1" className={styles.title}>
          {title}
        </Heading>
        <PrefixExplorer />
      </main>
    </Layout>
  );
}
