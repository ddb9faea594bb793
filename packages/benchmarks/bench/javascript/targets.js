/** How far ahead of the fastest package with a table that answers the longest match each of our ways is. */
import { timesAsFast } from '@podlan/tooling/bench-report';
import { LONGEST_MATCH_RIVALS, OURS } from '../../contenders/all.js';

const belongsTo = (contenders) => (row) => contenders.some(({ name }) => row.name.startsWith(`${name}: `));

export function leads({ group, rows }) {
  const rivals = rows.filter(belongsTo(LONGEST_MATCH_RIVALS));
  if (rivals.length === 0) return [];
  const fastest = rivals.reduce((best, row) => (row.nanoseconds < best.nanoseconds ? row : best));
  return rows.filter(belongsTo(OURS)).map((row) => ({
    group,
    name: row.name,
    rival: fastest.name,
    times: timesAsFast(row, fastest),
  }));
}

export function printLeads(found) {
  console.log('\nOver the fastest package that answers the longest match, in the same rounds');
  for (const { group, name, rival, times } of found)
    console.log(`  ${group.padEnd(48)} ${name.padEnd(42)}${times.toPrecision(3).padStart(8)} x ${rival}`);
}
