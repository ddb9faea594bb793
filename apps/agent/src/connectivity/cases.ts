/** Who talks to whom, and how. */
import { type Family, familyOf, type IpAddress } from '@podlan/wire';
import { type End, familyName } from './end.js';

export const CASE_KINDS = ['ping', 'tcp', 'udp', 'full-mtu'] as const;
/** `full-mtu`: an echo request as large as the pod's MTU, which may not be fragmented. */
export type CaseKind = (typeof CASE_KINDS)[number];

export interface Case {
  readonly kind: CaseKind;
  readonly from: End;
  readonly to: End;
  readonly address: IpAddress;
}

/** What is tried between two ends, by what they are. */
const KINDS: Readonly<Record<string, readonly CaseKind[]>> = {
  'pod pod': CASE_KINDS,
  'pod host': ['ping', 'tcp'],
  'host pod': ['ping', 'tcp'],
  'pod peer': CASE_KINDS,
  'host peer': CASE_KINDS,
  'pod outside': ['ping'],
};

export function casesOf(from: readonly End[], to: readonly End[]): Case[] {
  return from.flatMap((one) => to.flatMap((other) => (isPair(one, other) ? between(one, other) : [])));
}

/** A host and its own pods are a pair too; a host talks to no host. */
const isPair = (from: End, to: End): boolean => from.name !== to.name && kindsOf(from, to).length > 0;

const kindsOf = (from: End, to: End): readonly CaseKind[] => KINDS[`${from.kind} ${to.kind}`] ?? [];

function between(from: End, to: End): Case[] {
  const families = new Set(from.addresses.map(familyOf));
  return to.addresses
    .filter((address) => families.has(familyOf(address)))
    .flatMap((address) => kindsOf(from, to).map((kind) => ({ kind, from, to, address })));
}

export const familyIn = ({ address }: Case): Family => familyOf(address);

/** `pod-a1 to pod-b1, tcp IPv4`. */
export const caseName = (one: Case): string =>
  `${one.from.name} to ${one.to.name}, ${one.kind} ${familyName(familyIn(one))}`;
