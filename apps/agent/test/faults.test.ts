/** Every fault of the catalogue, made for real: a probe gets through before, shows the symptom, and gets through after. */
import { FINDING_MEANINGS } from '@podlan/simulator';
import { loadSnapshots } from '@podlan/simulator/snapshot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CaseKind } from '../dist/connectivity/cases.js';
import { labEnds } from '../dist/connectivity/lab-ends.js';
import { Talkers } from '../dist/connectivity/talkers.js';
import { testLabWith } from '../dist/connectivity/test-connectivity.js';
import { captureLab } from '../dist/lab/lab-snapshot.js';
import { FAULT_LABS, FAULTS, faultsOf } from './faults/catalogue.js';
import { type Computed, computedProbe, probeIn } from './faults/computed-probe.js';
import type { Fault } from './faults/fault.js';
import { startFaultLab } from './faults/fault-lab.js';
import { type RealProbe, realProbe, symptomOf } from './faults/real-probe.js';
import { eventually, type TestLab } from './test-lab.js';

/** The first packet after a change may still wait for an ARP reply. */
const through = (lab: TestLab, { probe, sound }: Fault): Promise<RealProbe> =>
  eventually(
    () => realProbe(lab, sound ?? probe),
    ({ arrived, replied }) => arrived && replied,
  );

/** Of two that have an address it is chance who gets a packet. */
const asFound = ({ arrived, replied, elsewhere }: RealProbe): Partial<Computed> =>
  elsewhere.length > 0 ? {} : { arrived, replied };

/** Hosts that a connectivity test finds cut off from one another, in one direction. */
async function failedPairs(lab: TestLab, talkers: Talkers, fault: Fault): Promise<string[]> {
  const { cases } = await testLabWith(lab.state, talkers, {
    ...{ timeoutMs: 250, family: fault.probe.family ?? 4, kinds: [kindOf(fault)] },
  });
  return cases
    .filter(({ verdict }) => verdict === 'failed')
    .map(({ fromNode, toNode }) => `${fromNode} ${toNode}`);
}

/** An echo reply does not tell whom it was seen from; what is said by TCP is. */
function kindOf({ probe: { size, protocol = 'icmp' }, symptom }: Fault): CaseKind {
  if (size !== undefined) return 'full-mtu';
  if (symptom === 'arrives from another source') return 'tcp';
  return protocol === 'icmp' ? 'ping' : protocol;
}

/**
 * Whether other packets fare no better: not where the fault is of the packet or of one port, where a host is answered all
 * the same, or where it is chance who of two gets a packet.
 */
const concernsOthers = ({ probe, sound, symptom }: Fault): boolean =>
  sound === undefined &&
  probe.dport === undefined &&
  symptom !== 'arrives elsewhere' &&
  !(symptom === 'arrives from another source' && probe.from.startsWith('host'));

const pairOf = ({ state: { pods } }: TestLab, { probe: { from, to } }: Fault): string =>
  [from, to].map((name) => pods.find((pod) => pod.name === name)?.host ?? name).join(' ');

test('no fault is in the catalogue twice', () => {
  expect(FAULTS.length).toBeGreaterThanOrEqual(24);
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
});

/** Of the wasm forwarder's table, which running agents put right at once, and of what nobody could make so far. */
const WITHOUT_A_FAULT = [
  ...['tunnel-missing', 'tunnel-stale', 'tunnel-wrong-host'],
  ...['port-isolated', 'frame-for-nobody', 'neighbor-unresolved'],
];

test('every code that a trace has is the cause of some fault', () => {
  const made = new Set<string>(FAULTS.map(({ cause }) => cause.code));
  const missing = Object.keys(FINDING_MEANINGS).filter((code) => !made.has(code));
  expect(missing.sort()).toEqual(WITHOUT_A_FAULT.sort());
});

describe.each(FAULT_LABS)('$name', (faultLab) => {
  let lab: TestLab;
  let talkers: Talkers;
  beforeAll(async () => {
    lab = await startFaultLab(faultLab);
    // What routers say of one probe is not to be kept from the next.
    for (const { name } of lab.state.hosts) await lab.in(name, 'sysctl', '-qw', 'net.ipv4.icmp_ratelimit=0');
    talkers = await Talkers.start(labEnds(lab.state));
  });
  afterAll(async () => {
    await talkers?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  test('nothing is wrong where nothing is broken', async () => {
    const { pods } = lab.state;
    const cluster = await loadSnapshots(await captureLab(lab.state));
    for (const from of pods) {
      for (const to of pods) {
        if (from === to) continue;
        const computed = probeIn(cluster, { from: from.name, to: to.name });
        expect(computed).toMatchObject({ arrived: true, replied: true, findings: [] });
      }
    }
    const { cases } = await testLabWith(lab.state, talkers, { timeoutMs: 1000 });
    expect(cases.filter(({ verdict }) => verdict === 'failed')).toEqual([]);
  });

  test.each(faultsOf(faultLab))('$name: $symptom', async (fault) => {
    const sound = await through(lab, fault);
    await fault.make(lab);
    try {
      const found = await realProbe(lab, fault.probe);
      expect({ symptom: symptomOf(found, sound), found }).toMatchObject({ symptom: fault.symptom });
      const computed = await computedProbe(lab, fault.probe);
      expect(computed).toMatchObject(asFound(found));
      expect(computed.findings[0]).toMatchObject(fault.cause);
      if (concernsOthers(fault)) expect(await failedPairs(lab, talkers, fault)).toContain(pairOf(lab, fault));
    } finally {
      await fault.mend(lab);
    }
    // What waited for a neighbor meanwhile comes in now, too.
    const symptom = async () => symptomOf(await through(lab, fault), sound);
    await eventually(symptom, (seen) => seen === 'none');
  });
});
