/** The frame workbench, on a page of its own. */

import { translate } from '@docusaurus/Translate';
import type { ReactNode } from 'react';
import { AppPage } from '../app-page';
import { browserApp } from '../browser-app';

const Workbench = browserApp(() => import('@podlan/playground/workbench'));

export default function WorkbenchPage(): ReactNode {
  const title = translate({ id: 'workbench.title', message: 'Frame workbench' });
  const description = translate({
    id: 'workbench.description',
    message: 'Build a frame, paste one or open a capture; see every byte, edit fields, encapsulate and save',
  });
  return (
    <AppPage title={title} description={description}>
      <Workbench />
    </AppPage>
  );
}
