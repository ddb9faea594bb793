/** Where capture files come in: dropped or chosen. */
import { type ReactNode, useState } from 'react';
import { useText } from '../language';
import { type BenchPacket, openCapture } from './bench-packets';
import { Problem } from './problem';
import { text } from './text';
import styles from './workbench.module.css';

interface CaptureOpenerProps {
  readonly onOpen: (packets: readonly BenchPacket[]) => void;
}

export function CaptureOpener({ onOpen }: CaptureOpenerProps): ReactNode {
  const words = useText(text);
  const [said, setSaid] = useState<{ readonly count: number; readonly problem?: string }>();
  const open = async (file: File | undefined) => {
    if (file === undefined) return;
    const { packets, ...more } = openCapture(new Uint8Array(await file.arrayBuffer()));
    setSaid({ count: packets.length, ...more });
    if (packets.length > 0) onOpen(packets);
  };
  return (
    <section
      className={styles.opener}
      aria-label={words.open}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void open(event.dataTransfer.files[0]);
      }}
    >
      <label className={styles.choose}>
        {words.choose}
        <input
          type="file"
          accept=".pcap,.pcapng,.cap"
          onChange={({ target }) => void open(target.files?.[0])}
        />
      </label>
      <span className={styles.quiet}>{words.drop}</span>
      <p role="status" className={styles.quiet}>
        {said && words.opened(said.count)}
      </p>
      <Problem problem={said?.problem} />
    </section>
  );
}
