/** What Linux says when a connection begins: options and windows of the second and third packet (net/ipv4/tcp_output.c). */
import {
  type IpAddress,
  parseTcpOptions,
  type TcpOption,
  type TcpSegment,
  tcpOptionBytes,
} from '@podlan/wire';
import { mtuOf } from './ip-output.js';
import type { Netns } from './netns.js';

/** Of IP and TCP. */
const HEADER_BYTES = { 4: 40, 6: 60 };
const MOST_MSS = 65_495;
/** With two bytes of padding. */
const TIMESTAMPS_BYTES = 12;
/** Half of what tcp_rmem[1] is at first: the other half is for what the kernel notes beside the bytes. */
const RECEIVE_SPACE_BYTES = 65_536;
const MOST_WINDOW = 0xffff;
const NOP = { kind: 'nop' } as const;

type OptionOf<Kind extends TcpOption['kind']> = TcpOption & { readonly kind: Kind };

function optionIn<Kind extends TcpOption['kind']>(
  { options }: Pick<TcpSegment, 'options'>,
  kind: Kind,
): OptionOf<Kind> | undefined {
  return parseTcpOptions(options)?.find((one): one is OptionOf<Kind> => one.kind === kind);
}

/** Options and window of what answers a SYN from `client`: what it offered, and the MSS of the way to it. */
export function acceptance(
  netns: Netns,
  client: IpAddress,
  syn: TcpSegment,
): Pick<TcpSegment, 'options' | 'window'> {
  const timestamps = optionIn(syn, 'timestamps');
  const mss = mssTo(netns, client);
  const options: TcpOption[] = [{ kind: 'mss', bytes: mss }];
  const sack = optionIn(syn, 'sack-permitted');
  if (timestamps !== undefined)
    options.push(...(sack === undefined ? [NOP, NOP] : [sack]), answering(timestamps));
  else if (sack !== undefined) options.push(NOP, NOP, sack);
  // Every host here has the same tcp_rmem.
  const scale = optionIn(syn, 'window-scale');
  if (scale !== undefined) options.push(NOP, scale);
  const window = wholeSegments(mss - (timestamps === undefined ? 0 : TIMESTAMPS_BYTES));
  return { options: tcpOptionBytes(options), window };
}

/** Options and window of the third packet: `syn` was the first, `answer` the second. */
export function confirmation(syn: TcpSegment, answer: TcpSegment): Pick<TcpSegment, 'options' | 'window'> {
  const timestamps = optionIn(answer, 'timestamps');
  const options = timestamps === undefined ? [] : [NOP, NOP, answering(timestamps)];
  const shift = optionIn(answer, 'window-scale') && optionIn(syn, 'window-scale')?.shift;
  return { options: tcpOptionBytes(options), window: Math.ceil(syn.window / 2 ** (shift ?? 0)) };
}

/** The clocks of hosts begin anywhere: that of the other side does as well. */
const answering = ({ value }: OptionOf<'timestamps'>): TcpOption => ({
  kind: 'timestamps',
  value,
  echo: value,
});

function mssTo(netns: Netns, peer: IpAddress): number {
  const route = netns.fib.lookup({ destination: peer })?.route;
  const dev = route?.type === 'local' ? 'lo' : route?.dev;
  const mtu = route === undefined || dev === undefined ? 0 : mtuOf(netns, { ...route, dev });
  const headers = HEADER_BYTES[peer.includes(':') ? 6 : 4];
  return Math.min(MOST_MSS, Math.max(0, mtu - headers));
}

/** tcp_select_initial_window: as many segments as there is space for. */
function wholeSegments(segmentBytes: number): number {
  const space = segmentBytes > 0 ? RECEIVE_SPACE_BYTES - (RECEIVE_SPACE_BYTES % segmentBytes) : 0;
  return Math.min(MOST_WINDOW, space);
}
