/**
 * The plugin's own keys, named as flannel's plugin and the bridge plugin name them. What isn't known, or known and not
 * done here, is refused with its name: nothing in a configuration is without effect.
 */
import {
  CNI_CODE,
  CniError,
  type JsonObject,
  KNOWN_KEYS,
  type PluginConfig,
  readJson,
} from '@podlan/cni/protocol';
import { type IpPrefix, parseIpPrefix } from '@podlan/wire';
import * as v from 'valibot';

export interface Settings {
  readonly subnetFile: string;
  /** Where flannel's plugin kept a file per pod. */
  readonly dataDir: string;
  readonly bridge: string;
  /** In bytes; that of subnet.env where it is absent. */
  readonly mtu?: number | undefined;
  readonly hairpin: boolean;
  readonly defaultRoute: boolean;
  /** host-local's folder. */
  readonly networksDir: string;
  /** Routed to the gateway before the pod networks. */
  readonly routes: readonly IpPrefix[];
}

const path = v.pipe(v.string(), v.regex(/^\//, 'expected an absolute path'));
const device = v.pipe(v.string(), v.regex(/^[a-zA-Z0-9_.-]{1,15}$/, 'expected a device name'));
/** From what IPv4 asks of every link (RFC 791) to what a length field holds. */
const mtu = v.pipe(v.number(), v.integer(), v.minValue(68), v.maxValue(65_535));
const prefix = v.pipe(
  v.string(),
  v.transform((text) => parseIpPrefix(text)),
  v.check((value) => value !== undefined, 'expected a prefix such as 10.0.0.0/8'),
  v.transform((value) => value as IpPrefix),
);

/** The bridge plugin's, in `delegate` as flannel has them, or beside it. */
const bridgeKeys = {
  bridge: v.optional(device),
  mtu: v.optional(mtu),
  hairpinMode: v.optional(v.boolean()),
  isGateway: v.optional(v.literal(true)),
  isDefaultGateway: v.optional(v.boolean()),
};
const ipamKeys = {
  type: v.optional(v.literal('host-local')),
  dataDir: v.optional(path, '/var/lib/cni/networks'),
  routes: v.optional(v.array(v.strictObject({ dst: prefix })), []),
};
const ownKeys = {
  subnetFile: v.optional(path, '/run/flannel/subnet.env'),
  dataDir: v.optional(path, '/var/lib/cni/flannel'),
};
const delegateKeys = { ...bridgeKeys, type: v.optional(v.literal('bridge')) };

const settingsJson = v.object({
  ...ownKeys,
  ...bridgeKeys,
  delegate: v.optional(v.object(delegateKeys), {}),
  ipam: v.optional(v.object(ipamKeys), {}),
});

/** Done by other means, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ipMasq: 'podlan agent --ip-masq masquerades for all pods',
  ranges: 'the range comes from subnet.env',
  subnet: 'the range comes from subnet.env',
  rangeStart: 'the range comes from subnet.env',
  rangeEnd: 'the range comes from subnet.env',
  gateway: "the gateway is the subnet's first address",
  resolvConf: 'use the key dns',
};

/** Throws CniError: `INVALID_NETWORK_CONFIG` for a wrong value, `UNSUPPORTED_FIELD`. */
export function readSettings({ json }: PluginConfig): Settings {
  const [unsupported] = unsupportedFields(json);
  if (unsupported) throw new CniError(CNI_CODE.UNSUPPORTED_FIELD, 'unsupported field', unsupported);
  return settingsOf(json);
}

/** For taking away: a key that ADD refuses must not keep what is there from going, and is told on standard error. */
export function readSettingsLeniently({ json }: PluginConfig): Settings {
  for (const one of unsupportedFields(json)) process.stderr.write(`podlan-cni: unsupported field: ${one}\n`);
  return settingsOf(json);
}

function settingsOf(json: JsonObject): Settings {
  const { subnetFile, dataDir, delegate, ipam, ...beside } = readJson(
    settingsJson,
    json,
    '',
    CNI_CODE.INVALID_NETWORK_CONFIG,
  );
  const bridge = { ...beside, ...delegate };
  return {
    subnetFile,
    dataDir,
    bridge: bridge.bridge ?? 'cni0',
    mtu: bridge.mtu,
    hairpin: bridge.hairpinMode ?? false,
    defaultRoute: bridge.isDefaultGateway ?? false,
    networksDir: ipam.dataDir ?? '/var/lib/cni/networks',
    routes: (ipam.routes ?? []).map(({ dst }) => dst),
  };
}

function unsupportedFields(json: JsonObject): string[] {
  const top = [...KNOWN_KEYS, ...Object.keys(ownKeys), ...Object.keys(bridgeKeys), 'delegate'];
  return [
    ...unknownIn('', json, top),
    ...unknownIn('delegate.', json.delegate, Object.keys(delegateKeys)),
    ...unknownIn('ipam.', json.ipam, Object.keys(ipamKeys)),
  ];
}

/** A dot makes a key someone's own, as `cni.dev/valid-attachments`. What is turned off is not missed. */
function unknownIn(where: string, value: unknown, known: readonly string[]): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(
      ([key, one]) => !key.includes('.') && !isOff(one) && (!known.includes(key) || isMasquerade(key, one)),
    )
    .map(([key, one]) => {
      const why =
        ELSEWHERE[key] ?? `expected only ${known.filter((name) => !KNOWN_KEYS.includes(name)).join(', ')}`;
      return `${where}${key}=${JSON.stringify(one)}: ${why}`;
    });
}

const isOff = (value: unknown): boolean => value === false || value === 0 || value === null || value === '';
const isMasquerade = (key: string, value: unknown): boolean => key === 'ipMasq' && value === true;
