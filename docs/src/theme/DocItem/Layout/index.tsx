/** The text of a page, with what stands around it. */

import type { Props } from '@theme/DocItem/Layout';
import Layout from '@theme-original/DocItem/Layout';
import type { ReactNode } from 'react';
import { InTurn } from '../../../come-alive/in-turn';

export default function LayoutInTurn(props: Props): ReactNode {
  return (
    <InTurn>
      <Layout {...props} />
    </InTurn>
  );
}
