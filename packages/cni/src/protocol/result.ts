/**
 * What ADD answers: interfaces, addresses, routes, DNS. Held in the newest version's shape, read from and written to
 * that of every version from 0.3.0 on.
 *
 *     0.3.0 to 0.4.0   every address has a `version`, "4" or "6"
 *     1.0.0            it has none
 *     1.1.0            interfaces have mtu, socketPath, pciID; routes mtu, advmss, priority, table, scope
 */
import {
  familyOf,
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  type MacAddress,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
} from '@podlan/wire';
import * as v from 'valibot';
import { CNI_CODE, CniError } from '../cni-error.js';
import { readJson } from './read-json.js';
import { type CniVersion, isAtLeast } from './version.js';

/** A network interface that a plugin made or was given. On the host where `sandbox` is absent. */
export interface CniInterface {
  readonly name: string;
  readonly mac?: MacAddress | undefined;
  /** In bytes. */
  readonly mtu?: number | undefined;
  /** Path of the network namespace it lies in. */
  readonly sandbox?: string | undefined;
  readonly socketPath?: string | undefined;
  readonly pciID?: string | undefined;
}

/** An address, with the length of its on-link prefix. */
export interface CniIp {
  readonly address: InterfaceAddress;
  readonly gateway?: IpAddress | undefined;
  /** Index into the result's interfaces. */
  readonly interface?: number | undefined;
}

/** A route inside the container. */
export interface CniRoute {
  readonly dst: IpPrefix;
  readonly gw?: IpAddress | undefined;
  readonly mtu?: number | undefined;
  readonly advmss?: number | undefined;
  readonly priority?: number | undefined;
  readonly table?: number | undefined;
  readonly scope?: number | undefined;
}

/** What the container's resolver should be told. */
export interface CniDns {
  readonly nameservers?: readonly string[] | undefined;
  readonly domain?: string | undefined;
  readonly search?: readonly string[] | undefined;
  readonly options?: readonly string[] | undefined;
}

/** What ADD answers, in the newest version's shape. */
export interface CniResult {
  readonly interfaces?: readonly CniInterface[] | undefined;
  readonly ips?: readonly CniIp[] | undefined;
  readonly routes?: readonly CniRoute[] | undefined;
  readonly dns?: CniDns | undefined;
}

const text = <T>(expected: string, parse: (text: string) => T | undefined) =>
  v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset: { value }, addIssue, NEVER }) => {
      const parsed = parse(value);
      if (parsed !== undefined) return parsed;
      addIssue({ message: `expected ${expected}, found ${JSON.stringify(value)}` });
      return NEVER;
    }),
  );

/** Go writes an empty text where others leave a key out: it comes out as undefined. */
const unlessEmpty = <T>(expected: string, parse: (text: string) => T | undefined) =>
  v.optional(
    v.pipe(
      text<T | ''>(expected, (value) => (value === '' ? '' : parse(value))),
      v.transform((value): T | undefined => (value === '' ? undefined : value)),
    ),
  );

const address = () => unlessEmpty('an IP address', parseIpAddress);
const plain = () => unlessEmpty('text', (value) => value);
const texts = v.array(v.string());
const whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

export const dnsJson = v.object({
  nameservers: v.optional(texts),
  domain: v.optional(v.string()),
  search: v.optional(texts),
  options: v.optional(texts),
});

const resultJson = v.object({
  interfaces: v.nullish(
    v.array(
      v.object({
        name: v.string(),
        mac: unlessEmpty('a MAC address', parseMacAddress),
        mtu: v.optional(whole),
        sandbox: plain(),
        socketPath: plain(),
        pciID: plain(),
      }),
    ),
  ),
  ips: v.nullish(
    v.array(
      v.object({
        address: text('an address with its prefix length', parseInterfaceAddress),
        gateway: address(),
        interface: v.nullish(whole),
      }),
    ),
  ),
  routes: v.nullish(
    v.array(
      v.object({
        dst: text('a prefix', parseIpPrefix),
        gw: address(),
        mtu: v.optional(whole),
        advmss: v.optional(whole),
        priority: v.optional(whole),
        table: v.optional(whole),
        scope: v.optional(whole),
      }),
    ),
  ),
  dns: v.optional(dnsJson),
});

/**
 * Reads a result of any version from 0.3.0 on, such as `prevResult`. Throws CniError `DECODING_FAILURE` that names the
 * key at fault.
 * @example
 * ```ts
 * import { parseResult } from '@podlan/cni/protocol';
 *
 * parseResult({ cniVersion: '0.4.0', ips: [{ version: '4', address: '10.244.1.2/24', gateway: '10.244.1.1' }] });
 * // => { ips: [{ address: '10.244.1.2/24', gateway: '10.244.1.1' }] }
 * ```
 */
export function parseResult(value: unknown, where = 'prevResult'): CniResult {
  const result = withoutAbsent(readJson(resultJson, value, where)) as CniResult;
  const count = result.interfaces?.length ?? 0;
  for (const [index, { interface: of }] of (result.ips ?? []).entries()) {
    if (of === undefined || of < count) continue;
    const expected = count === 0 ? 'none, as there are no interfaces' : `0 to ${count - 1}`;
    const details = `${where}.ips.${index}.interface: expected ${expected}, found ${of}`;
    throw new CniError(CNI_CODE.DECODING_FAILURE, 'not understood', details);
  }
  return result;
}

/**
 * The JSON object that `version` has for a result.
 * @example
 * ```ts
 * import { formatResult } from '@podlan/cni/protocol';
 * import { parseInterfaceAddress } from '@podlan/wire';
 *
 * const result = {
 *   interfaces: [{ name: 'eth0', mtu: 1450, sandbox: '/run/netns/a' }],
 *   ips: [{ address: parseInterfaceAddress('10.244.1.2/24')!, interface: 0 }],
 * };
 * formatResult(result, '1.1.0');
 * // => {
 * //      cniVersion: '1.1.0',
 * //      interfaces: [{ name: 'eth0', mtu: 1450, sandbox: '/run/netns/a' }],
 * //      ips: [{ address: '10.244.1.2/24', interface: 0 }],
 * //    }
 * formatResult(result, '0.4.0');
 * // => {
 * //      cniVersion: '0.4.0',
 * //      interfaces: [{ name: 'eth0', sandbox: '/run/netns/a' }],
 * //      ips: [{ version: '4', address: '10.244.1.2/24', interface: 0 }],
 * //    }
 * ```
 */
export function formatResult(result: CniResult, version: CniVersion): Record<string, unknown> {
  const isNew = isAtLeast(version, '1.1.0');
  const { interfaces, ips = [], routes, dns } = result;
  return withoutAbsent({
    cniVersion: version,
    interfaces: interfaces?.map((one) => (isNew ? one : interfaceBefore11(one))),
    ips: ips.map((one) => (isAtLeast(version, '1.0.0') ? one : ipBefore10(one))),
    routes: routes?.map((one) => (isNew ? one : { dst: one.dst, gw: one.gw })),
    dns,
  }) as Record<string, unknown>;
}

const interfaceBefore11 = ({ name, mac, sandbox }: CniInterface) => ({ name, mac, sandbox });
const ipBefore10 = (ip: CniIp) => ({ version: String(familyOf(ip.address)), ...ip });

/** `undefined` and `null` are keys that are not there. */
function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, one]) => one !== undefined && one !== null);
  return Object.fromEntries(present.map(([key, one]) => [key, withoutAbsent(one)]));
}
