/**
 * What a component writes in the page's head, in place of Docusaurus's own: the head that was sent is right, and is taken over
 * at once when all of the page is alive. Until then what the parts that wait have written would be missing, and be taken out.
 */

import DocusaurusHead from '@docusaurus/core/lib/client/exports/Head';
import type { Props } from '@docusaurus/Head';
import type { ReactNode } from 'react';
import { useAlive } from './turns';

export default function Head(props: Props): ReactNode {
  return useAlive() && <DocusaurusHead {...props} />;
}
