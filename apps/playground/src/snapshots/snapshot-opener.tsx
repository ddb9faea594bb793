/** Where snapshots come in: files that are dropped or chosen, or the lab's. */
import { type DragEvent, type ReactNode, useState } from 'react';
import { useText } from '../language';
import { type LabState, labSnapshots } from './lab-snapshots';
import type { SnapshotFile } from './snapshot-scene';
import styles from './snapshots.module.css';
import { text } from './text';

interface SnapshotOpenerProps {
  /** Rejects with an error that says what is wrong with them. */
  readonly onOpen: (files: readonly SnapshotFile[]) => Promise<void>;
}

export function SnapshotOpener({ onOpen }: SnapshotOpenerProps): ReactNode {
  const words = useText(text);
  const [failed, setFailed] = useState<string>();
  const [isOver, setOver] = useState(false);
  const open = async (files: Promise<SnapshotFile[]>) => {
    try {
      await onOpen(await files);
    } catch (error) {
      setFailed((error as Error).message);
    }
  };
  const lab = (state: LabState) => void open(labSnapshots(state));
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void open(read(event.dataTransfer.files));
  };
  return (
    <section
      className={[styles.opener, isOver && styles.over].filter(Boolean).join(' ')}
      aria-label={words.title}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <p>
        {words.how} <code>podlan snapshot</code>
        <br />
        <span className={styles.quiet}>{words.privacy}</span>
      </p>
      <div className={styles.ways}>
        <label className={styles.choose}>
          {words.choose}
          <input
            type="file"
            accept=".json,application/json"
            multiple
            onChange={({ target }) => target.files && void open(read(target.files))}
          />
        </label>
        <span className={styles.quiet}>{words.drop}</span>
        <button type="button" onClick={() => lab('sound')}>
          {words.sound}
        </button>
        <button type="button" onClick={() => lab('sick')}>
          {words.sick}
        </button>
      </div>
      <p role="alert" className={styles.bad}>
        {failed}
      </p>
    </section>
  );
}

/** What is not simulated as it was, where there is such. */
export function SnapshotNotes({ notes }: { readonly notes: readonly string[] }): ReactNode {
  const words = useText(text);
  if (notes.length === 0) return null;
  return (
    <details className={styles.notes}>
      <summary>
        {words.notes} ({notes.length})
      </summary>
      <ul>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </details>
  );
}

const read = (files: FileList): Promise<SnapshotFile[]> =>
  Promise.all([...files].map(async (file) => ({ name: file.name, text: await file.text() })));
