/** A page that is a program: as wide as the window, without a footer. */

import Heading from '@theme/Heading';
import Layout from '@theme/Layout';
import type { ReactNode } from 'react';
import styles from './app-page.module.css';
import { InTurn } from './come-alive/in-turn';

interface AppPageProps {
  title: string;
  description: string;
  children: ReactNode;
}

export function AppPage({ title, description, children }: AppPageProps): ReactNode {
  return (
    <Layout title={title} description={description} noFooter>
      <InTurn>
        <main className={styles.app}>
          <Heading as="h1" className={styles.title}>
            {title}
          </Heading>
          {children}
        </main>
      </InTurn>
    </Layout>
  );
}
