/** `podlan trace` in the lab, whose snapshots are taken first, and a real packet beside the computed one. */
import type { ProbeOptions } from '@podlan/simulator';
import { familyOf } from '@podlan/wire';
import { captureLab } from '../lab/lab-snapshot.js';
import { type LabState, readLabState } from '../lab/lab-state.js';
import { underlayNetns } from '../lab/topology.js';
import { UsageError } from '../usage-error.js';
import { type Comparison, compare } from './comparison.js';
import { type NetnsOf, realWay } from './real-way.js';
import { type Traced, type TraceRequest, trace } from './trace.js';
import type { TraceReport } from './trace-report.js';
import { endBeyond, stationsOf } from './way-stations.js';

/** Of the lab that stands; with `live`, a real packet is sent too. */
export async function traceLab(lab: string, request: TraceRequest, live: boolean): Promise<TraceReport> {
  const state = readLabState(lab);
  if (state === undefined)
    throw new UsageError(
      `expected a lab named ${lab}, found none; start one with: podlan lab up, or give files that ` +
        'podlan snapshot wrote on your nodes with: --snapshots DIR',
    );
  const traced = await trace(await captureLab(state), request);
  return live ? { ...traced.report, live: await compareLive(state, traced) } : traced.report;
}

async function compareLive(state: LabState, { report, options, cluster }: Traced): Promise<Comparison> {
  const { source, result, destination } = report;
  const stations = stationsOf(result.hops);
  const beyond = endBeyond(stations, cluster.places, destination);
  const lookouts = beyond === undefined ? stations : [...stations, beyond];
  const netnsOf = realNetns(state);
  const real = await realWay({ netns: netnsOf(source), ...realOptions(options) }, lookouts, netnsOf);
  return compare(result, stations, real, destination, beyond);
}

function realNetns({ name, hosts, pods }: LabState): NetnsOf {
  const known = new Map([...hosts, ...pods].map((one) => [one.name, one.netns]));
  return (place) => known.get(place) ?? underlayNetns(name);
}

const LIVE_MS = 1000;
const UPPER_HEADER_BYTES = 8;
const DEFAULT_BYTES = 84;
/** What a probe has that says nothing of it. */
const DEFAULT_PORTS = { tcp: 80, udp: 53 } as const;

/** The same packet, as a socket is asked for it. */
function realOptions(options: ProbeOptions) {
  const { destination: to, protocol = 'icmp', size = DEFAULT_BYTES, dontFragment, ttl, sourcePort } = options;
  const headerBytes = (familyOf(to) === 4 ? 20 : 40) + UPPER_HEADER_BYTES;
  return {
    ...{ to, protocol, dontFragment, ttl, sourcePort, timeoutMs: LIVE_MS },
    ...(protocol === 'icmp' ? {} : { port: options.destinationPort ?? DEFAULT_PORTS[protocol] }),
    ...(protocol === 'tcp' ? {} : { payloadBytes: size - headerBytes }),
  };
}
