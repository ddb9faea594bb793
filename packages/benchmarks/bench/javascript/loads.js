/** Filling an empty table, by the prefix. What reads a file has no row: the file is made by our own writer. */
import { compare, keep } from '@podlan/tooling/bench-report';
import { Bench } from 'tinybench';
import { BASELINE } from '../../contenders/all.js';

/** Seconds each, at full size. */
const ONCE = { time: 0, iterations: 1, warmup: false };

export function loadGroup({ title, source, contenders, rounds }) {
  const loading = contenders.filter(({ readOnly }) => !readOnly);
  const tasks = Object.fromEntries(
    loading.map((contender) => [`${contender.name}: load`, async () => keep(await contender.load(source))]),
  );
  const bench = new Bench({ name: `Bulk load, ${title}, one prefix`, ...ONCE });
  const operations = source.routes.length;
  return compare(bench, { baseline: `${BASELINE.name}: load`, operations, tasks, rounds });
}
