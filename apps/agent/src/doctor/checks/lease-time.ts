/** Whether the end of this node's lease is one that can be, by this node's clock. */
import type { Check, Problem } from '../check.js';
import { restartLines } from '../restart.js';
import { NO_LEASES, type Scene } from '../scene.js';

/** flannel's, and podlan's. */
const LEASE_HOURS = 24;
/** Clocks of hosts are seconds apart where nothing is wrong. */
const MOST_AHEAD_HOURS = 1;
const HOUR_MS = 3_600_000;

const leaseTime: Check = {
  id: 'lease-time',
  title: "this node's lease has not run out, and ends within a day",
  page: 'course/subnets#who-allocates',
  examine(scene) {
    const { leases, snapshot, machine } = scene;
    const end = leases?.own?.expiresAt;
    if (leases === undefined) return { skipped: NO_LEASES };
    if (end === undefined) return { skipped: 'the lease of this node has no end, or nobody told it' };
    const now = snapshot.takenAt;
    const left = (Date.parse(end) - Date.parse(now)) / HOUR_MS;
    const evidence = [
      `the lease ends at ${end}`,
      `this node's clock said ${now}`,
      ...(machine.clock?.synchronized === false
        ? ['adjtimex: no program keeps this clock (STA_UNSYNC)']
        : []),
    ];
    return { looked: [leases.from, 'date -u', 'timedatectl'], problems: problemsOf(scene, left, evidence) };
  },
};

function problemsOf(scene: Scene, hoursLeft: number, evidence: readonly string[]): Problem[] {
  if (hoursLeft <= 0)
    return [
      {
        verdict: 'error',
        why: 'The lease has run out: peers take their routes to this node away, and another node may get its subnet. The agent does not renew it, or a clock is wrong.',
        evidence,
        mend: [
          'set the clock: chronyc makestep, or timedatectl set-ntp true',
          ...restartLines(scene, 'it takes its lease again, if nobody else has'),
        ],
      },
    ];
  if (hoursLeft <= LEASE_HOURS + MOST_AHEAD_HOURS) return [];
  return [
    {
      verdict: 'warning',
      why: `A lease is given for ${LEASE_HOURS} hours, and this one has ${Math.round(hoursLeft)} left: a clock was set back, this node's or that of whoever wrote it. By a clock that is right, leases end too early or too late.`,
      evidence,
      mend: [
        'set the clock: chronyc makestep, or timedatectl set-ntp true',
        ...restartLines(scene, 'it renews its lease'),
      ],
    },
  ];
}

export const LEASE_TIME_CHECKS: readonly Check[] = [leaseTime];
