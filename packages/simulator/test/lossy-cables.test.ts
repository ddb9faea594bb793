/** Echoes over a cable that loses, delays and doubles frames: what comes back, and when. */
import { expect, test } from 'vitest';
import { SimCluster } from '../src/index.js';

const LOSSES = [0, 0.01, 0.05, 0.2];
const DELAYS_MS = [0, 5, 50];
const REQUESTS = 1000;

/** Between pods of two hosts, over the cable of the second one. */
async function measure(loss: number, delayMs: number) {
  const cluster = new SimCluster({ dataplane: 'kernel', seed: 3 });
  for (let i = 0; i < 2; i++) await (await cluster.join()).addPod();
  const [, to] = cluster.pods;
  Object.assign(cluster.host('host-b').card.cable, {
    loss,
    delayMs,
    jitterMs: delayMs / 5,
    duplication: 0.01,
  });
  const roundTrips: number[] = [];
  let duplicates = 0;
  for (let i = 0; i < REQUESTS; i++) {
    const sentMs = cluster.clock.nowMs();
    const { answered, hops } = cluster.probe('pod-a1', { destination: to!.addresses[0]! });
    cluster.clock.run(1000);
    const replies = hops.filter(
      ({ event, leg, netns }) => event === 'deliver' && leg === 'reply' && netns === 'pod-a1',
    );
    if (answered) roundTrips.push(replies[0]!.atMs - sentMs);
    duplicates += Math.max(0, replies.length - 1);
  }
  await cluster.stop();
  roundTrips.sort((a, b) => a - b);
  const median = roundTrips[Math.floor(roundTrips.length / 2)]!;
  return { answered: roundTrips.length, median, max: roundTrips.at(-1)!, duplicates };
}

test('of a thousand echo requests so many are answered', { timeout: 120_000 }, async () => {
  const lines = ['loss  delay  answered  median      max  duplicates'];
  for (const loss of LOSSES) {
    for (const delayMs of DELAYS_MS) {
      const { answered, median, max, duplicates } = await measure(loss, delayMs);
      const cells = [`${loss * 100} %`.padStart(4), `${delayMs}`.padStart(6), `${answered}`.padStart(9)];
      const times = [median.toFixed(1).padStart(7), max.toFixed(1).padStart(8)];
      lines.push([...cells, ...times, `${duplicates}`.padStart(11)].join(' '));
      // Two passes of the cable there and back: what theory says, give or take four deviations.
      const share = (1 - loss) ** 2;
      expect(answered).toBeGreaterThan(REQUESTS * share - 4 * Math.sqrt(REQUESTS * share * (1 - share)) - 1);
    }
  }
  expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
    loss  delay  answered  median      max  duplicates
     0 %      0      1000     0.0      0.0          17
     0 %      5      1000    11.0     21.9          22
     0 %     50      1000   109.8    219.3          22
     1 %      0       978     0.0      0.0          18
     1 %      5       982    11.0     22.9          21
     1 %     50       981   110.2    228.8          21
     5 %      0       900     0.0      0.0          17
     5 %      5       905    11.0     11.9          18
     5 %     50       904   110.3    119.4          18
    20 %      0       629     0.0   2000.0          10
    20 %      5       646    11.0   2022.4           8
    20 %     50       646   110.1   2224.5           8
    "
  `);
});
