/** The bench of simulated clusters, on small ones. */
import { expect, test } from 'vitest';
import { measureCluster } from '../bench/simulator/measure-cluster.js';

test.each([
  ['kernel', 60],
  ['wasm', 12],
])('pods of all hosts reach each other: vxlan by %s, %d hosts', async (dataplane, hosts) => {
  const result = await measureCluster({ hosts, pairs: 500, dataplane });
  expect(result.unanswered).toEqual([]);
  // A request and its answer leave by six devices each at least where the pods are on different hosts.
  expect(result.packets).toBeGreaterThan(500 * 6);
});
