/**
 * The states of a TCP connection as netfilter follows them (nf_conntrack_proto_tcp.c), by the flags alone: sequence
 * numbers and windows are not looked at.
 */
import { TcpFlag } from '@podlan/wire';

/** `none`: before the first segment; `syn-sent-2`: both sides have sent a SYN. */
export type TcpState =
  | 'none'
  | 'syn-sent'
  | 'syn-recv'
  | 'established'
  | 'fin-wait'
  | 'close-wait'
  | 'last-ack'
  | 'time-wait'
  | 'close'
  | 'syn-sent-2';

/** `ignored`: the state stays; `invalid`: the segment belongs to no connection. */
export type TcpStep = TcpState | 'ignored' | 'invalid';

const STATES: readonly TcpState[] = [
  'none',
  'syn-sent',
  'syn-recv',
  'established',
  'fin-wait',
  'close-wait',
  'last-ack',
  'time-wait',
  'close',
  'syn-sent-2',
];

const ABBREVIATIONS: Readonly<Record<string, TcpStep>> = {
  SS: 'syn-sent',
  SR: 'syn-recv',
  ES: 'established',
  FW: 'fin-wait',
  CW: 'close-wait',
  LA: 'last-ack',
  TW: 'time-wait',
  CL: 'close',
  S2: 'syn-sent-2',
  IG: 'ignored',
  IV: 'invalid',
};

type Segment = 'syn' | 'synack' | 'fin' | 'ack' | 'rst';

/** Rows by what comes, columns by the state it comes in, in the order of STATES: the kernel's tcp_conntracks. */
const ORIGINAL: Readonly<Record<Segment, string>> = {
  syn: 'SS SS IG IG IG IG IG SS SS S2',
  synack: 'IV IV SR IV IV IV IV IV IV SR',
  fin: 'IV IV FW FW LA LA LA TW CL IV',
  ack: 'ES IV ES ES CW CW TW TW CL IV',
  rst: 'IV CL CL CL CL CL CL CL CL CL',
};
const REPLY: Readonly<Record<Segment, string>> = {
  syn: 'IV S2 IV IV IV IV IV SS IV S2',
  synack: 'IV SR IG IG IG IG IG IG IG SR',
  fin: 'IV IV FW FW LA LA LA TW CL IV',
  ack: 'IV IG SR ES CW CW TW TW CL IG',
  rst: 'IV CL CL CL CL CL CL CL CL CL',
};

/** What a segment with these flags makes of the state. */
export function tcpStep(state: TcpState, flags: number, direction: 'original' | 'reply'): TcpStep {
  const segment = segmentOf(flags);
  if (segment === undefined) return 'invalid';
  const row = (direction === 'original' ? ORIGINAL : REPLY)[segment].split(' ');
  return ABBREVIATIONS[row[STATES.indexOf(state)]!]!;
}

function segmentOf(flags: number): Segment | undefined {
  if (flags & TcpFlag.rst) return 'rst';
  if (flags & TcpFlag.syn) return flags & TcpFlag.ack ? 'synack' : 'syn';
  if (flags & TcpFlag.fin) return 'fin';
  return flags & TcpFlag.ack ? 'ack' : undefined;
}

/** Linux's defaults (net.netfilter.nf_conntrack_tcp_timeout_*). */
export const TCP_TIMEOUT_SECONDS: Readonly<Record<TcpState, number>> = {
  none: 0,
  'syn-sent': 120,
  'syn-recv': 60,
  established: 432_000,
  'fin-wait': 120,
  'close-wait': 60,
  'last-ack': 30,
  'time-wait': 120,
  close: 10,
  'syn-sent-2': 120,
};
