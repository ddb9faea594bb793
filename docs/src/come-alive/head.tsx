/**
 * What a component writes in the page's head, in place of Docusaurus's own. The head that was sent is right, and is taken over
 * in one go when all of the page is alive: earlier, what the parts that wait have written would be missing, and be taken out.
 * The heads are drawn by their depth then, so that of two that write the same the deeper one has its way.
 */

import DocusaurusHead from '@docusaurus/core/lib/client/exports/Head';
import type { Props } from '@docusaurus/Head';
import type { ReactNode } from 'react';
import { useAlive } from './turns';

export default function Head(props: Props): ReactNode {
  return useAlive() && <DocusaurusHead {...props} />;
}
