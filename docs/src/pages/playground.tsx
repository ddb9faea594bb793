/** The playground, on a page of its own. */

import { translate } from '@docusaurus/Translate';
import type { ReactNode } from 'react';
import { AppPage } from '../app-page';
import { picturedApp } from '../pictured-app';

const Playground = picturedApp({
  load: () => import('@podlan/playground/playground'),
  picture: async () => (await import('@podlan/playground/first-picture')).firstPicture(),
});

export default function PlaygroundPage(): ReactNode {
  const title = translate({ id: 'playground.title', message: 'Playground' });
  const description = translate({
    id: 'playground.description',
    message:
      'A simulated cluster in the page: follow a packet hop by hop, change tables, break it and mend it',
  });
  return (
    <AppPage title={title} description={description}>
      <Playground />
    </AppPage>
  );
}
