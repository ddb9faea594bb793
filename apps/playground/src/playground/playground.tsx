/** The playground: a simulated cluster to change, to break and to send packets through. */
import { type ReactNode, useEffect, useState } from 'react';
import { type Language, LanguageProvider, useText } from '../language';
import { ClusterScene } from '../scene/cluster-scene';
import { viewOf } from '../scene/scene-view';
import { FIRST_STATE } from '../state/playground-state';
import { text } from './text';

export default function Playground({ language }: { readonly language: Language }): ReactNode {
  return (
    <LanguageProvider value={language}>
      <Cluster />
    </LanguageProvider>
  );
}

function Cluster(): ReactNode {
  const { starting, joinHost } = useText(text);
  const [scene, setScene] = useState<ClusterScene>();
  const [, setChanges] = useState(0);
  useEffect(() => void ClusterScene.open(FIRST_STATE).then(setScene), []);
  if (scene === undefined) return <p role="status">{starting}</p>;
  const join = async () => {
    await scene.act({ do: 'join' });
    setChanges((count) => count + 1);
  };
  return (
    <section>
      <button type="button" onClick={join}>
        {joinHost}
      </button>
      {viewOf(scene).map(({ name, rows }) => (
        <article key={name}>
          <h2>{name}</h2>
          <pre>{rows.map((row) => `${row.table}: ${row.text}`).join('\n')}</pre>
        </article>
      ))}
    </section>
  );
}
