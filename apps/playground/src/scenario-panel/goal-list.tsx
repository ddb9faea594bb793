/** What has to work, and whether it does. */
import type { ReactNode } from 'react';
import { useText } from '../language';
import type { GoalCheck } from '../scenarios';
import styles from './scenario-panel.module.css';
import { text } from './text';

export function GoalList({ check }: { readonly check: GoalCheck }): ReactNode {
  const words = useText(text);
  const { packets, lost, gone } = check;
  return (
    <div className={styles.goal}>
      <strong>{words.goal}</strong>
      <ul className={styles.checks}>
        {packets.map(({ packet, isThrough, findings }) => (
          <Item key={JSON.stringify(packet)} isGood={isThrough && findings.length === 0}>
            {words.through(packet.protocol, packet.from, packet.to)}
            {packet.size !== undefined && words.size(packet.size)}
            {isThrough && findings[0] && ` ${words.finding(findings[0].code)}`}
          </Item>
        ))}
        {gone.map((place) => (
          <Item key={place} isGood={false}>
            {words.gone(place)}
          </Item>
        ))}
        {lost.map(({ at, text: row }) => (
          <Item key={`${at} ${row}`} isGood={false}>
            {words.lost(at, row)}
          </Item>
        ))}
      </ul>
    </div>
  );
}

const Item = ({
  isGood,
  children,
}: {
  readonly isGood: boolean;
  readonly children: ReactNode;
}): ReactNode => (
  <li data-is-good={isGood}>
    <span>{isGood ? '✓' : '✗'}</span> {children}
  </li>
);
