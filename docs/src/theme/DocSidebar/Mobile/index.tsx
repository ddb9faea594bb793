/** The list of pages in the menu of a phone. */

import type { Props } from '@theme/DocSidebar/Mobile';
import Mobile from '@theme-original/DocSidebar/Mobile';
import type { ReactNode } from 'react';
import { InTurn } from '../../../come-alive/in-turn';

export default function MobileInTurn(props: Props): ReactNode {
  return (
    <InTurn>
      <Mobile {...props} />
    </InTurn>
  );
}
