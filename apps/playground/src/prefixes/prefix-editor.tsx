/** Prefixes to type or paste, and what is wrong with which line. */
import { type ReactNode, useId, useRef } from 'react';
import { useText } from '../language';
import { EXAMPLE } from './own-table';
import styles from './prefix-editor.module.css';
import { type LineNotice, type LineProblem, MOST_LINES, type PrefixLines } from './prefix-lines';
import prefixStyles from './prefixes.module.css';
import { text } from './text';

const SHOWN = 5;

export interface PrefixEditorProps {
  readonly value: string;
  readonly lines: PrefixLines;
  readonly onChange: (value: string) => void;
}

export function PrefixEditor({ value, lines, onChange }: PrefixEditorProps): ReactNode {
  const words = useText(text);
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const { entries, problems } = lines;
  return (
    <div className={styles.editor}>
      <label htmlFor={id}>{words.prefixes}</label>
      <textarea
        id={id}
        ref={area}
        rows={11}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        aria-invalid={problems.length > 0}
        aria-describedby={`${id}-says`}
        value={value}
        onChange={({ target }) => onChange(target.value)}
      />
      <div className={styles.under}>
        <output>
          {words.prefixCount(entries.size)}
          {problems.length > 0 && <strong> · {words.problemCount(problems.length)}</strong>}
        </output>
        {value === EXAMPLE ? (
          <span>{words.pasteHint}</span>
        ) : (
          <button type="button" onClick={() => onChange(EXAMPLE)}>
            {words.example}
          </button>
        )}
      </div>
      <ul id={`${id}-says`} className={styles.says}>
        <LineWords lines={lines} onLine={(line) => area.current && chooseLine(area.current, line)} />
      </ul>
    </div>
  );
}

interface LineWordsProps {
  readonly lines: PrefixLines;
  readonly onLine: (line: number) => void;
}

function LineWords({ lines: { problems, notices }, onLine }: LineWordsProps): ReactNode {
  const words = useText(text);
  const all = [
    ...problems.map(({ line, problem }) => ({ line, isBad: true, says: problemWords(words, problem) })),
    ...notices.map(({ line, notice }) => ({ line, isBad: false, says: noticeWords(words, notice) })),
  ];
  return (
    <>
      {all.slice(0, SHOWN).map(({ line, isBad, says }) => (
        <li key={`${line}${says}`} className={isBad ? prefixStyles.bad : undefined}>
          <button type="button" onClick={() => onLine(line)}>
            {words.line(line)}
          </button>{' '}
          {says}
        </li>
      ))}
      {all.length > SHOWN && <li>{words.more(all.length - SHOWN)}</li>}
    </>
  );
}

type Words = ReturnType<typeof useText<(typeof text)['en']>>;

function problemWords({ problems }: Words, problem: LineProblem): string {
  if (problem.is === 'no-prefix') return problems.noPrefix(problem.got);
  return problem.is === 'bad-length'
    ? problems.badLength(problem.longest, problem.got)
    : problems.tooMany(MOST_LINES);
}

function noticeWords({ notices }: Words, notice: LineNotice): string {
  return notice.is === 'host-bits'
    ? notices.hostBits(notice.taken)
    : notices.again(notice.prefix, notice.first);
}

function chooseLine(area: HTMLTextAreaElement, line: number): void {
  const lines = area.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
}
