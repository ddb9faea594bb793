/** The results as a person reads them. */
import { table } from '../dist/table.js';
import { WORKLOADS } from './workloads.js';

const UNITS = Object.fromEntries(WORKLOADS.map(({ name, unit }) => [name, unit]));
const percent = (share) => `${Number((share * 100).toPrecision(2))} %`;
const times = (ratio) => ratio.toFixed(2);
const HEAD = ['', '', 'ARRIVED', '', '/ KERNEL', '/ UNDERLAY', 'LOST', 'AGENTS', 'MACHINE', 'SEGMENTED'];

/** Datagrams of a size below the MTU are none, unless someone made trains of them. */
function segmented(workload, superPacketShare) {
  if (superPacketShare > 0) return `no: ${percent(superPacketShare)} passed whole`;
  return workload.startsWith('TCP') ? 'yes' : '-';
}

function workloadRow(workload, line) {
  const { path, value, ofKernel, ofUnderlay, loss, superPacketShare } = line;
  return [
    ...[workload, path, String(value), UNITS[workload], times(ofKernel), times(ofUnderlay)],
    loss === undefined ? '' : percent(loss),
    path === 'underlay' ? '-' : String(line.agentCpuSecondsPerGB),
    String(line.machineCpuSecondsPerGB),
    segmented(workload, superPacketShare),
  ];
}

const roundTripRow = ({ path, medianMs, p99Ms, ofKernel, ofUnderlay, loss }) => [
  ...[
    'round trip',
    path,
    `${medianMs}`,
    `ms (p99 ${p99Ms})`,
    times(ofKernel),
    times(ofUnderlay),
    percent(loss),
  ],
];

function labText({ underlayOffloads, workloads, roundTrips, residentMB }) {
  const rows = workloads.flatMap(({ workload, lines }) => lines.map((line) => workloadRow(workload, line)));
  const resident = Object.entries(residentMB).map(([path, megabytes]) => `${path} ${megabytes} MB`);
  return [
    `Underlay offloads ${underlayOffloads ? 'ON: hosts pass packets on as veth lets them' : 'OFF: hosts send as on a wire'}`,
    table(HEAD, [...rows, ...roundTrips.map(roundTripRow)]),
    `resident memory of an agent: ${resident.join(', ')}`,
  ].join('\n\n');
}

const LEGEND = `ARRIVED      payload, at the other end. UDP is sent as fast as one sender can; where none is lost, the sender, and the
             kernel's work in its name, set the pace
/ KERNEL     and / UNDERLAY: ratios within a round; above 1 is faster, for round trips slower
AGENTS       CPU seconds (user and system) of both agents for each GB of payload that arrived; the kernel's only look on
MACHINE      the same of the whole machine (user, system, interrupts hard and soft): all that the kernel does for a path,
             the sender and the receiver of the traffic, and whatever else was running
SEGMENTED    yes: the sending host put no frame on the underlay that is longer than its MTU, so TCP was segmented and its
             checksums made before. no: such super-packets passed, with their share of the bytes. On the kernel's path
             and the bare underlay nobody did either for these, neither sender nor receiver; podlan's forwarder may hand
             over trains of datagrams so, whose segments and checksums it has made.`;

export function reportText({ command, machine, loadAverage, node, rounds, seconds, labs }) {
  const where = `${machine}, Node.js ${node}, load average before: ${loadAverage.toFixed(2)}`;
  const heading = `${command}\n${where}\nmedians of ${rounds} rounds, ${seconds} s a run`;
  return ['', heading, ...labs.map(labText), LEGEND].join('\n\n');
}
