/** One hop: what happens, by which row of which table, and the packet as it is then. */
import { type Hop, packetAfter } from '@podlan/simulator';
import { type ReactNode, useMemo } from 'react';
import { FrameView } from '../frame/frame-view';
import { useLanguage, useText } from '../language';
import { dropMeaning } from './meanings';
import { text } from './text';
import styles from './walk.module.css';
import { bytesBefore } from './walk-steps';

interface HopDetailProps {
  readonly hops: readonly Hop[];
  readonly at: number;
}

export function HopDetail({ hops, at }: HopDetailProps): ReactNode {
  const words = useText(text);
  const language = useLanguage();
  const hop = hops[at]!;
  const { netns, device, event, reason, row, crossing, atMs } = hop;
  const { packet, before } = useMemo(
    () => ({ packet: packetAfter(hops[at]!), before: bytesBefore(hops, at) }),
    [hops, at],
  );
  return (
    <div className={styles.detail}>
      <div aria-live="polite">
        <h2>
          {device === undefined ? netns : `${netns} · ${device}`}
          <span className={styles.event}>{words.events[event]}</span>
          {crossing !== undefined && <span className={styles.crossing}>{words.crossing[crossing]}</span>}
        </h2>
        <p>
          {reason === undefined ? words.why[event] : `${words.why[event]} ${dropMeaning(reason, language)}`}
        </p>
        <p className={styles.said}>
          <code>{hop.text}</code>
          <small>{words.atTime((atMs - hops[0]!.atMs).toFixed(1))}</small>
        </p>
        {row !== undefined && (
          <p className={styles.decided}>
            <span>
              {words.row} {row.table}
            </span>
            <code>{row.text}</code>
          </p>
        )}
      </div>
      {packet.bytes.length > 0 && <FrameView {...packet} before={before} />}
    </div>
  );
}
