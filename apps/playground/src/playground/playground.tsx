/** The playground: a simulated cluster to change, to break and to send packets through. */
import { type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { type Language, LanguageProvider, useText } from '../language';
import { scenarioOf } from '../scenarios';
import { FIRST_STATE } from '../state/playground-state';
import { stateOfLink } from '../state/share-link';
import { PlaygroundStore } from './playground-store';
import { text } from './text';
import { Workbench } from './workbench';

export default function Playground({ language }: { readonly language: Language }): ReactNode {
  return (
    <LanguageProvider value={language}>
      <Opened />
    </LanguageProvider>
  );
}

function Opened(): ReactNode {
  const words = useText(text);
  const [store] = useState(() => new PlaygroundStore());
  const shown = useSyncExternalStore(store.subscribe, store.get);
  useEffect(() => openLink(store, words.badLink), [store, words]);
  if (shown === undefined) return <p role="status">{words.starting}</p>;
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
  void open();
  const again = () => void open();
  addEventListener('hashchange', again);
  return () => {
    removeEventListener('hashchange', again);
    void store.close();
  };
}
