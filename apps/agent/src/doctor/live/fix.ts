/** Runs what mends problems of what podlan and flannel make themselves: the very lines of the report, each asked first. */
import { createInterface } from 'node:readline/promises';
import { runIn } from '@podlan/linux';
import type { CheckResult } from '../check.js';
import type { Patient } from './patient.js';

/** What is mended may bring out more: a device that is made anew has lost its rows. */
const MOST_ROUNDS = 3;

export interface Fixing extends Pick<Patient, 'netnsOf'> {
  /** Examines anew. */
  readonly look: () => Promise<CheckResult[]>;
  /** Do not ask. */
  readonly yes: boolean;
}

/** What is found at last. A line is asked about and run once. */
export async function fixAll(found: CheckResult[], { netnsOf, look, yes }: Fixing): Promise<CheckResult[]> {
  const terminal = yes ? undefined : createInterface({ input: process.stdin, output: process.stderr });
  const agreed = async () => terminal === undefined || isYes(await terminal.question(QUESTION));
  const asked = new Set<string>();
  let results = found;
  try {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      if (!(await fixEach(results, { netnsOf, agreed, asked }))) break;
      results = await look();
    }
    return results;
  } finally {
    terminal?.close();
  }
}

const QUESTION = 'run this? [y/N] ';
const isYes = (answer: string): boolean => /^y(es)?$/i.test(answer.trim());

interface Round extends Pick<Patient, 'netnsOf'> {
  readonly agreed: () => Promise<boolean>;
  readonly asked: Set<string>;
}

/** Asks once for all that a check found on a node: that may be a row for each of a thousand peers. False: nothing was run. */
async function fixEach(results: readonly CheckResult[], { netnsOf, agreed, asked }: Round): Promise<boolean> {
  let hasRun = false;
  for (const { node, title, lines } of byCheck(results.filter(({ fixable }) => fixable))) {
    const fresh = lines.filter((line) => !asked.has(`${node} ${line}`));
    if (fresh.length === 0) continue;
    for (const line of fresh) asked.add(`${node} ${line}`);
    say([`${node}: not so: ${title}`, ...shown(fresh)]);
    if (!(await agreed())) continue;
    for (const line of fresh) await runLine(netnsOf(node), line);
    hasRun = true;
  }
  return hasRun;
}

interface Mending extends Pick<CheckResult, 'node' | 'title'> {
  readonly lines: string[];
}

function byCheck(results: readonly CheckResult[]): Mending[] {
  const found = new Map<string, Mending>();
  for (const { node, check, title, mend } of results) {
    const key = `${node} ${check}`;
    const mending = found.get(key) ?? { node, title, lines: [] };
    mending.lines.push(...mend);
    found.set(key, mending);
  }
  return [...found.values()];
}

const MOST_SHOWN = 30;

const shown = (lines: readonly string[]): string[] => [
  ...lines.slice(0, MOST_SHOWN).map((line) => `  ${line}`),
  ...(lines.length > MOST_SHOWN ? [`  and ${lines.length - MOST_SHOWN} more lines like these`] : []),
];

/** Standard output is the report's. */
const say = (lines: readonly string[]): void => void process.stderr.write(`${lines.join('\n')}\n`);

/** What fails is told; the checks that follow show what is left. */
async function runLine(netns: string | undefined, line: string): Promise<void> {
  const { code, stderr } = await runIn(netns, ['sh', '-ec', line]);
  if (code !== 0) say([`  failed: ${line}: ${stderr.trim()}`]);
}
