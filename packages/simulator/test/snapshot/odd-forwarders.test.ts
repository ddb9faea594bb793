/** Forwarders that an agent claims and that cannot run here: the rest is loaded, and their packets are in doubt. */
import { parseIpAddress } from '@podlan/wire';
import { expect, test } from 'vitest';
import { doubtsOf, probe } from '../../dist/index.js';
import { type ControlSnapshot, loadSnapshots, parseSnapshot } from '../../dist/snapshot/index.js';
import { sample } from './sample.js';

type Forwarder = ControlSnapshot['forwarders'][number];
const prefixes = Array.from({ length: 100 }, (_, i) => `10.${i}.0.0/16`);

test.each<[string, (rows: readonly Forwarder[]) => object[], string]>([
  ['one twice', ([first]) => [first!, first!], 'bind 192.168.77.11 port 8472: UDP port 8472 is in use'],
  [
    'one of more networks than it has room for',
    ([first]) => [{ ...first, networks: prefixes, subnets: prefixes }],
    'networks: expected at most 64, got 100',
  ],
])('%s', async (_, change, message) => {
  const { control, ...snapshot } = sample();
  const odd = { ...snapshot, control: { ...control, forwarders: change(control!.forwarders) } };
  const cluster = await loadSnapshots([parseSnapshot(JSON.stringify(odd))]);
  const doubt = `host-a: the forwarder on flannel.1 is not as it was: ${message}`;
  expect(cluster.notes).toContain(doubt);
  const result = probe(cluster.places[0]!.netns, { destination: parseIpAddress('10.244.2.2')! });
  expect(doubtsOf(result, cluster)).toContain(doubt);
});
