/**
 * Which interface carries the outer packets, and by which addresses, by flanneld's rules (pkg/ipmatch): --iface, then
 * --iface-regex, then --iface-can-reach; where none is given, --public-ip as an address of this host, then the default
 * route.
 */
import { type Family, familyOf, type IpAddress, type IpPrefix, parseIpAddress } from '@podlan/wire';
import { UsageError } from '../../usage-error.js';
import {
  type Departure,
  defaultDevice,
  departureTo,
  type HostInterface,
  hostInterfaces,
} from './host-interfaces.js';

export interface InterfaceChoice {
  /** Names or addresses; the first that is there. */
  readonly names: readonly string[];
  /** Matched against addresses, then against names. */
  readonly patterns: readonly RegExp[];
  readonly canReach?: IpAddress;
  /** What peers are told, where that is not the interface's own address. At most one per family. */
  readonly publicIps: readonly IpAddress[];
}

export interface ExternalInterface {
  readonly name: string;
  readonly mtu: number;
  /** Its own, one for each family of the pod networks, IPv4 first. */
  readonly addresses: readonly IpAddress[];
  /** Where peers send to, likewise. */
  readonly publicIps: readonly IpAddress[];
  /** What it reaches without a gateway, where a backend makes direct routes. */
  readonly onLink?: readonly IpPrefix[];
}

/** What there is to choose from. */
export interface Surroundings {
  readonly interfaces: readonly HostInterface[];
  /** By family of the pod networks. */
  readonly defaultDevices: readonly (string | undefined)[];
  readonly departure?: Departure | undefined;
}

interface Candidate {
  readonly found: HostInterface;
  /** Addresses that were asked for, or are in use already: they come before better ones. */
  readonly wanted: readonly IpAddress[];
}

/** Throws UsageError where none fits. An address of `current` is kept as long as its interface has it. */
export async function findExternalInterface(
  choice: InterfaceChoice,
  families: readonly Family[],
  current?: ExternalInterface,
): Promise<ExternalInterface> {
  const [interfaces, departure, ...defaultDevices] = await Promise.all([
    hostInterfaces(),
    choice.canReach && departureTo(choice.canReach),
    ...(isOpen(choice) ? families.map(defaultDevice) : []),
  ]);
  return chooseExternalInterface(choice, families, { interfaces, defaultDevices, departure }, current);
}

/** The choice itself. */
export function chooseExternalInterface(
  choice: InterfaceChoice,
  families: readonly Family[],
  around: Surroundings,
  current?: ExternalInterface,
): ExternalInterface {
  for (const { found, wanted } of candidates(choice, around)) {
    const held = current?.addresses ?? [];
    const preferred = [...wanted.filter((address) => held.includes(address)), ...wanted, ...held];
    const addresses = families.map((family) => addressOf(found, family, preferred));
    if (!addresses.every((address) => address !== undefined)) continue;
    const publicIps = addresses.map((address) => publicIpFor(choice, address));
    return { name: found.name, mtu: found.mtu, addresses, publicIps };
  }
  throw new UsageError(notFound(choice, families, around));
}

function* candidates(choice: InterfaceChoice, around: Surroundings): Generator<Candidate> {
  for (const name of choice.names) yield* byName(around, name);
  for (const pattern of choice.patterns) yield* byPattern(around, pattern);
  const { departure } = around;
  if (departure) yield* named(around, departure.dev, departure.source ? [departure.source] : []);
  if (!isOpen(choice)) return;
  for (const address of choice.publicIps) yield* byName(around, address);
  yield* byDefaultRoute(around);
}

const isOpen = ({ names, patterns, canReach }: InterfaceChoice): boolean =>
  names.length === 0 && patterns.length === 0 && canReach === undefined;

function named({ interfaces }: Surroundings, name: string, wanted: readonly IpAddress[] = []): Candidate[] {
  return interfaces.filter((one) => one.name === name).map((found) => ({ found, wanted }));
}

/** The interface of this name, or with this address, which comes first then: it was asked for. */
function byName(around: Surroundings, text: string): Candidate[] {
  const asked = parseIpAddress(text);
  if (asked === undefined) return named(around, text);
  const holds = ({ addresses }: HostInterface) => addresses.some(({ address }) => address === asked);
  return around.interfaces.filter(holds).map((found) => ({ found, wanted: [asked] }));
}

function byPattern({ interfaces }: Surroundings, pattern: RegExp): Candidate[] {
  const matching = interfaces.map((found) => ({
    found,
    wanted: found.addresses.map(({ address }) => address).filter((address) => pattern.test(address)),
  }));
  const byAddress = matching.filter(({ wanted }) => wanted.length > 0);
  const byInterface = interfaces.filter(({ name }) => pattern.test(name));
  return [...byAddress, ...byInterface.map((found) => ({ found, wanted: [] }))];
}

function byDefaultRoute(around: Surroundings): Candidate[] {
  const [first, second = first] = around.defaultDevices;
  return first === undefined || first !== second ? [] : named(around, first);
}

function addressOf(
  { addresses }: HostInterface,
  family: Family,
  preferred: readonly IpAddress[],
): IpAddress | undefined {
  const ours = addresses.filter(({ address }) => familyOf(address) === family);
  const asked = preferred.find((wanted) => ours.some(({ address }) => address === wanted));
  return asked ?? ours.find(({ isLocal }) => !isLocal)?.address;
}

function publicIpFor({ publicIps }: InterfaceChoice, address: IpAddress): IpAddress {
  return publicIps.find((one) => familyOf(one) === familyOf(address)) ?? address;
}

function notFound(choice: InterfaceChoice, families: readonly Family[], around: Surroundings): string {
  const here = around.interfaces.flatMap((one) => describe(one, families)).join(', ') || 'none';
  const needs = families.map((family) => `an IPv${family} address`).join(' and ');
  const advice = `It needs ${needs}. Name one by --iface NAME or --iface ADDRESS.`;
  return `expected ${expectation(choice, around)}, found only: ${here}. ${advice}`;
}

function describe({ name, addresses }: HostInterface, families: readonly Family[]): string[] {
  const usable = addresses
    .map(({ address }) => address)
    .filter((address) => families.includes(familyOf(address)));
  return usable.length === 0 ? [] : [`${name} (${usable.join(', ')})`];
}

function expectation(choice: InterfaceChoice, { defaultDevices }: Surroundings): string {
  if (isOpen(choice)) {
    const devices = defaultDevices.map((device) => device ?? 'none').join(' and ');
    return `an interface with the default route (it leaves by ${devices})`;
  }
  const asked = [...choice.names, ...choice.patterns.map(({ source }) => source)];
  const reach = choice.canReach === undefined ? [] : [`the way to ${choice.canReach}`];
  return `an interface that matches ${[...asked, ...reach].join(' or ')}`;
}
