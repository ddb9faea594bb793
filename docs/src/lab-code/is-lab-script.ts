/** Which blocks of commands can be played in the page: a lab that is brought up or traced in, and nothing besides. */

const LAB_LINE =
  /^podlan (lab (up|join|leave)\b|lab exec \S+ -- (ip|bridge|sysctl|nft|ping) |trace \S+ \S+(?!.*--snapshots))/;
const COMMENT = /^\s*(#.*)?$/;

export function isLabScript(code: string): boolean {
  const lines = code.split('\n').filter((line) => !COMMENT.test(line));
  const showsALab = lines.some((line) => /^podlan (lab up|trace)\b/.test(line));
  return showsALab && lines.every((line) => LAB_LINE.test(line) && !line.endsWith('&'));
}
