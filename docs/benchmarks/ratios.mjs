/** What the page of benchmarks keeps of a bench's results: ratios, with the machine, the day and the command they come from. */

/** Names of what is podlan's own among the rows of all benches. */
const OWN = [
  /^(?:Numeric)?RouteTable\b/,
  /^Forwarder\./,
  /^wasm$/,
  /^(?:parse|emit|write|ipTo|ipFrom|macTo|macFrom)/,
  /^(?:internetChecksum|checksumHolds)\b/,
  /^(?:one view for all|a view for each)$/,
];

const isOwn = (name) => OWN.some((pattern) => pattern.test(name));

/** As many digits as a run on a shared machine is worth. */
const rounded = (ratio) => Number(ratio.toPrecision(ratio >= 100 ? 3 : 2));

const rowOf = ({ name, speed }) => ({ name, speed: rounded(speed), ...(isOwn(name) ? { own: true } : {}) });

const groupOf = ({ group, baseline, rows }) => ({ group, baseline, rows: rows.map(rowOf) });

/** `runs` is a bench-results.json, by the names of its benches; what has no groups has no ratios to one baseline. */
export function ratiosOf(runs) {
  const compared = Object.entries(runs).filter(([, { groups }]) => groups?.length > 0);
  return Object.fromEntries(
    compared.map(([name, { at, node, machine, command, groups }]) => [
      name,
      { at, node, machine, command, groups: groups.map(groupOf) },
    ]),
  );
}
