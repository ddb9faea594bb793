/** How a probe ended, in words. */
import { crossingCount } from './crossings.js';
import { DROP_MEANINGS } from './drop-meanings.js';
import type { Hop } from './journey.js';
import { matchLines } from './match-lines.js';
import type { ProbeResult } from './probe.js';

/** The first line says it all; those that follow say why. */
export interface Outcome {
  readonly isGood: boolean;
  readonly lines: readonly string[];
}

export function outcomeOf(result: ProbeResult): Outcome {
  const { answered, arrived, lost } = result;
  if (answered) return { isGood: true, lines: [answeredText(result), crossingsText(result)] };
  if (lost !== undefined)
    return {
      isGood: false,
      lines: [lostText(lost, arrived), DROP_MEANINGS[lost.reason!], ...matchLines(lost)],
    };
  if (arrived) return { isGood: true, lines: ['arrived; no answer came back', crossingsText(result)] };
  return { isGood: false, lines: [`not arrived; last seen ${placeOf(result.hops.at(-1))}`] };
}

function answeredText({ hops }: ProbeResult): string {
  return hops.some(({ leg, event }) => leg === 'reply' && event === 'deliver')
    ? 'answered'
    : 'arrived, and refused: nobody listens there, and the sender is told so';
}

const crossingsText = ({ hops }: ProbeResult): string =>
  `crossings between user space and kernel on the sending side: ${crossingCount(hops)}`;

function lostText(lost: Hop, arrived: boolean): string {
  return `${arrived ? 'arrived, but the answer is lost' : 'lost'} ${placeOf(lost)}: ${lost.reason}`;
}

const placeOf = (hop: Hop | undefined): string =>
  hop === undefined ? 'nowhere' : `on ${hop.netns}${hop.device === undefined ? '' : `, ${hop.device}`}`;
