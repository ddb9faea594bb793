/** Whether routes, neighbors and forwarding entries are those that the leases ask for: none missing, none wrong. */
import type { Check } from '../check.js';
import { peerSides } from '../peer-side.js';
import { PEER_TABLES, type PeerTable, rowProblem } from '../peer-tables.js';
import { NO_LEASES } from '../scene.js';

const checkOf = (table: PeerTable): Check => ({
  id: table.id,
  title: table.title,
  page: table.page,
  examine: (scene) =>
    scene.leases === undefined
      ? { skipped: NO_LEASES }
      : {
          looked: [scene.leases.from, ...table.looked],
          problems: peerSides(scene).flatMap((side) => rowProblem(table, scene, side) ?? []),
        },
});

export const PEER_ROW_CHECKS: readonly Check[] = PEER_TABLES.map(checkOf);
