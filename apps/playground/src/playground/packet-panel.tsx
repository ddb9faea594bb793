/** The packet: which one is to be sent, and the way of the last. */
import { type ReactNode, Suspense } from 'react';
import { PacketForm } from '../controls/packet-form';
import { useText } from '../language';
import { WalkPlayer } from './later';
import styles from './playground.module.css';
import { text } from './text';
import type { WorkbenchProps } from './workbench';

export function PacketPanel({ store, shown }: WorkbenchProps): ReactNode {
  const words = useText(text);
  const { scene, walk, isWalkOld, step, isBusy } = shown;
  return (
    <div className={styles.packet}>
      <PacketForm
        places={scene.places}
        isBusy={isBusy}
        packet={walk?.packet}
        onSend={(packet) => void store.send(packet)}
      />
      {walk === undefined && <p className={styles.quiet}>{words.start}</p>}
      {walk !== undefined && isWalkOld && (
        <p className={styles.old}>
          {words.old}{' '}
          <button type="button" onClick={() => void store.send(walk.packet)}>
            {words.again}
          </button>
        </p>
      )}
      {walk !== undefined && (
        <Suspense fallback={null}>
          <WalkPlayer {...{ walk, step }} onStep={(to) => store.stepTo(to)} />
        </Suspense>
      )}
    </div>
  );
}
