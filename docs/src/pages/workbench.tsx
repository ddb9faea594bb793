/** The frame workbench, on a page of its own. */

import { translate } from '@docusaurus/Translate';
import Heading from '@theme/Heading';
import Layout from '@theme/Layout';
import type { ReactNode } from 'react';
import { browserApp } from '../browser-app';
import styles from './app.module.css';

const Workbench = browserApp(() => import('@podlan/playground/workbench'));

export default function WorkbenchPage(): ReactNode {
  const title = translate({ id: 'workbench.title', message: 'Frame workbench' });
  const description = translate({
    id: 'workbench.description',
    message: 'Build a frame, paste one or open a capture; see every byte, edit fields, encapsulate and save',
  });
  return (
    <Layout title={title} description={description} noFooter>
      <main className={styles.app}>
        <Heading as="h1" className={styles.title}>
          {title}
        </Heading>
        <Workbench />
      </main>
    </Layout>
  );
}
