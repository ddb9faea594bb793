/** A bridge and its ports: what it learns and forgets, and where it sends what it does not know. */
import { parseMacAddress } from '@podlan/wire';
import { expect, test } from 'vitest';
import type { Bridge } from '../src/devices/bridge.js';
import type { Device } from '../src/devices/device.js';
import { SimKernel } from '../src/index.js';
import { freshPacket } from '../src/kernel/packet.js';
import { Links, mac } from './links.js';

const macOf = (n: number) => mac(`02:00:00:00:00:0${n}`);

/** br0 with ports p1 to p3, each the near end of a pair; what leaves by a port is noted at the far end, q1 to q3. */
async function bridged() {
  const links = new Links();
  links.netns('host');
  const kernel = new SimKernel(links.network, 'host');
  const base = { kind: 'link', mtu: 1500, up: true } as const;
  const pairs = [3, 1, 2].flatMap((n) => [
    { ...base, type: 'veth' as const, name: `p${n}`, mac: macOf(n), master: 'br0', peer: { name: `q${n}` } },
    { ...base, type: 'veth' as const, name: `q${n}` },
  ]);
  const rows = [{ ...base, type: 'bridge' as const, name: 'br0' }, ...pairs];
  expect(await kernel.apply(rows.map((row) => ({ op: 'add', row })))).toEqual([]);
  const device = (name: string): Device => links.netns('host').device(name)!;
  const seen: string[] = [];
  for (const n of [1, 2, 3]) device(`q${n}`).receive = () => void seen.push(`q${n}`);
  /** Sends a frame into a port from outside; returns where it came out. */
  const send = (into: number, from: string, to: string) => {
    seen.length = 0;
    const bytes = new Uint8Array(60);
    bytes.set(
      to.split(':').map((byte) => Number.parseInt(byte, 16)),
      0,
    );
    bytes.set(
      from.split(':').map((byte) => Number.parseInt(byte, 16)),
      6,
    );
    device(`p${into}`).receive(freshPacket(bytes));
    return [...seen].sort();
  };
  return { links, kernel, br0: device('br0') as Bridge, device, send, pairs };
}

const [ONE, TWO] = ['02:aa:00:00:00:01', '02:aa:00:00:00:02'];

test('what is not known goes to all other ports, and what was heard of to one', async () => {
  const { send } = await bridged();
  expect(send(1, ONE, TWO)).toEqual(['q2', 'q3']);
  expect(send(2, TWO, ONE)).toEqual(['q1']);
  expect(send(1, ONE, TWO)).toEqual(['q2']);
  expect(send(1, ONE, 'ff:ff:ff:ff:ff:ff')).toEqual(['q2', 'q3']);
});

test('a MAC that moves is followed by its next frame', async () => {
  const { send } = await bridged();
  send(1, ONE, TWO);
  send(3, ONE, TWO);
  expect(send(2, TWO, ONE)).toEqual(['q3']);
});

test('what was learned is forgotten after the ageing time', async () => {
  const { links, send, br0 } = await bridged();
  send(1, ONE, TWO);
  const later = (ms: number) => {
    links.clock.at(ms, () => {});
    links.clock.run();
  };
  later(br0.ageingMs - 1);
  expect(send(2, TWO, ONE)).toEqual(['q1']);
  later(2);
  expect(send(2, TWO, ONE)).toEqual(['q1', 'q3']);
});

test('what came in by a port goes out there again from a hairpin port alone', async () => {
  const { send, device } = await bridged();
  send(1, ONE, 'ff:ff:ff:ff:ff:ff');
  expect(send(1, TWO, ONE)).toEqual([]);
  device('p1').hairpin = true;
  expect(send(1, TWO, ONE)).toEqual(['q1']);
});

test('nothing goes to a port that is down, nor to whom it had', async () => {
  const { kernel, send, pairs } = await bridged();
  send(2, TWO, ONE);
  expect(await kernel.apply([{ op: 'replace', row: { ...pairs[4]!, up: false } }])).toEqual([]);
  expect(send(1, ONE, TWO)).toEqual(['q3']);
});

test('a bridge has the lowest MAC of its ports, until it is given one of its own', async () => {
  const { kernel, br0, pairs } = await bridged();
  expect(br0.mac).toBe(macOf(1));
  await kernel.apply([{ op: 'delete', row: pairs[2]! }]);
  expect(br0.mac).toBe(macOf(2));
  const own = parseMacAddress('02:bb:00:00:00:01')!;
  const row = { kind: 'link', type: 'bridge', name: 'br0', mtu: 1500, up: true, mac: own } as const;
  await kernel.apply([
    { op: 'replace', row },
    { op: 'delete', row: pairs[4]! },
  ]);
  expect(br0.mac).toBe(own);
});
