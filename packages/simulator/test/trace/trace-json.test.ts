import { expect, it, test } from 'vitest';
import { traceJson } from '../../src/index.js';
import { POD_B1, TRACES, traced, WAYS } from './traced.js';

const SHORT = TRACES.filter(({ end }) => end === 'too big');

test.each(SHORT)('JSON of a packet by $way that is $end', async ({ options, ...way }) => {
  const { packet, hops, ...rest } = traceJson(await traced(way, options));
  expect(packet).toHaveLength(3200);
  expect(hops.every(({ before }) => before.hex === packet && before.linkType === 'raw')).toBe(true);
  expect({ ...rest, hops: hops.map(({ before: _, ...hop }) => hop) }).toMatchSnapshot();
});

test.each(TRACES)(
  'of a packet by $way that is $end, it survives being written and read',
  async ({ options, ...way }) => {
    const json = traceJson(await traced(way, options));
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  },
);

it('points at the hop where the packet ended', async () => {
  const { hops, lost, arrived } = traceJson(await traced(WAYS[1], { destination: POD_B1, ttl: 2 }));
  expect(arrived).toBe(false);
  expect(hops[lost!.hop]).toMatchObject({
    netns: 'host-b',
    event: 'drop',
    reason: 'ttl-exceeded',
    leg: 'request',
  });
});

test.each(WAYS)('by $way, frames are told from bare packets', async (way) => {
  const { hops } = traceJson(await traced(way, { destination: POD_B1 }));
  const all = hops.flatMap(({ before, after }) => [before, ...(after === null ? [] : [after])]);
  for (const { linkType, hex } of all) {
    // What begins with a MAC address has the type of IPv4 or ARP behind the second one.
    const type = hex.slice(24, 28);
    expect(linkType === 'ethernet' ? ['0800', '0806'].includes(type) : hex.startsWith('45')).toBe(true);
  }
});
