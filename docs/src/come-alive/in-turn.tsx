/** A part of a page, of one element, that comes alive in its turn; until then it stands as it was sent. */

import { BrowserContextProvider } from '@docusaurus/core/lib/client/browserContext';
import { type ComponentType, type ReactNode, Suspense, useState } from 'react';
import { type Turn, takeTurn } from './turns';

interface InTurnProps {
  readonly children: ReactNode;
}

export function InTurn({ children }: InTurnProps): ReactNode {
  const [turn] = useState(takeTurn);
  if (turn === undefined) return children;
  return (
    <Suspense fallback={null}>
      <Until turn={turn}>{children}</Until>
    </Suspense>
  );
}

/** A component that is such a part wherever it is drawn. */
export function inTurn<Props extends object>(Part: ComponentType<Props>): ComponentType<Props> {
  return function PartInTurn(props) {
    return (
      <InTurn>
        <Part {...props} />
      </InTurn>
    );
  };
}

function Until({ turn, children }: InTurnProps & { readonly turn: Turn }): ReactNode {
  if (!turn.hasCome) throw turn.coming;
  // The rest of the page may be alive by now, and look it; a part has first to be what was sent.
  return <BrowserContextProvider>{children}</BrowserContextProvider>;
}
