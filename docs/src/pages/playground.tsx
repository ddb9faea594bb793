/** The playground, on a page of its own. */

import { translate } from '@docusaurus/Translate';
import Heading from '@theme/Heading';
import Layout from '@theme/Layout';
import type { ReactNode } from 'react';
import { browserApp } from '../browser-app';
import styles from './app.module.css';

const Playground = browserApp(() => import('@podlan/playground/playground'));

export default function PlaygroundPage(): ReactNode {
  const title = translate({ id: 'playground.title', message: 'Playground' });
  const description = translate({
    id: 'playground.description',
    message:
      'A simulated cluster in the page: follow a packet hop by hop, change tables, break it and mend it',
  });
  return (
    <Layout title={title} description={description} noFooter>
      <main className={styles.app}>
        <Heading as="h1" className={styles.title}>
          {title}
        </Heading>
        <Playground />
      </main>
    </Layout>
  );
}
