/** Everything of a playground on one page: the drawing, what is in its places, and the packet on its way. */
import { type ReactNode, useMemo, useState } from 'react';
import { NewClusterForm } from '../controls/new-cluster-form';
import { Diagram } from '../diagram/diagram';
import { ScenarioList } from '../scenario-panel/scenario-list';
import { ScenarioPanel } from '../scenario-panel/scenario-panel';
import { SCENARIOS, type Scenario, scenarioOf } from '../scenarios';
import { ClusterScene } from '../scene/cluster-scene';
import { SnapshotNotes, SnapshotOpener } from '../snapshots/snapshot-opener';
import { type ClusterShape, FIRST_STATE, PLAIN_CLUSTER } from '../state/playground-state';
import { Announcement } from './announcement';
import { Inspector } from './inspector';
import { PacketPanel } from './packet-panel';
import styles from './playground.module.css';
import type { PlaygroundStore, Shown } from './playground-store';
import { type Drawer, Toolbar } from './toolbar';

export interface WorkbenchProps {
  readonly store: PlaygroundStore;
  readonly shown: Shown;
}

/** A drawing of more hosts has the whole width for itself. */
const MOST_HOSTS_BESIDE = 3;

export function Workbench({ store, shown }: WorkbenchProps): ReactNode {
  const [drawer, setDrawer] = useState<Drawer>();
  const { scene, places, changes, walk, isWalkOld } = shown;
  const changed = useMemo(
    () => new Map([...changes].map(([place, rows]) => [place, rows.length])),
    [changes],
  );
  const shape = scene instanceof ClusterScene ? scene.state.cluster : PLAIN_CLUSTER;
  const make = (cluster: ClusterShape) => {
    setDrawer(undefined);
    void store.start({ ...FIRST_STATE, cluster });
  };
  const play = (wanted: Scenario) => {
    setDrawer(undefined);
    void store.play(wanted);
  };
  const leave = () => void store.start(FIRST_STATE);
  const scenario = scenarioOf(shown.scenario ?? '');
  const isWide = places.filter(({ kind }) => kind === 'host').length > MOST_HOSTS_BESIDE;
  return (
    <div className={styles.playground}>
      <Toolbar {...{ store, shown, drawer }} onDrawer={setDrawer} />
      {drawer === 'new-cluster' && (
        <div className={styles.drawer}>
          <NewClusterForm shape={shape} onMake={make} />
        </div>
      )}
      {drawer === 'scenarios' && <ScenarioList scenarios={SCENARIOS} onPlay={play} />}
      {drawer === 'snapshots' && (
        <SnapshotOpener
          onOpen={(opened) => {
            setDrawer(undefined);
            void store.show(opened);
          }}
        />
      )}
      <Announcement said={shown.said} />
      <SnapshotNotes notes={scene.notes} />
      <div className={styles.bench} data-wide={isWide}>
        <div className={styles.drawing}>
          <Diagram
            {...{ places, changed }}
            stopped={shown.stopped}
            selected={shown.selected}
            onSelect={(place) => store.select(place)}
            hops={isWalkOld ? [] : (walk?.result.hops ?? [])}
            step={shown.step}
          />
        </div>
        <Inspector {...{ store, shown }} />
        <div className={styles.side}>
          {scenario && (
            <div className={styles.scenario}>
              <ScenarioPanel
                key={scenario.id}
                {...{ store, shown, scenario }}
                onPlay={play}
                onLeave={leave}
              />
            </div>
          )}
          <PacketPanel {...{ store, shown }} />
        </div>
      </div>
    </div>
  );
}
