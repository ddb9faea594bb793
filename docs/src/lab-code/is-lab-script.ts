/** Which blocks of commands can be played in the page: a lab that is brought up, and what is done in it. */

const LAB_LINE =
  /^podlan (lab (join|leave) |lab join$|lab exec \S+ -- (ip|bridge|sysctl|nft|ping) |trace (?!.*--snapshots))/;
const COMMENT = /^\s*(#.*)?$/;

export function isLabScript(code: string): boolean {
  const [up, ...others] = code.split('\n').filter((line) => !COMMENT.test(line));
  if (!up?.startsWith('podlan lab up') || others.length === 0) return false;
  return others.every((line) => LAB_LINE.test(line));
}
