/** From rounds to lines: medians, and ratios to the kernel's and the underlay's figure of the same round. */

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Three digits, which is more than a run on a shared machine is worth. */
const rounded = (value) => Number(value.toPrecision(3));

const pathsOf = (rounds) => Object.keys(rounds[0]).toSorted((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
const ORDER = ['wasm', 'kernel', 'dgram', 'underlay'];

const medianOf = (rounds, path, key) => rounded(median(rounds.map((round) => round[path][key])));

/** Within each round, because a shared machine changes its pace from one round to the next. */
const ratioOf = (rounds, path, key, other) =>
  rounded(median(rounds.map((round) => round[path][key] / round[other][key])));

function line(rounds, path, keys, rated) {
  return {
    path,
    ...Object.fromEntries(keys.map((key) => [key, medianOf(rounds, path, key)])),
    ofKernel: ratioOf(rounds, path, rated, 'kernel'),
    ofUnderlay: ratioOf(rounds, path, rated, 'underlay'),
  };
}

const linesOf = (rounds, rated) => {
  const keys = Object.keys(rounds[0].kernel);
  return pathsOf(rounds).map((path) => line(rounds, path, keys, rated));
};

export function summarize({ workloads, roundTrips, residentMB }) {
  const groups = Object.entries(workloads).map(([workload, rounds]) => ({
    workload,
    lines: linesOf(rounds, 'value'),
  }));
  const resident = Object.entries(residentMB).map(([path, megabytes]) => [path, rounded(megabytes)]);
  return {
    workloads: groups,
    roundTrips: linesOf(roundTrips, 'medianMs'),
    residentMB: Object.fromEntries(resident),
  };
}
