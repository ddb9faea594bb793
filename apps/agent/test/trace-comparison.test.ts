/** Where a computed packet and a real one part, said of packets that were seen here and there. */
import { type ProbeOptions, SimCluster } from '@podlan/simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compare, comparisonText } from '../dist/trace/comparison.js';
import type { RealWay } from '../dist/trace/real-way.js';
import { endBeyond, stationsOf } from '../dist/trace/way-stations.js';

type Sightings = RealWay['sightings'];

const POD_B1 = '10.244.2.2' as ProbeOptions['destination'];
const ANSWERED: RealWay['answer'] = { reply: { kind: 'echo', from: POD_B1, rttMs: 1.5 }, errors: [] };
const SILENT: RealWay['answer'] = { errors: [] };

let cluster: SimCluster;
beforeAll(async () => {
  cluster = new SimCluster({ dataplane: 'kernel' });
  for (const host of [await cluster.join(), await cluster.join()]) await host.addPod();
});
afterAll(() => cluster.stop());

/** `seen` changes what the real packet showed from what was computed. */
function compared(
  answer: RealWay['answer'],
  seen: (computed: Sightings) => Sightings = (same) => same,
  options: Partial<ProbeOptions> = {},
) {
  const result = cluster.probe('pod-a1', { destination: POD_B1, ...options });
  const stations = stationsOf(result.hops);
  const beyond = endBeyond(stations, cluster.places, POD_B1);
  const sightings = seen(stations.map(({ facts }) => facts));
  return comparisonText(compare(result, stations, { answer, sightings }, POD_B1, beyond));
}

const without = (from: number) => (computed: Sightings) =>
  computed.map((facts, i) => (i < from ? facts : undefined));

describe('a packet that is computed to be answered', () => {
  test('and is', () => {
    expect(compared(ANSWERED)).toEqual([
      'a real packet agrees as far as pod-a1 eth0 (in, on the way back): answered in 1.50 ms',
    ]);
  });

  test('and is not seen behind a device', () => {
    expect(compared(SILENT, without(5))).toEqual([
      'a real packet agrees as far as host-a eth0 (out), and parts at host-b eth0 (in)',
      '  computed: 192.168.77.11 > 192.168.77.12, time to live 64 | 10.244.1.2 > 10.244.2.2, time to live 63',
      '  real:     it did not come by; no answer came',
    ]);
  });

  test('and is not seen at all', () => {
    expect(compared({ refused: 'EPERM', errors: [] }, without(0))).toEqual([
      'a real packet parts at pod-a1 eth0 (out)',
      '  computed: 10.244.1.2 > 10.244.2.2, time to live 64',
      '  real:     it did not come by; its own kernel does not send it (EPERM)',
    ]);
  });

  test('and has another source somewhere', () => {
    const layers = ['192.168.77.11 > 10.244.2.2, time to live 62'];
    const masqueraded = (computed: Sightings) =>
      computed.map((facts, i) => (i >= 7 && facts ? { ...facts, layers } : facts));
    expect(compared(ANSWERED, masqueraded)).toEqual([
      'a real packet agrees as far as host-b flannel.1 (in), and parts at host-b cni0 (out)',
      '  computed: 10.244.1.2 > 10.244.2.2, time to live 62',
      '  real:     192.168.77.11 > 10.244.2.2, time to live 62',
    ]);
  });

  test('and whose answer nobody hears though all devices show it', () => {
    expect(compared(SILENT)).toEqual([
      'a real packet agrees as far as pod-a1 eth0 (in, on the way back), and fares otherwise',
      '  computed: answered',
      '  real:     no answer came',
    ]);
  });
});

describe('a packet that is computed to be lost', () => {
  const old = { ttl: 2 };

  test('and is', () => {
    const answer = {
      errors: [{ origin: 'icmp', errno: 'EHOSTUNREACH', type: 11, code: 0, from: '10.244.2.0' }],
    } as unknown as RealWay['answer'];
    expect(compared(answer, (same) => same, old)).toEqual([
      'a real packet agrees as far as host-b flannel.1 (in): EHOSTUNREACH, said by 10.244.2.0',
    ]);
  });

  test('and comes to whom it was sent, without an answer', () => {
    const arrived = (computed: Sightings) => [...computed, computed[0]];
    expect(compared(SILENT, arrived, old)).toEqual([
      'a real packet agrees as far as host-b flannel.1 (in), and fares otherwise',
      '  computed: lost on host-b: ttl-exceeded',
      '  real:     it came to pod-b1 eth0 (in)',
    ]);
  });
});
