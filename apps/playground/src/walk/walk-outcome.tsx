/** How a walk ended, what is wrong where it went wrong, and what mends it. */
import { crossingCount, type Finding, type Hop } from '@podlan/simulator';
import type { ReactNode } from 'react';
import { useLanguage, useText } from '../language';
import type { Walk } from '../scene/scene';
import { dropMeaning, findingMeaning } from './meanings';
import { text } from './text';
import styles from './walk.module.css';

export function WalkOutcome({ walk: { result, findings, doubts } }: { readonly walk: Walk }): ReactNode {
  const words = useText(text);
  const { answered, arrived, lost, hops } = result;
  return (
    <div className={styles.outcome} role="status">
      <p className={answered ? styles.good : styles.bad}>
        <strong>{answered ? words.answered : arrived ? words.noAnswer : words.notArrived}</strong>
        {!answered && lost !== undefined && <Loss hop={lost} />}
      </p>
      {answered && <p className={styles.quiet}>{words.crossings(crossingCount(hops))}</p>}
      {doubts.length > 0 && (
        <div className={styles.finding}>
          <p>{words.doubtful}</p>
          <Lines title={words.skipped} lines={doubts} />
        </div>
      )}
      {findings.map((finding) => (
        <FindingNote key={`${finding.code} ${finding.node} ${finding.text}`} finding={finding} />
      ))}
    </div>
  );
}

function Loss({ hop: { netns, device, reason } }: { readonly hop: Hop }): ReactNode {
  const words = useText(text);
  const language = useLanguage();
  const place = device === undefined ? netns : `${netns}, ${device}`;
  return (
    <span>
      {' '}
      {words.lostAt(place)}: <code>{reason}</code> {reason && dropMeaning(reason, language)}
    </span>
  );
}

function FindingNote({ finding }: { readonly finding: Finding }): ReactNode {
  const words = useText(text);
  const { code, node, evidence, mend } = finding;
  return (
    <div className={styles.finding}>
      <p>
        <code>{code}</code> <strong>{node}</strong> {findingMeaning(code, useLanguage())}
        <br />
        <span className={styles.quiet}>{finding.text}</span>
      </p>
      <Lines title={words.evidence} lines={evidence} />
      <Lines title={words.mend} lines={mend} />
    </div>
  );
}

function Lines({ title, lines }: { readonly title: string; readonly lines: readonly string[] }): ReactNode {
  if (lines.length === 0) return null;
  return (
    <div className={styles.lines}>
      <span>{title}</span>
      <pre>{lines.join('\n')}</pre>
    </div>
  );
}
