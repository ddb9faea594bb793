/** This host's interfaces with their addresses, best ones first, as `ip` tells them. */
import { runIn } from '@podlan/linux';
import { type Family, familyOf, type IpAddress, parseIpAddress } from '@podlan/wire';
import * as v from 'valibot';

export interface HostInterface {
  readonly name: string;
  readonly mtu: number;
  /** Of both families, in flanneld's order: global before link-local, permanent before dynamic, temporary ones last. */
  readonly addresses: readonly HostAddress[];
}

export interface HostAddress {
  readonly address: IpAddress;
  /** For this host alone, as 127.0.0.1 is: taken only where it is asked for. */
  readonly isLocal: boolean;
}

/** Where a packet to some address would leave, and with which source. */
export interface Departure {
  readonly dev: string;
  readonly source?: IpAddress;
}

const flag = v.optional(v.boolean(), false);
const AddressInfo = v.object({
  local: v.optional(v.string(), ''),
  scope: v.optional(v.string()),
  dynamic: flag,
  temporary: flag,
  deprecated: flag,
  dadfailed: flag,
});
const Interfaces = v.array(
  v.object({
    ifname: v.string(),
    mtu: v.number(),
    addr_info: v.optional(v.array(AddressInfo), []),
  }),
);
const Routes = v.array(
  v.object({
    dev: v.optional(v.string()),
    prefsrc: v.optional(v.string()),
    flags: v.optional(v.array(v.string()), []),
  }),
);
type AddressJson = v.InferOutput<typeof AddressInfo>;

export async function hostInterfaces(): Promise<HostInterface[]> {
  const interfaces = v.parse(Interfaces, await ipJson('address', 'show'));
  return interfaces.map(({ ifname, mtu, addr_info }) => ({
    name: ifname,
    mtu,
    addresses: addr_info
      .filter(({ deprecated, dadfailed }) => !deprecated && !dadfailed)
      .toSorted((a, b) => rank(a) - rank(b))
      .flatMap(toAddress),
  }));
}

function rank({ local, scope, dynamic, temporary }: AddressJson): number {
  const isLinkLocal = scope === 'link' || local.startsWith('169.254.');
  return Number(isLinkLocal) * 4 + Number(temporary) * 2 + Number(dynamic);
}

function toAddress({ local, scope }: AddressJson): HostAddress[] {
  const address = parseIpAddress(local);
  return address === undefined ? [] : [{ address, isLocal: scope === 'host' }];
}

/** The device of the default route, the one with the lowest metric, whose link is up. */
export async function defaultDevice(family: Family): Promise<string | undefined> {
  const routes = v.parse(Routes, await ipJson(`-${family}`, 'route', 'show', 'default'));
  const isUp = ({ flags }: { flags: readonly string[] }) =>
    !flags.includes('linkdown') && !flags.includes('dead');
  return (routes.find(isUp) ?? routes[0])?.dev;
}

/** As `ip route get` has it; undefined where there is no way. */
export async function departureTo(destination: IpAddress): Promise<Departure | undefined> {
  const json = await ipJson(`-${familyOf(destination)}`, 'route', 'get', destination).catch(() => []);
  const [route] = v.parse(Routes, json);
  const source = parseIpAddress(route?.prefsrc ?? '');
  return route?.dev === undefined ? undefined : { dev: route.dev, ...(source && { source }) };
}

async function ipJson(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runIn(undefined, ['ip', '-j', ...args]);
  if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`);
  return JSON.parse(stdout || '[]');
}
