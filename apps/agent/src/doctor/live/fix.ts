/** Runs what mends problems of what podlan and flannel make themselves: the very lines of the report, each asked first. */
import { createInterface } from 'node:readline/promises';
import { runIn } from '@podlan/linux';
import type { CheckResult } from '../check.js';
import type { Patient } from './patient.js';

/** False where nothing was run. */
export async function fixAll(
  results: readonly CheckResult[],
  { netnsOf }: Pick<Patient, 'netnsOf'>,
  yes: boolean,
): Promise<boolean> {
  const terminal = yes ? undefined : createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await fixEach(
      results,
      netnsOf,
      async () => terminal === undefined || isYes(await terminal.question(QUESTION)),
    );
  } finally {
    terminal?.close();
  }
}

const QUESTION = 'run this? [y/N] ';
const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer.trim());

async function fixEach(
  results: readonly CheckResult[],
  netnsOf: Patient['netnsOf'],
  agreed: () => Promise<boolean>,
): Promise<boolean> {
  const done = new Set<string>();
  for (const { node, title, mend } of results.filter(({ fixable }) => fixable)) {
    const fresh = mend.filter((line) => !done.has(`${node} ${line}`));
    if (fresh.length === 0) continue;
    say([`${node}: not so: ${title}`, ...fresh.map((line) => `  ${line}`)]);
    if (!(await agreed())) continue;
    for (const line of fresh) {
      await runLine(netnsOf(node), line);
      done.add(`${node} ${line}`);
    }
  }
  return done.size > 0;
}

/** Standard output is the report's. */
const say = (lines: readonly string[]): void => void process.stderr.write(`${lines.join('\n')}\n`);

/** What fails is told; the checks that follow show what is left. */
async function runLine(netns: string | undefined, line: string): Promise<void> {
  const { code, stderr } = await runIn(netns, ['sh', '-ec', line]);
  if (code !== 0) say([`  failed: ${line}: ${stderr.trim()}`]);
}
