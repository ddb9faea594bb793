/** That a comparison of ways finds what differs, names it, and passes over what nobody can know. */
import { describe, expect, test } from 'vitest';
import type { WayFrame } from './fidelity/capture-way.js';
import { atEachDevice, differenceOf, inExchanges } from './fidelity/way-difference.js';

/** A SYN, ACK from 10.244.2.2, port 8080. */
const SYN_ACK =
  `0a580af40201ba9bc3e0bb4b08004500003c00004000400621d10af402020af401021f909c43a1acc62d635d90cea012fcfee5a5
  00000204056e0402080af7da77b2ecd6d8640103030a`.replace(/\s/g, '');
const whoHas = (target: string) =>
  `ffffffffffff0a580af4010108060001080006040001${'0a580af40101'}0af40101000000000000${target}`;

function frame(hex: string, device = 'eth0', namespace = 'pod-b1'): WayFrame {
  const bytes = new Uint8Array(Buffer.from(hex, 'hex'));
  return { namespace, device, direction: 'out', linkType: 'ethernet', bytes, timestampNs: 0n };
}

const changed = (offset: number, value: number): WayFrame => {
  const one = frame(SYN_ACK);
  one.bytes[offset] = value;
  return one;
};

describe('one frame', () => {
  test.each([
    ['time to live', 22, 63],
    ['window', 48, 0],
    ['MAC', 0, 0x0b],
    ['MSS', 57, 0],
  ])('of another %s is a difference', (_, offset, value) => {
    const text = differenceOf([frame(SYN_ACK)], [changed(offset, value)]);
    expect(text).toContain('frame 1 of 1 real and 1 simulated ones differs');
    expect(text).toContain(
      `byte ${offset}: 0x${Buffer.from(SYN_ACK, 'hex').toString('hex', offset, offset + 1)}`,
    );
    expect(text).toMatch(/real: pod-b1 eth0 out IP 10\.244\.2\.2 > 10\.244\.1\.2: TCP 8080/);
  });

  test('at another device, or at none, is a difference', () => {
    expect(differenceOf([frame(SYN_ACK)], [frame(SYN_ACK, 'eth1')])).toContain('simulated: pod-b1 eth1 out');
    expect(differenceOf([frame(SYN_ACK)], [])).toContain('simulated: none');
    expect(differenceOf([], [frame(SYN_ACK)])).toContain('real: none');
  });

  test('of the same bytes is none', () => {
    expect(differenceOf([frame(SYN_ACK)], [frame(SYN_ACK)])).toBeUndefined();
  });
});

describe('several frames', () => {
  const [one, other] = [frame(SYN_ACK, 'eth0', 'pod-a1'), frame(SYN_ACK)];
  const [first, second] = [frame(whoHas('0af40102')), frame(whoHas('0af40103'))];

  test('in another order differ, but at each device alone they do not', () => {
    expect(differenceOf([one, other], [other, one])).toContain('frame 1 of 2');
    expect(differenceOf(atEachDevice([one, other]), atEachDevice([other, one]))).toBeUndefined();
    expect(differenceOf(atEachDevice([first, second]), atEachDevice([second, first]))).toContain(
      'frame 1 of 2',
    );
  });

  test('of two exchanges are the same in whichever order the exchanges are', () => {
    expect(differenceOf(inExchanges([first, second]), inExchanges([second, first]))).toBeUndefined();
    expect(differenceOf(inExchanges([first, second]), inExchanges([first, first]))).toContain('frame 2 of 2');
  });
});
