/** All moments of a lookup in a row, the two of a node together. */
import { type ReactNode, useEffect, useRef } from 'react';
import { useText } from '../../language';
import type { Moment } from '../walk-moments';
import styles from './stage.module.css';
import { text } from './text';

interface MomentRailProps {
  readonly moments: readonly Moment[];
  readonly at: number;
  readonly onMoment: (at: number) => void;
}

interface Group {
  readonly first: number;
  readonly moments: readonly Moment[];
}

function groupsOf(moments: readonly Moment[]): Group[] {
  return moments.flatMap((moment, first) => {
    if (moment.kind === 'run') return [];
    return [{ first, moments: moment.kind === 'bitmap' ? [moment, moments[first + 1]!] : [moment] }];
  });
}

export function MomentRail({ moments, at, onMoment }: MomentRailProps): ReactNode {
  const words = useText(text);
  const rail = useRef<HTMLOListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another moment is looked at
  useEffect(() => keepInSight(rail.current), [at]);
  return (
    <ol ref={rail} className={styles.rail} aria-label={words.rail}>
      {groupsOf(moments).map(({ first, moments: group }) => (
        <li key={first}>
          <small>{headOf(words, group[0]!)}</small>
          <span className={styles.group}>
            {group.map((moment, i) => (
              <button
                key={moment.kind}
                type="button"
                aria-current={first + i === at ? 'step' : undefined}
                className={first + i < at ? styles.done : undefined}
                onClick={() => onMoment(first + i)}
              >
                {words.chips[moment.kind]}
                {moment.kind !== 'answer' && <small>{words.bytes(moment.read.bytes.length)}</small>}
              </button>
            ))}
          </span>
        </li>
      ))}
    </ol>
  );
}

interface HeadWords {
  readonly bits: (from: number, to: number) => string;
  readonly nodeAt: (from: number, to: number) => string;
}

function headOf(words: HeadWords, { kind, bit, bits }: Moment): string {
  if (bits === 0) return '\u00a0';
  return (kind === 'direct' ? words.bits : words.nodeAt)(bit, bit + bits - 1);
}

/** Within the rail alone: the page stays where it is. */
function keepInSight(rail: HTMLElement | null): void {
  const current = rail?.querySelector<HTMLElement>('[aria-current]');
  if (!rail || !current) return;
  const left = current.getBoundingClientRect().left - rail.getBoundingClientRect().left;
  const right = left + current.offsetWidth;
  if (left < 48) rail.scrollLeft += left - 48;
  else if (right > rail.clientWidth - 48) rail.scrollLeft += right - rail.clientWidth + 48;
}
