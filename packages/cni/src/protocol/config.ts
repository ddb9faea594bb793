/** A plugin's configuration as a runtime hands it over on standard input: the keys that the specification knows. */
import * as v from 'valibot';
import { CNI_CODE, CniError } from '../cni-error.js';
import { CONTAINER_NAME } from './names.js';
import { readJson } from './read-json.js';
import { type CniDns, type CniResult, dnsJson, parseResult } from './result.js';
import { type CniVersion, requireVersion } from './version.js';

/** Keys and values that nobody has looked at yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** One interface of one container, as GC is told of those that still exist. */
export interface ContainerInterface {
  readonly containerId: string;
  readonly interfaceName: string;
}

/** What every plugin's configuration may hold. */
export interface PluginConfig {
  readonly cniVersion: CniVersion;
  /** The network's name. */
  readonly name: string;
  /** The plugin's executable. */
  readonly type: string;
  /** What the runtime says for the capabilities that the configuration declares. */
  readonly runtimeConfig: JsonObject;
  readonly args: JsonObject;
  readonly dns?: CniDns;
  /** What the plugin before in the chain, or an earlier ADD, answered. */
  readonly prevResult?: CniResult;
  /** GC only: everything else of this network is gone. */
  readonly validAttachments?: readonly ContainerInterface[];
  /** All keys as they came, with the plugin's own. */
  readonly json: JsonObject;
}

const jsonObject = v.record(v.string(), v.unknown());

/** A list is a record too, of its indexes. */
const plainObject = v.pipe(
  v.unknown(),
  v.check((value) => !Array.isArray(value), 'expected an object, found a list'),
  jsonObject,
);

const configJson = v.object({
  name: v.string(),
  type: v.string(),
  runtimeConfig: v.nullish(jsonObject, {}),
  args: v.nullish(jsonObject, {}),
  dns: v.nullish(dnsJson),
});

const attachmentsJson = v.array(v.object({ containerID: v.string(), ifname: v.string() }));

/** The keys of the specification, for plugins that refuse unknown ones. */
export const KNOWN_KEYS: readonly string[] = [
  'cniVersion',
  'cniVersions',
  'name',
  'type',
  'capabilities',
  'runtimeConfig',
  'args',
  'dns',
  'ipam',
  'ipMasq',
  'disableCheck',
  'disableGC',
  'loadOnlyInlinedPlugins',
  'prevResult',
];

export function parseConfig(input: string, versions: readonly CniVersion[]): PluginConfig {
  const json = readJson(plainObject, parseJson(input), 'the network configuration');
  const cniVersion = requireVersion(json.cniVersion, versions);
  const { name, type, runtimeConfig, args, dns } = readJson(
    configJson,
    json,
    '',
    CNI_CODE.INVALID_NETWORK_CONFIG,
  );
  requireNetworkName(name);
  const valid = json['cni.dev/valid-attachments'] ?? json['cni.dev/attachments'];
  return {
    cniVersion,
    name,
    type,
    runtimeConfig: runtimeConfig ?? {},
    args: args ?? {},
    ...(dns ? { dns } : {}),
    ...(json.prevResult === undefined || json.prevResult === null
      ? {}
      : { prevResult: parseResult(json.prevResult) }),
    ...(valid === undefined || valid === null ? {} : { validAttachments: attachments(valid) }),
    json,
  };
}

function parseJson(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch (cause) {
    const found = input.trim() === '' ? 'nothing' : (cause as Error).message;
    const details = `expected a network configuration in JSON on standard input, found ${found}`;
    throw new CniError(CNI_CODE.DECODING_FAILURE, 'not understood', details, { cause });
  }
}

function requireNetworkName(name: string): void {
  if (CONTAINER_NAME.test(name)) return;
  const details = `name: expected letters, digits, _ . and -, found ${JSON.stringify(name)}`;
  throw new CniError(CNI_CODE.INVALID_NETWORK_CONFIG, 'invalid network name', details);
}

const attachments = (value: unknown): ContainerInterface[] =>
  readJson(attachmentsJson, value, 'cni.dev/valid-attachments').map(({ containerID, ifname }) => ({
    containerId: containerID,
    interfaceName: ifname,
  }));
