/** A doc comment as read from its source: whether it says something, and the code of its `@example` blocks. */

const TAG = /^@(\w+)[ \t]*(.*)$/;
const FENCE = /^```(\w*)/;

/** The comment's lines without its frame, each with its number in the file (from 1). */
function linesOf(text, firstLine) {
  return text.split('\n').map((line, index) => ({
    number: firstLine + index,
    text: line
      .replace(/^\s*\/\*\*/, '')
      .replace(/\*\/\s*$/, '')
      .replace(/^\s*\*( |$)/, ''),
  }));
}

/** `{ title, code, line }` per fenced block of an `@example`; `line` is that of the block's first line of code. */
function* examplesIn(lines) {
  let title;
  let block;
  for (const { number, text } of lines) {
    const fence = FENCE.exec(text.trim());
    const tag = block || fence ? undefined : TAG.exec(text.trim());
    if (tag) title = tag[1] === 'example' ? tag[2] : undefined;
    else if (fence && block) {
      yield { title: block.title, code: block.code.join('\n'), line: block.line };
      block = undefined;
    } else if (fence && title !== undefined) block = { title, code: [], line: number + 1 };
    else block?.code.push(text);
  }
}

/** `text` is the comment with its slashes and stars, which begins at `firstLine` of its file. */
export function readDocComment(text, firstLine) {
  const lines = linesOf(text, firstLine);
  const tagAt = lines.findIndex((line) => TAG.test(line.text.trim()));
  const summary = lines.slice(0, tagAt < 0 ? undefined : tagAt).map((line) => line.text.trim());
  return { summary: summary.join(' ').trim(), examples: [...examplesIn(lines)] };
}
