/** Where a real packet and a computed one part. */

import type { ProbeAnswer } from '@podlan/linux';
import type { ProbeResult } from '@podlan/simulator';
import type { IpAddress } from '@podlan/wire';
import type { PacketFacts } from './packet-facts.js';
import type { RealWay } from './real-way.js';
import type { Lookout, Station } from './way-stations.js';

type Place = Pick<Lookout, 'netns' | 'device' | 'leg' | 'direction'>;

/** What `--live` found. */
export interface Comparison {
  readonly agrees: boolean;
  /** The last device of the computed way where the real packet was as computed; null where it was at none. */
  readonly lastAgreed: Place | null;
  /** The device at which they part; null where they agree at every one. */
  readonly parting: Place | null;
  /** What each of them did there, or how each of them ended. */
  readonly computed: string;
  readonly real: string;
}

/** `beyond` is looked at last, where there is such a place. */
export function compare(
  result: ProbeResult,
  stations: readonly Station[],
  real: RealWay,
  to: IpAddress,
  beyond?: Lookout,
): Comparison {
  const at = stations.findIndex((station, i) => !isSame(station, real.sightings[i]));
  const lastAgreed = placeOf(stations[(at < 0 ? stations.length : at) - 1]);
  const parting = placeOf(stations[at]);
  if (parting !== null)
    return { agrees: false, lastAgreed, parting, ...difference(stations[at]!, real, at, to) };
  if (beyond !== undefined && real.sightings[stations.length] !== undefined)
    return {
      agrees: false,
      lastAgreed,
      parting,
      computed: endOf(result),
      real: `it came to ${placeText(beyond)}`,
    };
  const agrees = result.answered === isAnswered(real.answer, to);
  return { agrees, lastAgreed, parting, computed: endOf(result), real: answerText(real.answer, to) };
}

function placeOf(station: Station | undefined): Place | null {
  if (station === undefined) return null;
  const { netns, device, leg, direction } = station;
  return { netns, device, leg, direction };
}

const isSame = ({ facts }: Station, seen: PacketFacts | undefined): boolean =>
  seen !== undefined && textOf(facts) === textOf(seen);

const textOf = ({ layers }: PacketFacts): string => layers.join(' | ');

function difference({ facts }: Station, { sightings, answer }: RealWay, at: number, to: IpAddress) {
  const seen = sightings[at];
  const computed = textOf(facts);
  if (seen !== undefined) return { computed, real: textOf(seen) };
  return { computed, real: `it did not come by; ${answerText(answer, to)}` };
}

function endOf({ answered, arrived, lost }: ProbeResult): string {
  if (answered) return 'answered';
  if (lost !== undefined) return `lost on ${lost.netns}: ${lost.reason}`;
  return arrived ? 'arrived, not answered' : 'not arrived';
}

/** Also by an ICMP message that nobody listens there. */
function isAnswered({ reply, errors }: ProbeAnswer, to: IpAddress): boolean {
  return reply !== undefined || errors.some(({ origin, from }) => origin === 'icmp' && from === to);
}

function answerText(answer: ProbeAnswer, to: IpAddress): string {
  const { refused, reply, errors } = answer;
  if (isAnswered(answer, to))
    return `answered${reply === undefined ? '' : ` in ${reply.rttMs.toFixed(2)} ms`}`;
  if (refused !== undefined) return `its own kernel does not send it (${refused})`;
  const [error] = errors;
  if (error === undefined) return 'no answer came';
  return `${error.errno}${error.from === undefined ? '' : `, said by ${error.from}`}`;
}

export function comparisonText({ agrees, lastAgreed, parting, computed, real }: Comparison): string[] {
  const until = lastAgreed === null ? '' : ` agrees as far as ${placeText(lastAgreed)}`;
  if (agrees) return [`a real packet${until || ' agrees'}: ${real}`];
  const where = parting === null ? 'fares otherwise' : `parts at ${placeText(parting)}`;
  const first = `a real packet${until && `${until}, and`} ${where}`;
  return [first, `  computed: ${computed}`, `  real:     ${real}`];
}

function placeText({ netns, device, leg, direction }: Place): string {
  const way = leg === 'request' ? '' : ', on the way back';
  return `${netns} ${device} (${direction}${way})`;
}
