/** Everything of a playground on one page: the drawing, what is in its places, and the packet on its way. */
import { type ReactNode, Suspense, useContext, useMemo, useState } from 'react';
import { NewClusterForm } from '../controls/new-cluster-form';
import { Diagram } from '../diagram/diagram';
import type { Scenario } from '../scenarios';
import { SnapshotNotes, SnapshotOpener } from '../snapshots/snapshot-opener';
import { FIRST_STATE, PLAIN_CLUSTER } from '../state/first-state';
import type { ClusterShape } from '../state/playground-state';
import { Announcement } from './announcement';
import { Inspector } from './inspector';
import { ScenarioList, ScenarioPanel } from './later';
import { PacketPanel } from './packet-panel';
import { PartContext } from './part';
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
  const Part = useContext(PartContext);
  const [drawer, setDrawer] = useState<Drawer>();
  const { scene, changes, walk, isWalkOld } = shown;
  const { places, shape = PLAIN_CLUSTER } = scene;
  const changed = useMemo(
    () => new Map([...changes].map(([place, rows]) => [place, rows.length])),
    [changes],
  );
  const make = (cluster: ClusterShape) => {
    setDrawer(undefined);
    void store.start({ ...FIRST_STATE, cluster });
  };
  const play = (wanted: Scenario) => {
    setDrawer(undefined);
    void store.play(wanted);
  };
  const leave = () => void store.start(FIRST_STATE);
  const isWide = places.filter(({ kind }) => kind === 'host').length > MOST_HOSTS_BESIDE;
  return (
    <div className={styles.playground}>
      <Part>
        <Toolbar {...{ store, shown, drawer }} onDrawer={setDrawer} />
      </Part>
      {drawer === 'new-cluster' && (
        <div className={styles.drawer}>
          <NewClusterForm shape={shape} onMake={make} />
        </div>
      )}
      {drawer === 'scenarios' && (
        <Suspense fallback={null}>
          <ScenarioList onPlay={play} />
        </Suspense>
      )}
      {drawer === 'snapshots' && (
        <SnapshotOpener
          onOpen={async (files) => {
            await store.openSnapshots(files);
            setDrawer(undefined);
          }}
        />
      )}
      <Announcement said={shown.said} />
      <SnapshotNotes notes={scene.notes} />
      <div className={styles.bench} data-wide={isWide}>
        <div className={styles.drawing}>
          <Part>
            <Diagram
              {...{ places, changed }}
              stopped={scene.stopped}
              selected={shown.selected}
              onSelect={(place) => store.select(place)}
              hops={isWalkOld ? [] : (walk?.result.hops ?? [])}
              step={shown.step}
            />
          </Part>
        </div>
        <Part>
          <Inspector {...{ store, shown }} />
        </Part>
        <div className={styles.side}>
          {shown.scenario && (
            <div className={styles.scenario}>
              <Suspense fallback={null}>
                <ScenarioPanel
                  key={shown.scenario}
                  id={shown.scenario}
                  {...{ store, shown }}
                  onPlay={play}
                  onLeave={leave}
                />
              </Suspense>
            </div>
          )}
          <Part>
            <PacketPanel {...{ store, shown }} />
          </Part>
        </div>
      </div>
    </div>
  );
}
