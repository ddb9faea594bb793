/** The groups of one table: every way of every contender, each checked against the oracle before it is timed. */
import { compare, ROUND } from '@podlan/tooling/bench-report';
import { Bench } from 'tinybench';
import { BASELINE } from '../../contenders/all.js';
import { rowName, wrongAnswers } from '../../contenders/contender.js';
import { questionsOf } from '../../contenders/questions.js';
import { traffic } from '../../tables/traffic.js';

const ADDRESSES = 65_536;
const CHECKED = 2048;

export const HITS_AND_MISSES = { hits: 'covered', misses: 'misses' };

function expectedOf(maps, list) {
  return Array.from({ length: list.size }, (_, at) => maps.lookup(list.words, at * list.width));
}

/** A reason not to time it, or undefined. */
function fault(contender, way, list, maps) {
  const few = list.first(CHECKED);
  try {
    const wrong = wrongAnswers(contender.kind, questionsOf(way, few).answers(), expectedOf(maps, few));
    return wrong === 0 ? undefined : `wrong on ${wrong} of ${few.size}`;
  } catch (error) {
    return `failed: ${error.message}`;
  }
}

function tasksOf(loaded, addresses, maps) {
  const [tasks, untimed] = [{}, {}];
  for (const [contender, { ways }] of loaded) {
    const list = addresses.first(contender.addresses ?? ADDRESSES);
    for (const [wayName, way] of Object.entries(ways)) {
      const name = rowName(contender, wayName);
      const reason = fault(contender, way, list, maps);
      if (reason) untimed[name] = reason;
      else tasks[name] = questionsOf(way, list).task();
    }
  }
  return { tasks, untimed };
}

/** Hits and misses; `loaded` has `[contender, what its load returned]`, `absent` names to reasons. */
export async function lookupGroups({ title, table, maps, loaded, absent }) {
  const groups = [];
  for (const [kind, trafficKind] of Object.entries(HITS_AND_MISSES)) {
    const addresses = traffic(trafficKind, { table, count: ADDRESSES });
    const { tasks, untimed } = tasksOf(loaded, addresses, maps);
    const bench = new Bench({ name: `Lookup, ${title}, ${kind}`, ...ROUND });
    const baseline = rowName(BASELINE, 'text');
    groups.push(await compare(bench, { baseline, tasks, untimed: { ...untimed, ...absent } }));
  }
  return groups;
}
