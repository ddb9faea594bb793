/** A packet as its layers and as its bytes: a field marks its bytes, and a byte its field. */
import { type ByteChange, byteChanges } from '@podlan/simulator';
import type { DissectedField, LinkType } from '@podlan/wire';
import { type ReactNode, useMemo, useState } from 'react';
import { useText } from '../language';
import { FrameBytes } from './frame-bytes';
import { type FieldPlace, fieldAt, frameLayers } from './frame-layers';
import styles from './frame-view.module.css';
import { LayerList } from './layer-list';
import { text } from './text';

export interface FrameViewProps {
  readonly bytes: Uint8Array;
  readonly linkType: LinkType;
  /** The same packet before: what is other than there is marked. */
  readonly before?: Uint8Array | undefined;
  /** A field was clicked, or the return key pressed on it: where fields can be edited. */
  readonly onPick?: ((field: DissectedField) => void) | undefined;
}

export function FrameView({ bytes, linkType, before, onPick }: FrameViewProps): ReactNode {
  const words = useText(text);
  const layers = useMemo(() => frameLayers(bytes, linkType), [bytes, linkType]);
  const changes = useMemo(() => changesOf(bytes, before), [bytes, before]);
  const [chosen, setChosen] = useState<FieldPlace>();
  const field = chosen && layers[chosen.layer]?.fields[chosen.field];
  const removed = (before?.length ?? 0) - bytes.length;
  return (
    <div className={styles.room}>
      <div className={styles.frame}>
        <LayerList {...{ layers, changes, chosen, onPick }} onChoose={setChosen} />
        <div>
          <FrameBytes
            {...{ bytes, layers, changes, field }}
            onPoint={(at) => setChosen(fieldAt(layers, at))}
          />
          <p className={styles.legend}>
            {words.length(bytes.length)}
            {changes.includes('changed') && <span className={styles.changedSign}>{words.changed}</span>}
            {changes.includes('new') && <span className={styles.newSign}>{words.new}</span>}
            {removed > 0 && <span>{words.removed(removed)}</span>}
          </p>
        </div>
      </div>
    </div>
  );
}

function changesOf(bytes: Uint8Array, before: Uint8Array | undefined): readonly ByteChange[] {
  return before === undefined ? [] : byteChanges(before, bytes);
}
