/** One node at two times is not two nodes. */
import type { NodeSnapshot } from '@podlan/simulator/snapshot';
import { expect, test } from 'vitest';
import { examine } from '../../dist/doctor/examine.js';

test('two snapshots of one node are refused by its name', async () => {
  const control = { source: 'flannel', networks: [], subnets: [], peers: [], forwarders: [], tunnels: [] };
  const node = {
    node: 'node-1',
    namespaces: [{ links: [], addresses: [] }],
    control,
  } as unknown as NodeSnapshot;
  await expect(examine([node, node])).rejects.toThrow(/one snapshot of each node, found several of node-1/);
});
