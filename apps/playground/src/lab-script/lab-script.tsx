/** A lab's commands at work in the page: what each prints, and the way of the packet that is traced last. */
import { type ReactNode, useEffect, useState } from 'react';
import { type Language, LanguageProvider, useText } from '../language';
import type { Walk } from '../scene/scene';
import { RemoteSimulation } from '../simulation/remote-simulation';
import { type SceneView, stateOf } from '../simulation/simulation';
import { linkOf } from '../state/share-link';
import { WalkPlayer } from '../walk/walk-player';
import styles from './lab-script.module.css';
import { parseLabScript } from './parse-lab-script';
import { text } from './text';

export interface LabScriptProps {
  readonly language: Language;
  /** As it stands in the page. */
  readonly code: string;
  /** Where the playground is; a link to it takes the cluster along. */
  readonly playground: string;
}

interface Said {
  readonly line: string;
  readonly output: readonly string[];
  readonly isError?: boolean;
}

interface Played {
  readonly said: readonly Said[];
  readonly walk?: Walk;
  readonly link: string;
}

export default function LabScript({ language, code, playground }: LabScriptProps): ReactNode {
  return (
    <LanguageProvider value={language}>
      <Playing code={code} playground={playground} />
    </LanguageProvider>
  );
}

function Playing({ code, playground }: Omit<LabScriptProps, 'language'>): ReactNode {
  const words = useText(text);
  const [played, setPlayed] = useState<Played>();
  const [step, setStep] = useState(0);
  useEffect(() => {
    let isWanted = true;
    void play(code, words.ready).then((result) => isWanted && setPlayed(result));
    return () => {
      isWanted = false;
    };
  }, [code, words]);
  if (played === undefined) return <p role="status">{words.running}</p>;
  const { said, walk, link } = played;
  return (
    <div className={styles.script}>
      <section className={styles.terminal} aria-label={words.said} data-said>
        {said.map(({ line, output, isError }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines may be the same, and none comes or goes
          <div key={i}>
            <pre className={styles.line}>{line}</pre>
            {output.length > 0 && (
              <pre className={isError ? styles.bad : undefined} data-failed={isError}>
                {output.join('\n')}
              </pre>
            )}
          </div>
        ))}
      </section>
      {walk && <WalkPlayer walk={walk} step={step} onStep={setStep} />}
      {link !== '' && <a href={`${playground}#${link}`}>{words.open}</a>}
    </div>
  );
}

/** Ends at the first line that fails. */
async function play(code: string, ready: (hosts: number, pods: number) => string): Promise<Played> {
  const said: Said[] = [];
  const simulation = new RemoteSimulation();
  let scene: SceneView | undefined;
  let walk: Walk | undefined;
  let line = code.split('\n')[0] ?? '';
  try {
    const { cluster, steps } = parseLabScript(code);
    scene = (await simulation.open({ cluster, actions: [] })).view;
    for (const step of steps) {
      line = step.line;
      const output: string[] = [];
      for (const action of step.actions) {
        const acted = await simulation.act(action);
        output.push(...(acted.output ?? []));
        walk = acted.walk ?? walk;
        scene = acted.view;
      }
      const isUp = step === steps[0];
      said.push({ line, output: isUp ? [ready(count(scene, 'host'), count(scene, 'pod'))] : output });
    }
  } catch (error) {
    said.push({ line, output: [(error as Error).message], isError: true });
  }
  await simulation.close();
  const state = scene && stateOf(scene);
  const link = state === undefined ? '' : await linkOf(state);
  return { said, link, ...(walk && { walk }) };
}

const count = ({ places }: SceneView, what: 'host' | 'pod'): number =>
  places.filter(({ kind }) => kind === what).length;
