/** Options and windows of a connection's second and third packet, as Linux 6 chooses them. */
import { parseTcpOptions, TcpFlag, type TcpOption, type TcpSegment, tcpOptionBytes } from '@podlan/wire';
import { expect, test } from 'vitest';
import { acceptance, confirmation } from '../src/kernel/tcp-handshake.js';
import { ip, routed } from './links.js';

const LINUX: readonly TcpOption[] = [
  { kind: 'mss', bytes: 1460 },
  { kind: 'sack-permitted' },
  { kind: 'timestamps', value: 7, echo: 0 },
  { kind: 'nop' },
  { kind: 'window-scale', shift: 10 },
];
const kindsIn = ({ options }: Pick<TcpSegment, 'options'>) =>
  parseTcpOptions(options)!.map(({ kind }) => kind);

const syn = (...options: TcpOption[]): TcpSegment => ({
  ...{ sourcePort: 40_000, destinationPort: 80, sequence: 1, acknowledgment: 0, flags: TcpFlag.syn },
  ...{ window: 64_240, urgentPointer: 0, options: tcpOptionBytes(options), payload: new Uint8Array(0) },
});

test.each([
  ['10.0.1.2', 1500, 1460, 65_160],
  ['10.0.1.2', 1430, 1390, 64_766],
  ['fd00:1::2', 1500, 1440, 64_260],
  ['fd00:1::2', 1430, 1370, 65_184],
])('to %s over %i bytes the MSS is %i, and the window whole segments: %i', (client, mtu, mss, window) => {
  const { options, window: found } = accepted(client, mtu, ...LINUX);
  expect(parseTcpOptions(options)![0]).toEqual({ kind: 'mss', bytes: mss });
  expect(found).toBe(window);
});

test('without timestamps there is more room in a segment', () => {
  expect(accepted('10.0.1.2', 1500, { kind: 'mss', bytes: 1460 }).window).toBe(64_240);
});

test.each([
  ['all', LINUX, ['mss', 'sack-permitted', 'timestamps', 'nop', 'window-scale']],
  ['nothing', [], ['mss']],
  ['timestamps', [{ kind: 'timestamps', value: 7, echo: 0 }], ['mss', 'nop', 'nop', 'timestamps']],
  ['selective acknowledgments', [{ kind: 'sack-permitted' }], ['mss', 'nop', 'nop', 'sack-permitted']],
] as const)('who offers %s gets what he offered, in whole words', (_, offered, kinds) => {
  const answer = accepted('10.0.1.2', 1500, ...offered);
  expect(kindsIn(answer)).toEqual(kinds);
  expect(answer.options.length % 4).toBe(0);
});

test('the third packet has timestamps, and its window by the scale that both agreed on', () => {
  const first = syn(...LINUX);
  const second = { ...syn(), ...accepted('10.0.1.2', 1500, ...LINUX) };
  const third = confirmation(first, second);
  expect(kindsIn(third)).toEqual(['nop', 'nop', 'timestamps']);
  expect(third.window).toBe(63);
  expect(confirmation(syn(), syn())).toEqual({ options: new Uint8Array(0), window: 64_240 });
});

/** By host b, whose way back to `client` is so wide. */
function accepted(client: string, mtu: number, ...offered: TcpOption[]) {
  const host = routed().netns('b');
  host.device('eth0')!.mtu = mtu;
  return acceptance(host, ip(client), syn(...offered));
}
