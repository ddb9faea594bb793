/** One moment of a lookup: what is done, what it looks like in the structure, and the bytes that are read. */
import { prefixLength } from '@podlan/wire';
import type { ReactNode } from 'react';
import { useText } from '../../language';
import { ValueText } from '../address-field';
import { bitsOf, type Look, longestOf } from '../table-look';
import { hex, type Moment } from '../walk-moments';
import { DirectFigure } from './direct-figure';
import { ReadBytes } from './read-bytes';
import { RunFigure, SlotFigure } from './slot-figure';
import styles from './stage.module.css';
import { text } from './text';

interface MomentViewProps {
  readonly look: Look;
  readonly moment: Moment;
}

type Words = ReturnType<typeof useText<(typeof text)['en']>>;

export function MomentView({ look, moment }: MomentViewProps): ReactNode {
  const words = useText(text);
  return (
    <article className={styles.moment} aria-live="polite">
      <h3>{titleOf(words, moment)}</h3>
      <p>{whyOf(words, look, moment)}</p>
      <Figure look={look} moment={moment} />
      {moment.kind !== 'answer' && <ReadBytes moment={moment} />}
    </article>
  );
}

function titleOf({ titles }: Words, moment: Moment): string {
  if (moment.kind === 'bitmap') return titles.bitmap(hex(moment.step.node));
  if (moment.kind === 'run') return titles.run(hex(moment.step.node));
  return moment.kind === 'cell' ? titles.cell(hex(moment.step.at)) : titles[moment.kind];
}

function whyOf({ why }: Words, look: Look, moment: Moment): string {
  if (moment.kind === 'bitmap') return why.bitmap(64);
  if (moment.kind === 'run') return why.run(moment.step.rank, moment.step.runs);
  if (moment.kind === 'answer' && longestOf(look) === undefined) return why.nothing;
  return why[moment.kind];
}

function Figure({ look, moment }: MomentViewProps): ReactNode {
  const bits = bitsOf(look.address).slice(moment.bit, moment.bit + moment.bits);
  switch (moment.kind) {
    case 'direct':
      return <DirectFigure bits={bits} step={moment.step} />;
    case 'bitmap':
      return <SlotFigure bits={bits} step={moment.step} />;
    case 'run':
      return <RunFigure step={moment.step} />;
    case 'cell':
      return null;
    case 'answer':
      return <Answer look={look} />;
  }
}

function Answer({ look }: { readonly look: Look }): ReactNode {
  const words = useText(text);
  const longest = longestOf(look);
  if (longest === undefined) return <p className={styles.answer}>{words.noRoute}</p>;
  return (
    <p className={styles.answer}>
      <span className={styles.quiet}>{words.valueNumber(look.walk.number.toLocaleString('en'))}</span>
      <span className={styles.quiet}>{words.stands}</span>
      <strong>
        <ValueText value={longest.value} />
      </strong>
      <code>
        {longest.prefix.slice(0, longest.prefix.indexOf('/'))}
        <b>/{prefixLength(longest.prefix)}</b>
      </code>
    </p>
  );
}
