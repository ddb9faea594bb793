/** What is done to all that is shown. */
import type { ReactNode } from 'react';
import { ClusterActions } from '../controls/cluster-actions';
import { ShareButton } from '../controls/share-button';
import { text as controls } from '../controls/text';
import { useText } from '../language';
import { text as scenarioPanel } from '../scenario-panel/text';
import styles from './playground.module.css';
import { text } from './text';
import type { WorkbenchProps } from './workbench';

/** Something that opens below the toolbar. */
export type Drawer = 'new-cluster' | 'scenarios' | 'snapshots';

interface ToolbarProps extends WorkbenchProps {
  readonly drawer: Drawer | undefined;
  readonly onDrawer: (drawer: Drawer | undefined) => void;
}

export function Toolbar({ store, shown, drawer, onDrawer }: ToolbarProps): ReactNode {
  const words = useText(text);
  const { undo, undoHow, startOver, newCluster } = useText(controls);
  const { list: scenarios } = useText(scenarioPanel);
  const { scene, isBusy, given } = shown;
  const { shape } = scene;
  const canUndo = scene.actions.length > given;
  const drawers: [Drawer, string][] = [
    ['scenarios', scenarios],
    ['new-cluster', newCluster],
    ['snapshots', words.snapshots],
  ];
  return (
    <div className={styles.toolbar}>
      {shape && (
        <ClusterActions
          key={JSON.stringify(shape)}
          shape={shape}
          isBusy={isBusy}
          onAct={(action) => void store.act(action)}
        />
      )}
      <button
        type="button"
        title={undoHow}
        aria-disabled={!canUndo}
        onClick={() => canUndo && void store.undo()}
      >
        {undo}
      </button>
      <button type="button" onClick={() => void store.startOver()}>
        {startOver}
      </button>
      {shape ? (
        <ShareButton state={() => store.state} shown={scene} />
      ) : (
        <span className={styles.quiet}>{words.noLink}</span>
      )}
      <span className={styles.drawers}>
        {drawers.map(([name, title]) => (
          <button
            key={name}
            type="button"
            aria-expanded={drawer === name}
            onClick={() => onDrawer(drawer === name ? undefined : name)}
          >
            {title}
          </button>
        ))}
      </span>
    </div>
  );
}
