/** One change of a loaded table: random prefixes of it are taken out and put back. */
import { compare, ROUND } from '@podlan/tooling/bench-report';
import { Bench } from 'tinybench';
import { BASELINE } from '../../contenders/all.js';
import { randomOf } from '../../tables/random.js';

const PREFIXES = 4096;
const CHANGED = 64;

const taskName = ({ name }) => `${name}: remove, insert`;

function changes({ insert, remove }, routes) {
  const random = randomOf(3);
  const some = Array.from({ length: PREFIXES }, () => routes[random(routes.length)]);
  let next = 0;
  const run = () => {
    for (let i = 0; i < CHANGED; i++) {
      const [prefix, value] = some[next + i];
      remove(prefix);
      insert(prefix, value);
    }
    next = (next + CHANGED) % PREFIXES;
  };
  return { run, operations: 2 * CHANGED };
}

export function updateGroup({ title, routes, loaded }) {
  const changeable = [...loaded].filter(([, { insert, remove }]) => insert && remove);
  const tasks = Object.fromEntries(
    changeable.map(([contender, filled]) => [taskName(contender), changes(filled, routes)]),
  );
  const bench = new Bench({ name: `Update, ${title}, prefixes as text`, ...ROUND });
  return compare(bench, { baseline: taskName(BASELINE), tasks });
}
