/** The three ways by which frames come onto the bench. */
import { type ReactNode, useState } from 'react';
import { useText } from '../language';
import { type BenchPacket, guessLinkType, newPacket } from './bench-packets';
import { BuildForm } from './build-form';
import { CaptureOpener } from './capture-opener';
import { parseHex } from './parse-hex';
import { Problem } from './problem';
import { text } from './text';
import styles from './workbench.module.css';

const WAYS = ['build', 'paste', 'open'] as const;

interface PacketSourcesProps {
  readonly onAdd: (packets: readonly BenchPacket[]) => void;
  readonly onOpen: (packets: readonly BenchPacket[]) => void;
}

export function PacketSources({ onAdd, onOpen }: PacketSourcesProps): ReactNode {
  const words = useText(text);
  const [way, setWay] = useState<(typeof WAYS)[number]>('build');
  return (
    <section className={styles.sources} aria-label={words.ways}>
      <fieldset className={styles.ways}>
        <legend className={styles.hidden}>{words.ways}</legend>
        {WAYS.map((one) => (
          <button key={one} type="button" aria-pressed={one === way} onClick={() => setWay(one)}>
            {words[one]}
          </button>
        ))}
      </fieldset>
      {way === 'build' && <BuildForm onAdd={onAdd} />}
      {way === 'paste' && <HexForm onAdd={onAdd} />}
      {way === 'open' && <CaptureOpener onOpen={onOpen} />}
    </section>
  );
}

function HexForm({ onAdd }: Pick<PacketSourcesProps, 'onAdd'>): ReactNode {
  const words = useText(text);
  const [problem, setProblem] = useState<string>();
  const add = (data: FormData) => {
    try {
      const frames = parseHex(`${data.get('hex')}`);
      onAdd(frames.map((bytes) => newPacket(bytes, guessLinkType(bytes), Date.now())));
      setProblem(undefined);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <form
      className={styles.hexForm}
      onSubmit={(event) => {
        event.preventDefault();
        add(new FormData(event.currentTarget));
      }}
    >
      <label>
        {words.hex}
        <textarea name="hex" rows={6} spellCheck={false} placeholder="0x0000:  0200 c0a8 4d0b 0200 …" />
      </label>
      <p className={styles.quiet}>{words.hexHow}</p>
      <button type="submit">{words.add}</button>
      <Problem problem={problem} />
    </form>
  );
}
