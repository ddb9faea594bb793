/** The list of pages beside a page. */

import type { Props } from '@theme/DocRoot/Layout/Sidebar';
import Sidebar from '@theme-original/DocRoot/Layout/Sidebar';
import type { ReactNode } from 'react';
import { InTurn } from '../../../../come-alive/in-turn';

export default function SidebarInTurn(props: Props): ReactNode {
  return (
    <InTurn>
      <Sidebar {...props} />
    </InTurn>
  );
}
