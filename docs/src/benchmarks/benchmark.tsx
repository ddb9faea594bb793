/** The groups of one bench as tables that are charts: ratios to a baseline, bars that begin at it. */

import Translate from '@docusaurus/Translate';
import type { ReactNode } from 'react';
import styles from './benchmark.module.css';
import results from './results.json';

interface Row {
  readonly name: string;
  /** Of the baseline's: 2 is twice as fast. */
  readonly speed: number;
  readonly own?: boolean;
}

interface Group {
  readonly group: string;
  readonly baseline: string;
  readonly rows: readonly Row[];
}

interface Run {
  readonly at: string;
  readonly node: string;
  readonly machine: string;
  readonly command: string;
  readonly groups: readonly Group[];
}

const runs = results as Record<string, Run>;

/** How far the longest bar of a group goes, as a power of two; a difference of less than twice keeps bars short. */
const reachOf = (rows: readonly Row[]) => Math.max(1, ...rows.map(({ speed }) => Math.abs(Math.log2(speed))));

/** In percent of half the chart: to the right of the baseline what is faster, to the left what is slower. */
function Bar({ speed, reach }: { readonly speed: number; readonly reach: number }): ReactNode {
  const length = (Math.log2(speed) / reach) * 50;
  const style = { left: `${50 + Math.min(0, length)}%`, width: `${Math.abs(length)}%` };
  return (
    <span className={styles.chart}>
      <span className={styles.bar} style={style} />
    </span>
  );
}

function GroupTable({ group, baseline, rows }: Group): ReactNode {
  const reach = reachOf(rows);
  return (
    <table className={styles.group}>
      <caption>{group}</caption>
      <tbody>
        {rows.map(({ name, speed, own }) => (
          <tr key={name} className={own ? styles.own : undefined}>
            <th scope="row">{name}</th>
            <td aria-hidden="true">
              <Bar speed={speed} reach={reach} />
            </td>
            <td className={styles.ratio}>
              {name === baseline ? <Translate id="benchmark.baseline">baseline</Translate> : `${speed} ×`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** `of` is the name of the bench's file. Groups after the first `shown` are there to be unfolded. */
export default function Benchmark({
  of,
  shown = 4,
}: {
  readonly of: string;
  readonly shown?: number;
}): ReactNode {
  const { at, node, machine, command, groups } = runs[of]!;
  const rest = groups.slice(shown);
  return (
    <figure className={styles.benchmark}>
      <figcaption>
        <code>{command}</code>
        <span>
          {at.slice(0, 10)} · {machine} · Node.js {node.replace('v', '')}
        </span>
      </figcaption>
      <div className={styles.groups}>
        {groups.slice(0, shown).map((group) => (
          <GroupTable key={group.group} {...group} />
        ))}
      </div>
      {rest.length > 0 && (
        <details>
          <summary>
            <Translate id="benchmark.more" values={{ count: rest.length }}>
              {'{count} more'}
            </Translate>
          </summary>
          <div className={styles.groups}>
            {rest.map((group) => (
              <GroupTable key={group.group} {...group} />
            ))}
          </div>
        </details>
      )}
    </figure>
  );
}
