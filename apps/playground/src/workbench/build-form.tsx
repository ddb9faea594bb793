/** A frame from a form: what it is, from where, to where, and whether in a tunnel. */
import { type ReactNode, useState } from 'react';
import { useText } from '../language';
import { type BenchPacket, newPacket } from './bench-packets';
import { buildFrame, FIRST_FORM, FRAME_KINDS, type FrameForm, type FrameKind } from './build-frame';
import { Problem } from './problem';
import { text } from './text';
import styles from './workbench.module.css';

interface BuildFormProps {
  readonly onAdd: (packets: readonly BenchPacket[]) => void;
}

export function BuildForm({ onAdd }: BuildFormProps): ReactNode {
  const words = useText(text);
  const [form, setForm] = useState<FrameForm>(FIRST_FORM);
  const [problem, setProblem] = useState<string>();
  const change = (to: Partial<FrameForm>) => setForm({ ...form, ...to });
  const add = () => {
    try {
      onAdd([newPacket(buildFrame(form), 'ethernet', Date.now())]);
      setProblem(undefined);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <label>
        {words.kind}
        <select value={form.kind} onChange={({ target }) => change({ kind: target.value as FrameKind })}>
          {FRAME_KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {words.kinds[kind]}
            </option>
          ))}
        </select>
      </label>
      {(['source', 'destination'] as const).map((end) => (
        <label key={end}>
          {words[end]}
          <input
            value={form[end]}
            spellCheck={false}
            onChange={({ target }) => change({ [end]: target.value })}
          />
        </label>
      ))}
      <label className={styles.check}>
        <input
          type="checkbox"
          checked={form.isEncapsulated}
          onChange={({ target }) => change({ isEncapsulated: target.checked })}
        />
        {words.encapsulated}
      </label>
      <button type="submit">{words.add}</button>
      <Problem problem={problem} />
    </form>
  );
}
