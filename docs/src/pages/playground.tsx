/** The playground, on a page of its own. */

import { translate } from '@docusaurus/Translate';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import firstScene from '@generated/first-scene/default/scene.json';
import Playground from '@podlan/playground/playground';
import type { ReactNode } from 'react';
import { AppPage } from '../app-page';
import { NeedsScript } from '../browser-app';
import { InTurn } from '../come-alive/in-turn';

export default function PlaygroundPage(): ReactNode {
  const { currentLocale } = useDocusaurusContext().i18n;
  const title = translate({ id: 'playground.title', message: 'Playground' });
  const description = translate({
    id: 'playground.description',
    message:
      'A simulated cluster in the page: follow a packet hop by hop, change tables, break it and mend it',
  });
  return (
    <AppPage title={title} description={description}>
      <NeedsScript />
      <Playground language={currentLocale === 'en' ? 'en' : 'zh-Hans'} first={firstScene} part={InTurn} />
    </AppPage>
  );
}
