/** What the table is made of: its parts, how many pieces each has, and how many bytes. */
import type { TableShape, TrieShape } from '@podlan/dataplane';
import type { ReactNode } from 'react';
import { useText } from '../language';
import prefixStyles from './prefixes.module.css';
import styles from './shape-table.module.css';
import { text } from './text';

interface Row {
  readonly part: string;
  readonly pieces: string;
  readonly bytes: number;
}

type Words = ReturnType<typeof useText<(typeof text)['en']>>;

function trieRows(words: Words, family: 4 | 6, { direct, levels }: TrieShape): Row[] {
  return [
    { part: words.parts.direct(family), pieces: words.entries(direct.entries), bytes: direct.bytes },
    ...levels.map(({ bit, nodes, runs, bytes }) => ({
      part: words.parts.level(family, bit),
      pieces: words.nodesAndRuns(nodes, runs),
      bytes,
    })),
  ];
}

function rowsOf(words: Words, shape: TableShape): Row[] {
  const { prefixNodes, cells, recentAnswers, memoryBytes } = shape;
  const rows = [
    ...trieRows(words, 4, shape.ipv4),
    ...trieRows(words, 6, shape.ipv6),
    { part: words.parts.prefixNodes, pieces: words.nodes(prefixNodes.nodes), bytes: prefixNodes.bytes },
    { part: words.parts.cells, pieces: words.cells(cells.cells), bytes: cells.bytes },
    { part: words.parts.answers, pieces: '', bytes: recentAnswers.bytes },
  ].filter(({ bytes }) => bytes > 0);
  const used = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  return [...rows, { part: words.parts.rest, pieces: '', bytes: memoryBytes - used }];
}

export function ShapeTable({ shape }: { readonly shape: TableShape }): ReactNode {
  const words = useText(text);
  const rows = rowsOf(words, shape);
  const most = Math.max(...rows.map(({ bytes }) => bytes));
  return (
    <details className={styles.shape}>
      <summary>{words.shape}</summary>
      <p className={prefixStyles.quiet}>{words.shapeIntro}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.part}</th>
            <th scope="col">{words.pieces}</th>
            <th scope="col">{words.memory}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ part, pieces, bytes }) => (
            <tr key={part}>
              <th scope="row">{part}</th>
              <td>{pieces}</td>
              <td>
                {bytes.toLocaleString('en')}
                <span className={styles.share} style={{ width: `${(100 * bytes) / most}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{words.parts.all}</th>
            <td />
            <td>{shape.memoryBytes.toLocaleString('en')}</td>
          </tr>
        </tfoot>
      </table>
    </details>
  );
}
