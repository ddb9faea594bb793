/** The playground: a simulated cluster to change, to break and to send packets through. */
import { type ReactNode, useEffect, useLayoutEffect, useState, useSyncExternalStore } from 'react';
import { type Language, LanguageProvider, useText } from '../language';
import { scenarioOf } from '../scenarios';
import { FIRST_STATE } from '../state/playground-state';
import { stateOfLink } from '../state/share-link';
import { PlaygroundStore } from './playground-store';
import { text } from './text';
import { Workbench } from './workbench';

interface PlaygroundProps {
  readonly language: Language;
  /** When there is something to see, before it is seen. */
  readonly onOpen?: () => void;
}

export default function Playground({ language, onOpen }: PlaygroundProps): ReactNode {
  return (
    <LanguageProvider value={language}>
      <Opened {...{ onOpen }} />
    </LanguageProvider>
  );
}

function Opened({ onOpen }: Pick<PlaygroundProps, 'onOpen'>): ReactNode {
  const words = useText(text);
  const [store] = useState(() => new PlaygroundStore());
  const shown = useSyncExternalStore(store.subscribe, store.get);
  useEffect(() => openLink(store, words.badLink), [store, words]);
  const isOpen = shown !== undefined;
  useLayoutEffect(() => {
    if (isOpen) onOpen?.();
  }, [isOpen, onOpen]);
  if (shown === undefined) return onOpen ? null : <p role="status">{words.starting}</p>;
  return <Workbench {...{ store, shown }} />;
}

/** What the URL says, now and whenever it changes; the first state where it says nothing, or something wrong. */
function openLink(store: PlaygroundStore, badLink: (message: string) => string): () => void {
  const open = async () => {
    const link = location.hash.slice(1);
    try {
      const state = link === '' ? FIRST_STATE : await stateOfLink(link);
      await store.open(state, scenarioOf(state.scenario ?? '')?.actions.length);
    } catch (error) {
      await store.open(FIRST_STATE);
      store.say(badLink((error as Error).message));
    }
  };
  // The page is drawn first: what is to be simulated can be much.
  const first = setTimeout(open);
  const again = () => void open();
  addEventListener('hashchange', again);
  return () => {
    clearTimeout(first);
    removeEventListener('hashchange', again);
    void store.close();
  };
}
