/** What a hop says, and the row it was decided by. */
import type { Hop, MatchedRow } from './journey.js';

/** One line where the row says it all, else the text and then the row. */
export function matchLines({ text, row }: Hop): string[] {
  if (row === undefined) return [text];
  const isSaid = row.text === text || row.text.endsWith(withoutHook(text));
  return isSaid && row.table !== 'nftables'
    ? [text]
    : isSaid
      ? [nftablesText(text, row)]
      : [text, rowText(row)];
}

export const rowText = ({ table, text }: MatchedRow): string => `${table}: ${text}`;

/** `forward: ip saddr 10.244.0.0/16 accept` -> `ip saddr 10.244.0.0/16 accept`. */
const withoutHook = (text: string): string => text.replace(/^[a-z]+: /, '');

const nftablesText = (text: string, row: MatchedRow): string => {
  const hook = /^([a-z]+): /.exec(text)?.[1];
  return hook === undefined ? row.text : `${hook}: ${row.text}`;
};
