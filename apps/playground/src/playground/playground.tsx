/** The playground: a simulated cluster to change, to break and to send packets through. */
import { Fragment, type ReactNode, useEffect, useState, useSyncExternalStore } from 'react';
import { type Language, LanguageProvider, useText } from '../language';
import { RemoteSimulation } from '../simulation/remote-simulation';
import type { SceneView } from '../simulation/simulation';
import { followLinks } from './follow-links';
import { type Part, PartContext } from './part';
import styles from './playground.module.css';
import { PlaygroundStore } from './playground-store';
import { text } from './text';
import { Workbench } from './workbench';

export type { SceneView } from '../simulation/simulation';

interface PlaygroundProps {
  readonly language: Language;
  /** How the first state looks; there is nothing to wait for where it is known. */
  readonly first?: SceneView;
  /** What each part is drawn in, an element each. */
  readonly part?: Part;
}

export default function Playground({ language, first, part = Fragment }: PlaygroundProps): ReactNode {
  return (
    <LanguageProvider value={language}>
      <PartContext.Provider value={part}>
        <Opened {...{ first }} />
      </PartContext.Provider>
    </LanguageProvider>
  );
}

function Opened({ first }: Pick<PlaygroundProps, 'first'>): ReactNode {
  const words = useText(text);
  const [store] = useState(() => new PlaygroundStore(new RemoteSimulation(), first));
  const [failed, setFailed] = useState<string>();
  const shown = useSyncExternalStore(store.subscribe, store.get, store.get);
  useEffect(() => followLinks(store, words.badLink, setFailed), [store, words]);
  if (shown !== undefined) return <Workbench {...{ store, shown }} />;
  if (failed === undefined) return <p role="status">{words.starting}</p>;
  return (
    <p role="alert" className={styles.failed}>
      {words.failed(failed)}
    </p>
  );
}
