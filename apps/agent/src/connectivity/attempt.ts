/** One case, tried once. */
import { type ProbeAnswer, probe, type SendError } from '@podlan/linux';
import { type Family, parseIpAddress } from '@podlan/wire';
import { type Case, familyIn } from './cases.js';
import type { Talkers } from './talkers.js';

export interface Means {
  readonly talkers: Talkers;
  /** Where ends are knocked at that have no talker: nobody has to listen there. */
  readonly knockPort: number;
  /** For an answer to one packet, and for the silence in a connection. */
  readonly timeoutMs: number;
}

/** Of IP and of an echo request. */
const HEADER_BYTES: Readonly<Record<Family, number>> = { 4: 28, 6: 48 };

/** Undefined: all is well. Else why it is not. */
export async function attempt(one: Case, means: Means): Promise<string | undefined> {
  const { kind, from, to } = one;
  if (kind === 'ping' || kind === 'full-mtu') return echo(one, means);
  return from.isTalker && to.isTalker ? talk(one, kind, means) : knock(one, kind, means);
}

async function echo(one: Case, { timeoutMs }: Means): Promise<string | undefined> {
  const { kind, from, address: to } = one;
  const { netns } = from;
  const isFull = kind === 'full-mtu';
  const size = isFull ? { payloadBytes: from.mtu! - HEADER_BYTES[familyIn(one)], dontFragment: true } : {};
  const answer = await probe({ netns, to, timeoutMs, ...size });
  return answer.reply ? undefined : reasonOf(answer, timeoutMs, isFull ? from.mtu : undefined);
}

/** Where nobody of ours listens, whoever says that the port is closed has heard the packet. */
async function knock(one: Case, protocol: 'tcp' | 'udp', means: Means): Promise<string | undefined> {
  const { from, address: to } = one;
  const { timeoutMs, knockPort: port } = means;
  const answer = await probe({ netns: from.netns, to, protocol, port, timeoutMs });
  const isHeard = answer.reply || answer.errors.some((error) => error.origin === 'icmp' && error.from === to);
  return isHeard ? undefined : reasonOf(answer, timeoutMs);
}

async function talk(
  { from, to, address }: Case,
  protocol: 'tcp' | 'udp',
  { talkers, timeoutMs }: Means,
): Promise<string | undefined> {
  try {
    const source = await talkers.talk(from, to, { protocol, to: address, timeoutMs });
    const isOwn = from.addresses.some((own) => own === parseIpAddress(source));
    // A host has an address for each of its devices.
    if (isOwn || from.kind === 'host' || to.kind === 'host') return undefined;
    return `it came from ${source}, expected ${from.addresses.join(' or ')}: something translates addresses between pods`;
  } catch (error) {
    return (error as Error).message;
  }
}

function reasonOf({ refused, errors }: ProbeAnswer, timeoutMs: number, mtu?: number): string {
  const about = mtu === undefined ? '' : `a packet of ${mtu} bytes, the pod's MTU: `;
  const [error] = errors;
  if (error) return `${about}${whatWasSaid(error)}`;
  if (refused) return `${about}its own kernel does not send it (${refused})`;
  return `${about}no answer within ${timeoutMs} ms`;
}

function whatWasSaid({ origin, from, errno, type }: SendError): string {
  if (origin === 'local') return `its own kernel does not send it (${errno})`;
  return `${from ?? 'a router'} answered with an ICMP error (${errno}, type ${type})`;
}
