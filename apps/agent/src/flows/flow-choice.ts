/** Which flows are asked for, and what their ends are called. */
import type { IpAddress } from '@podlan/wire';
import { parseIpAddress } from '@podlan/wire';
import { UsageError } from '../usage-error.js';
import { destinationOf, type FlowJson, sourceOf } from './flow-report.js';
import type { NameOf } from './flow-text.js';

export interface FlowChoice {
  /** One of a flow's ends. */
  readonly pods?: readonly IpAddress[];
  readonly peer?: IpAddress;
}

interface Pod {
  readonly name: string;
  readonly address: string;
  readonly addresses: readonly string[];
}

const addressesOf = ({ address, addresses }: Pod): string[] => [address, ...addresses];

export function namesOf(pods: readonly Pod[]): NameOf {
  const names = new Map(
    pods.flatMap((pod) => addressesOf(pod).map((address) => [address, pod.name] as const)),
  );
  return (address) => names.get(address) ?? address;
}

/** Throws UsageError. */
export function podAddresses(text: string, pods: readonly Pod[]): IpAddress[] {
  const address = parseIpAddress(text);
  if (address !== undefined) return [address];
  const named = pods.find(({ name }) => name === text);
  if (named) return addressesOf(named).flatMap((one) => parseIpAddress(one) ?? []);
  const known = pods.map(({ name }) => name).join(', ') || 'names of pods are known with --lab only';
  throw new UsageError(`--pod: expected an address or a pod, found ${text}; ${known}`);
}

export function isChosen({ pods, peer }: FlowChoice, flow: FlowJson): boolean {
  if (peer !== undefined && flow.peerAddress !== peer) return false;
  const ends = [sourceOf(flow), destinationOf(flow)];
  return pods === undefined || pods.some((pod) => ends.includes(pod));
}
