import { setTimeout as sleep } from 'node:timers/promises';
import { type IpAddress, parseIpAddress } from '@podlan/wire';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CapturedFrame, capture } from '../src/capture.js';
import { addNetns, deleteNetns, runIn } from '../src/netns.js';

/**
 *     netns:  left 10.8.0.1/24, 02:…:01  ---veth---  right 10.8.0.2/24 (in the other namespace)
 */
const netns = `linux-capture-${process.pid}`;
const far = `${netns}-far`;
const target = parseIpAddress('10.8.0.2') as IpAddress;

beforeAll(async () => {
  await addNetns(netns);
  await addNetns(far);
  const left = `link add left address 02:00:00:00:00:01 type veth peer name right netns ${far}
addr add 10.8.0.1/24 dev left
link set left up
`;
  await runIn(netns, ['ip', '-batch', '-'], { input: left });
  await runIn(far, ['ip', '-batch', '-'], { input: `addr add ${target}/24 dev right\nlink set right up\n` });
});
afterAll(async () => {
  await deleteNetns(netns);
  await deleteNetns(far);
});

const isIcmp = ({ bytes }: CapturedFrame): boolean => bytes[12] === 8 && bytes[13] === 0 && bytes[23] === 1;

test('a capture sees the packets of another namespace, both ways and with their times', async () => {
  const stop = new AbortController();
  const frames = await capture({ netns, device: 'left', signal: stop.signal });
  await runIn(netns, ['ping', '-n', '-c', '1', '-W', '5', target]);
  const echoes: CapturedFrame[] = [];
  for await (const frame of frames) {
    if (isIcmp(frame)) echoes.push(frame);
    if (echoes.length === 2) break;
  }
  stop.abort();
  expect(echoes.map(({ direction }) => direction)).toEqual(['out', 'in']);
  expect(echoes.map(({ bytes }) => bytes.length)).toEqual([98, 98]);
  const [request, reply] = echoes.map(({ timestampNs }) => timestampNs);
  expect(reply!).toBeGreaterThan(request!);
  expect(Math.abs(Number(request! / 1_000_000n) - Date.now())).toBeLessThan(60_000);
});

test('frames have the times at which they passed, from the first on: at both ends of a pair they are in order', async () => {
  const stop = new AbortController();
  const ends = [
    { netns, device: 'left' },
    { netns: far, device: 'right' },
  ];
  const captures = await Promise.all(ends.map((end) => capture({ ...end, signal: stop.signal })));
  // The kernel stamps packets a moment after it was first asked to.
  await sleep(50);
  await runIn(netns, ['ping', '-n', '-c', '3', '-i', '0.01', target]);
  stop.abort();
  const seen: (CapturedFrame & { readonly device: string })[] = [];
  for (const [i, frames] of captures.entries()) {
    for await (const frame of frames) if (isIcmp(frame)) seen.push({ ...frame, device: ends[i]!.device });
  }
  seen.sort((a, b) => Number(a.timestampNs - b.timestampNs));
  const roundTrip = ['left out', 'right in', 'right out', 'left in'];
  expect(seen.map(({ device, direction }) => `${device} ${direction}`)).toEqual([
    ...roundTrip,
    ...roundTrip,
    ...roundTrip,
  ]);
});

test('a capture that was stopped still hands over what it had seen', async () => {
  const stop = new AbortController();
  const frames = await capture({ netns, device: 'left', signal: stop.signal });
  await runIn(netns, ['ping', '-n', '-c', '2', '-i', '0.01', target]);
  stop.abort();
  const seen: CapturedFrame[] = [];
  for await (const frame of frames) seen.push(frame);
  expect(seen.filter(isIcmp)).toHaveLength(4);
});

test('a missing device or namespace is named', async () => {
  const { signal } = new AbortController();
  await expect(capture({ netns, device: 'nowhere', signal })).rejects.toThrow(/nowhere: ENODEV/);
  await expect(capture({ netns: 'no-such-netns', device: 'left', signal })).rejects.toThrow(
    /no-such-netns.*ENOENT/,
  );
});
