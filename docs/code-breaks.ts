/**
 * A remark plugin: says of code within a text where its line may break, for src/css/site.css to do.
 *
 * `whole`: a short word with hyphens, such as an option, which browsers would break behind any of them.
 * `long`: a message, which breaks even where code stays on its line.
 */

interface Node {
  type: string;
  value?: string;
  data?: { hProperties?: Record<string, unknown> };
  children?: Node[];
}

/** On a line of a phone there is room for as many characters, in a list too. */
const MOST_WHOLE = 30;
/** As many are half the width of a page. */
const LEAST_LONG = 48;

export function breaksOf(code: string): 'whole' | 'long' | undefined {
  if (code.length >= LEAST_LONG) return 'long';
  return /^\S*-\S*$/.test(code) && code.length <= MOST_WHOLE ? 'whole' : undefined;
}

function mark(node: Node): void {
  const breaks = node.type === 'inlineCode' && node.value && breaksOf(node.value);
  if (breaks) {
    node.data ??= {};
    node.data.hProperties = { ...node.data.hProperties, className: breaks };
  }
  node.children?.forEach(mark);
}

export default function codeBreaks(): (tree: Node) => void {
  return mark;
}
