/** Sends a probe through a lab, and tells what its two ends see of it. */
import type { SendError } from '@podlan/linux';
import { familyOf, type IpAddress } from '@podlan/wire';
import { liveProbe } from '../../dist/probe/live-probe.js';
import type { TestLab } from '../test-lab.js';
import type { FaultProbe, Symptom } from './fault.js';

/** In a lab an answer takes a millisecond. */
const TIMEOUT_MS = 500;
/** A port nobody listens on: the answer is that. */
const CLOSED_PORT = 9;

export interface RealProbe {
  /** At the device of whoever it was sent to. */
  readonly arrived: boolean;
  /** Pods other than that one that got it. */
  readonly elsewhere: readonly string[];
  readonly replied: boolean;
  /** The source address it came with, wherever it came out. */
  readonly sourceSeen?: IpAddress;
  /** The errno with which the sender's kernel did not send it. */
  readonly refused?: string;
  readonly errors: readonly SendError[];
}

export async function realProbe(lab: TestLab, wanted: FaultProbe): Promise<RealProbe> {
  const { from, to, protocol, dport, size, df, ttl } = wanted;
  const options = {
    netns: lab.netns(from),
    to: addressOf(lab, to, wanted.family ?? 4),
    protocol,
    port: protocol === undefined || protocol === 'icmp' ? undefined : (dport ?? CLOSED_PORT),
    payloadBytes: size,
    dontFragment: df,
    ttl,
    timeoutMs: TIMEOUT_MS,
  };
  const { sightings, replied, refused, errors } = await liveProbe(options, lookouts(lab, from, to));
  return {
    arrived: sightings.some(({ name }) => name === to),
    elsewhere: sightings.map(({ name }) => name).filter((name) => name !== to),
    replied,
    errors,
    ...(sightings[0] && { sourceSeen: sightings[0].source }),
    ...(refused !== undefined && { refused }),
  };
}

/** `eth0` of every pod that did not send it, and of a host where it goes to a host. */
function lookouts(lab: TestLab, from: string, to: string) {
  const { hosts, pods } = lab.state;
  return [...pods, ...hosts.filter(({ name }) => name === to)]
    .filter(({ name }) => name !== from)
    .map(({ name, netns }) => ({ name, netns, device: 'eth0' }));
}

export function addressOf(lab: TestLab, name: string, family: 4 | 6): IpAddress {
  const { addresses } = [...lab.state.hosts, ...lab.state.pods].find((one) => one.name === name)!;
  return addresses.find((address) => familyOf(address as IpAddress) === family) as IpAddress;
}

/** What is wrong with `found`, where `sound` is what the probe shows in the same lab with nothing wrong. */
export function symptomOf(found: RealProbe, sound: RealProbe): Symptom {
  if (found.refused !== undefined) return 'refused by the sender';
  if (found.elsewhere.length > 0) return 'arrives elsewhere';
  if (found.arrived && found.sourceSeen !== sound.sourceSeen) return 'arrives from another source';
  if (found.arrived) return found.replied ? 'none' : 'arrives, no reply';
  return found.errors.length > 0 ? 'answered by an ICMP error' : 'lost';
}
