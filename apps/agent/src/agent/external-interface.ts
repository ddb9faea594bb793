/** Which interface carries the outer packets, by flanneld's rules: --iface, --iface-regex, --public-ip, default route. */
import { runIn } from '@podlan/linux';
import { familyOf, type IpAddress, parseIpAddress } from '@podlan/wire';
import * as v from 'valibot';
import { UsageError } from '../usage-error.js';
import type { AgentOptions } from './options.js';

export interface ExternalInterface {
  readonly name: string;
  readonly mtu: number;
  readonly address: IpAddress;
}

const Interfaces = v.array(
  v.object({
    ifname: v.string(),
    mtu: v.number(),
    addr_info: v.array(v.object({ local: v.optional(v.string()), scope: v.optional(v.string()) })),
  }),
);
const Routes = v.array(v.object({ dev: v.optional(v.string()) }));

export async function findExternalInterface(
  options: Pick<AgentOptions, 'iface' | 'ifaceRegex' | 'publicIp'>,
): Promise<ExternalInterface> {
  const all = v.parse(Interfaces, await ipJson('address', 'show')).flatMap(withIpv4Address);
  const found =
    firstMatch(options.iface, (want) => all.find((one) => one.name === want) ?? withAddress(all, want)) ??
    firstMatch(options.ifaceRegex, (regex) => matchRegex(all, regex)) ??
    (noneAsked(options) ? await byAddressOrDefaultRoute(all, options.publicIp) : undefined);
  if (!found) throw new UsageError(notFound(options, all));
  return { name: found.name, mtu: found.mtu, address: found.addresses[0] as IpAddress };
}

async function ipJson(...args: string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runIn(undefined, ['ip', '-j', ...args]);
  if (code !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`);
  return JSON.parse(stdout || '[]');
}

interface Candidate {
  readonly name: string;
  readonly mtu: number;
  /** Global addresses first. */
  readonly addresses: readonly string[];
}

function withIpv4Address(one: v.InferOutput<typeof Interfaces>[number]): Candidate[] {
  const addresses = one.addr_info
    .toSorted((a, b) => Number(b.scope === 'global') - Number(a.scope === 'global'))
    .flatMap(({ local }) => parseIpAddress(local ?? '') ?? [])
    .filter((address) => familyOf(address) === 4);
  return addresses.length === 0 ? [] : [{ name: one.ifname, mtu: one.mtu, addresses }];
}

const noneAsked = (options: Pick<AgentOptions, 'iface' | 'ifaceRegex'>) =>
  options.iface.length === 0 && options.ifaceRegex.length === 0;

function firstMatch<T>(wanted: readonly string[], find: (want: string) => T | undefined): T | undefined {
  for (const want of wanted) {
    const found = find(want);
    if (found) return found;
  }
  return undefined;
}

function matchRegex(all: readonly Candidate[], text: string): Candidate | undefined {
  const regex = new RegExp(text);
  return (
    all.find((one) => one.addresses.some((address) => regex.test(address))) ??
    all.find((one) => regex.test(one.name))
  );
}

/** The interface with this address, which comes first: it was asked for. */
function withAddress(all: readonly Candidate[], address: string): Candidate | undefined {
  const found = all.find((one) => one.addresses.includes(address));
  return found && { ...found, addresses: [address] };
}

async function byAddressOrDefaultRoute(all: readonly Candidate[], publicIp: IpAddress | undefined) {
  const byAddress = publicIp && withAddress(all, publicIp);
  if (byAddress) return byAddress;
  const routes = v.parse(Routes, await ipJson('-4', 'route', 'show', 'default'));
  return all.find((one) => one.name === routes[0]?.dev);
}

function notFound(options: Pick<AgentOptions, 'iface' | 'ifaceRegex'>, all: readonly Candidate[]): string {
  const here = all.map((one) => `${one.name} (${one.addresses.join(', ')})`).join(', ') || 'none';
  const wanted = noneAsked(options)
    ? 'an interface with a default route'
    : `an interface that matches ${[...options.iface, ...options.ifaceRegex].join(' or ')}`;
  return `expected ${wanted}, found only: ${here}. Name one by --iface NAME or --iface ADDRESS.`;
}
