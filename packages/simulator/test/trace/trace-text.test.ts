import { describe, expect, it, test } from 'vitest';
import { crossingCount, DROP_MEANINGS, traceText } from '../../src/index.js';
import { POD_B1, TRACES, traced, WAYS } from './traced.js';

test.each(TRACES)('a packet by $way that is $end', async ({ options, ...way }) => {
  expect(`\n${traceText(await traced(way, options)).join('\n')}\n`).toMatchSnapshot();
});

const CROSSINGS = { 'vxlan of the kernel': 1, 'vxlan on wasm': 3, 'host-gw': 1, udp: 3 };

test.each(WAYS)('the sender crosses the border of user space as often as $way makes it', async (way) => {
  const { hops } = await traced(way, { destination: POD_B1 });
  expect(crossingCount(hops)).toBe(CROSSINGS[way.way]);
});

describe('what a trace shows', () => {
  const kernel = WAYS[0];

  it('folds a question for a MAC address into one line', async () => {
    const result = await traced(kernel, { destination: POD_B1 });
    const lines = traceText(result);
    expect(lines.filter((line) => line.includes('who has 10.244.1.1?'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('who-has'))).toEqual([]);
    const frames = traceText(result, { verbose: true }).filter((line) => line.includes('who-has 10.244.1.1'));
    expect(frames[0]).toContain('pod-a1 eth0 transmit: ARP who-has 10.244.1.1 tell 10.244.1.2');
  });

  it('has the answer stand before the hop that waited for it', async () => {
    const lines = traceText(await traced(kernel, { destination: POD_B1 }));
    const at = lines.findIndex((line) => line.includes('who has 192.168.77.12?'));
    expect(lines[at + 1]).toMatch(/eth0 +neighbor +192\.168\.77\.12 dev eth0 lladdr/);
  });

  it('marks what a router changes in a packet: time to live and checksum', async () => {
    const lines = traceText(await traced(kernel, { destination: POD_B1 }), { bytes: true });
    const at = lines.findIndex((line) => line.includes('time to live 64 -> 63'));
    const [bytes, marks] = [lines[at + 1]!, lines[at + 2]!];
    const marked = [...marks.matchAll(/\^\^/g)].map(({ index }) => bytes.slice(index, index + 2));
    expect(marked[0]).toBe('3f');
    expect(marked).toHaveLength(2);
  });

  it('marks headers as new, and says how many bytes of them are taken off', async () => {
    const lines = traceText(await traced(kernel, { destination: POD_B1 }), { bytes: true });
    const at = lines.findIndex((line) => line.includes('encapsulate'));
    const end = lines.findIndex((line, i) => i > at && line.includes(' route '));
    const marks = lines.slice(at, end).join('').match(/\+\+/g);
    // IPv4 20, UDP 8, VXLAN 8.
    expect(marks).toHaveLength(36);
    expect(lines.some((line) => line.includes('36 bytes taken off the front'))).toBe(true);
  });

  it('gives pieces to who paints them, and no escape sequences of its own', async () => {
    const result = await traced(kernel, { destination: POD_B1, size: 1600, dontFragment: true });
    const painted = traceText(result, { paint: (style, text) => (style === 'bad' ? `<${text}>` : text) });
    expect(painted.filter((line) => line.startsWith('<'))).toHaveLength(2);
    expect(traceText(result).join('')).not.toContain('\u001b');
  });

  it('calls a closed port a refusal, not a loss', async () => {
    const lines = traceText(await traced(kernel, { destination: POD_B1, protocol: 'udp' }));
    expect(lines.some((line) => /refuse +nobody listens on UDP port 53/.test(line))).toBe(true);
    expect(lines.join('\n')).not.toContain('LOST');
    expect(lines).toContain('arrived, and refused: nobody listens there, and the sender is told so');
  });
});

test.each(Object.entries(DROP_MEANINGS))('%s has a meaning of one line', (_, meaning) => {
  expect(meaning).toMatch(/^[a-z].{15,140}$/);
});
