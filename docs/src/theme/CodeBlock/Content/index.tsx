/** The text of a code block, in the colours that it was given when the site was built. */

import { useCodeBlockContext } from '@docusaurus/theme-common/internal';
import type { Props } from '@theme/CodeBlock/Content';
import { type ReactNode, useContext, useMemo } from 'react';
import { cells } from '../../../coloured-code/full-width';
import { type Piece, piecesOf, readRuns } from '../../../coloured-code/runs';
import { RunsContext } from '../../../coloured-code/runs-context';
import styles from './content.module.css';

export default function CodeBlockContent({ className }: Props): ReactNode {
  const { metadata, wordWrap } = useCodeBlockContext();
  const { code, language } = metadata;
  const runs = useContext(RunsContext);
  const pieces = useMemo(() => piecesOf(code, readRuns(runs ?? '')), [code, runs]);
  return (
    <pre
      ref={wordWrap.codeBlockRef}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the page is scrolled by keys
      tabIndex={0}
      className={`prism-code language-${language} thin-scrollbar ${styles.block} ${className ?? ''}`}
    >
      <code className={styles.lines}>{pieces.map(coloured)}</code>
    </pre>
  );
}

const coloured = ({ text, colour }: Piece, index: number): ReactNode =>
  colour === undefined ? (
    cells(text)
  ) : (
    <span key={index} className={`code-${colour}`}>
      {cells(text)}
    </span>
  );
