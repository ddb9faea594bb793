/** What carries one packet carries any number of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SimCluster } from '../src/index.js';

/** More than a slot's headroom has room for headers. */
const MANY = 50;

describe.each(['wasm', 'kernel'] as const)('%s', (dataplane) => {
  const cluster = new SimCluster({ dataplane });

  beforeAll(async () => {
    for (const host of [await cluster.join(), await cluster.join()]) await host.addPod();
  });
  afterAll(() => cluster.stop());

  test.each([
    ['pod-a1', 'pod-b1'],
    ['pod-b1', 'pod-a1'],
  ])('every ping from %s to %s is answered', (from, to) => {
    const [destination] = cluster.pods.find(({ name }) => name === to)!.addresses;
    const lost = Array.from({ length: MANY }, () => cluster.probe(from, { destination: destination! }))
      .filter(({ answered }) => !answered)
      .map((result) => result.lost?.text);
    expect(lost).toEqual([]);
  });
});
