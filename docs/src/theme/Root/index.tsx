/**
 * All that a page draws, in a turn of its own: the router and the contexts around it come alive before. Its element is there
 * to come alive in, and is no box.
 */

import type { ReactNode } from 'react';
import { InTurn } from '../../come-alive/in-turn';

export default function Root({ children }: { readonly children: ReactNode }): ReactNode {
  return (
    <InTurn>
      <div style={{ display: 'contents' }}>{children}</div>
    </InTurn>
  );
}
