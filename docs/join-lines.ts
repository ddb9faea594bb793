/**
 * A remark plugin: a line of Chinese that is broken in the source goes on without a space.
 *
 * HTML makes a space of a line break. Between Latin words, and between Chinese and Latin, it is wanted; between two
 * Chinese characters, or beside full-width punctuation, it is a hole in the text.
 */

interface Node {
  type: string;
  value?: string;
  children?: Node[];
}

const HAN = '[\\u2e80-\\u2fff\\u3400-\\u9fff\\uf900-\\ufaff]';
const PUNCTUATION = '[\\u2014\\u2018-\\u201d\\u2026\\u3000-\\u303f\\uff01-\\uff65]';

const BREAK = new RegExp(`(?<=${HAN})\\n(?=${HAN})|(?<=${PUNCTUATION})\\n|\\n(?=${PUNCTUATION})`, 'gu');

/** Text as it is to be shown: `数据\n包` is `数据包`, `数据\npod` stays. */
export const joinedLines = (text: string): string => text.replace(BREAK, '');

function join(node: Node): void {
  if (node.type === 'text' && node.value) node.value = joinedLines(node.value);
  node.children?.forEach(join);
}

export default function joinLines(): (tree: Node) => void {
  return join;
}
