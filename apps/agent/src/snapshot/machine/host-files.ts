/** Files of a host's container network: CNI configurations, host-local's reservations, flannel's subnet.env. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prefixOf } from '@podlan/linux/prefix';
import type { CniConfig, Reservation, SubnetEnvFile } from '@podlan/simulator/snapshot';
import { type IpPrefix, parseInterfaceAddress, parseIpAddress, parseIpPrefix } from '@podlan/wire';

/** Undefined where there is no such directory, or none that may be read. */
const namesIn = async (directory: string): Promise<string[] | undefined> =>
  (await readdir(directory).catch(() => undefined))?.sort();

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');

/** Runtimes read these alone, in the order of their names. */
const IS_CONFIG = /\.(conf|conflist|json)$/;

export async function readCniConfigs(directory: string): Promise<CniConfig[] | undefined> {
  const files = (await namesIn(directory))?.filter((name) => IS_CONFIG.test(name));
  if (files === undefined) return undefined;
  const configs = files.map(async (file) => parseCniConfig(file, await textOf(join(directory, file))));
  return (await Promise.all(configs)).filter((config) => config !== undefined);
}

interface ConfigJson {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly plugins?: unknown;
}

/** Undefined for what no runtime could use. */
export function parseCniConfig(file: string, text: string): CniConfig | undefined {
  try {
    const config = JSON.parse(text) as ConfigJson;
    const plugins = Array.isArray(config.plugins) ? (config.plugins as ConfigJson[]) : [config];
    const types = plugins.flatMap(({ type }) => (typeof type === 'string' ? [type] : []));
    return { file, name: String(config.name ?? ''), types, subnets: [...subnetsIn(config)] };
  } catch {
    return undefined;
  }
}

/** Under any key `subnet`: host-local has it in `ipam`, and in its `ranges`. */
function* subnetsIn(value: unknown): Generator<IpPrefix> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const address = key === 'subnet' && typeof inner === 'string' ? parseInterfaceAddress(inner) : undefined;
    if (address !== undefined) yield parseIpPrefix(inner) ?? prefixOf(address);
    else yield* subnetsIn(inner);
  }
}

/** None where there is no such file. Lines of other programs are nobody's business. */
export async function readSubnetEnv(path: string): Promise<SubnetEnvFile | undefined> {
  const text = await readFile(path, 'utf8').catch(({ code }: NodeJS.ErrnoException) =>
    code === 'ENOENT' ? '' : undefined,
  );
  if (text === undefined) return undefined;
  return { lines: text.split(/\r?\n/).filter((line) => line.startsWith('FLANNEL_')) };
}

export async function readReservations(directory: string): Promise<Reservation[] | undefined> {
  const networks = await namesIn(directory);
  if (networks === undefined) return undefined;
  return (await Promise.all(networks.map((network) => reservationsOf(directory, network)))).flat();
}

async function reservationsOf(directory: string, network: string): Promise<Reservation[]> {
  const files = (await namesIn(join(directory, network))) ?? [];
  const found = files.map(async (file): Promise<Reservation[]> => {
    const address = parseIpAddress(file);
    if (address === undefined) return [];
    const [container = ''] = (await textOf(join(directory, network, file))).split(/\r?\n/);
    return [{ network, address, container }];
  });
  return (await Promise.all(found)).flat();
}
