/** What an interface reaches without a gateway, by the main routing table. */
import { runIn } from '@podlan/linux';
import { ROUTE_PROTOCOL } from '@podlan/linux/model';
import { contains, subnetsOf } from '@podlan/linux/prefix';
import { type Family, type IpPrefix, parseIpPrefix, prefixLength } from '@podlan/wire';
import * as v from 'valibot';

const Routes = v.array(
  v.object({
    type: v.optional(v.string(), 'unicast'),
    dst: v.string(),
    dev: v.optional(v.string()),
    gateway: v.optional(v.string()),
    protocol: v.optional(v.string()),
  }),
);
type RouteJson = v.InferOutput<typeof Routes>[number];

interface Reach {
  readonly prefix: IpPrefix;
  readonly direct: boolean;
}

/** Prefixes of both families; a part that a longer route leads elsewhere is left out. */
export async function prefixesOnLink(device: string): Promise<IpPrefix[]> {
  const families = await Promise.all(([4, 6] as const).map((family) => reachOf(family, device)));
  return families.flatMap((reach) => {
    const elsewhere = reach.filter(({ direct }) => !direct).map(({ prefix }) => prefix);
    return reach.filter(({ direct }) => direct).flatMap(({ prefix }) => without(prefix, elsewhere));
  });
}

/** Not those that podlan made: they lead to pods, and a direct one by its peer's address. */
async function reachOf(family: Family, device: string): Promise<Reach[]> {
  const argv = ['ip', '-N', '-j', `-${family}`, 'route', 'show', 'table', 'main'];
  const { code, stdout, stderr } = await runIn(undefined, argv);
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr.trim()}`);
  return v
    .parse(Routes, JSON.parse(stdout || '[]'))
    .filter(({ protocol, type }) => protocol !== `${ROUTE_PROTOCOL}` && type !== 'multicast')
    .flatMap((route) => toReach(route, family, device));
}

function toReach({ dst, dev, gateway, type }: RouteJson, family: Family, device: string): Reach[] {
  const [all, bits] = family === 4 ? ['0.0.0.0/0', 32] : ['::/0', 128];
  const prefix = parseIpPrefix(dst === 'default' ? all : dst.includes('/') ? dst : `${dst}/${bits}`);
  if (prefix === undefined) return [];
  return [{ prefix, direct: type === 'unicast' && dev === device && gateway === undefined }];
}

/** `prefix` in pieces, less every one of `holes` that is longer. */
function without(prefix: IpPrefix, holes: readonly IpPrefix[]): IpPrefix[] {
  const inside = holes.filter((hole) => hole !== prefix && contains(prefix, hole));
  if (inside.length === 0) return [prefix];
  const halves = [...subnetsOf(prefix, prefixLength(prefix) + 1)];
  return halves.filter((half) => !inside.includes(half)).flatMap((half) => without(half, inside));
}
