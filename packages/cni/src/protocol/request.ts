/** What a runtime asks: its environment and standard input, checked. */
import { CNI_CODE, CniError } from '../cni-error.js';
import { type CniArgs, parseCniArgs } from './args.js';
import { type ContainerInterface, type PluginConfig, parseConfig } from './config.js';
import { CONTAINER_NAME, INTERFACE_NAME } from './names.js';
import type { CniResult } from './result.js';
import { CNI_VERBS, CNI_VERSIONS, type CniVerb, type CniVersion, requireVerbIn } from './version.js';

/** How a runtime calls: the process' environment and all of its standard input. */
export interface CniCall {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input: string;
}

/** What every request but VERSION carries. */
export interface NetworkRequest {
  readonly config: PluginConfig;
  /** Folders with plugins (`CNI_PATH`). */
  readonly path: readonly string[];
}

/** ADD: make an interface in the container's namespace. */
export interface AddRequest extends NetworkRequest, ContainerInterface {
  /** Path of the network namespace (`CNI_NETNS`). */
  readonly netns: string;
  readonly args: CniArgs;
}

/** CHECK: is the interface as ADD made it? */
export interface CheckRequest extends AddRequest {
  readonly prevResult: CniResult;
}

/** DEL: take it away. The namespace may be gone. */
export interface DelRequest extends NetworkRequest, ContainerInterface {
  readonly netns?: string;
  readonly args: CniArgs;
}

/** GC: take away what belongs to none of these. */
export interface GcRequest extends NetworkRequest {
  readonly validAttachments: readonly ContainerInterface[];
}

/** A request, told apart by its verb. */
export type CniRequest =
  | ({ readonly verb: 'ADD' } & AddRequest)
  | ({ readonly verb: 'CHECK' } & CheckRequest)
  | ({ readonly verb: 'DEL' } & DelRequest)
  | ({ readonly verb: 'GC' } & GcRequest)
  | ({ readonly verb: 'STATUS' } & NetworkRequest)
  | { readonly verb: 'VERSION' };

/**
 * Reads and checks a call. Throws CniError: `INVALID_ENVIRONMENT`, `DECODING_FAILURE`, `INCOMPATIBLE_CNI_VERSION`,
 * `INVALID_NETWORK_CONFIG`.
 * @example
 * ```ts
 * import { readRequest } from '@podlan/cni/protocol';
 *
 * const env = { CNI_COMMAND: 'DEL', CNI_CONTAINERID: '4f2a', CNI_IFNAME: 'eth0' };
 * const request = readRequest({ env, input: '{"cniVersion":"1.0.0","name":"podlan","type":"podlan-cni"}' });
 * request.verb; // => 'DEL'
 * request.verb === 'DEL' && request.containerId; // => '4f2a'
 * ```
 */
export function readRequest(
  { env, input }: CniCall,
  versions: readonly CniVersion[] = CNI_VERSIONS,
): CniRequest {
  const verb = requireVerb(env.CNI_COMMAND);
  if (verb === 'VERSION') return { verb };
  const path = (env.CNI_PATH ?? '').split(':').filter((folder) => folder !== '');
  const attachment = verb === 'GC' || verb === 'STATUS' ? undefined : readAttachment(env);
  const netns = verb === 'ADD' || verb === 'CHECK' ? requireNetns(env.CNI_NETNS) : env.CNI_NETNS || undefined;
  const config = parseConfig(input, versions);
  requireVerbIn(config.cniVersion, verb);
  if (verb === 'STATUS') return { verb, config, path };
  if (verb === 'GC') return { verb, config, path, validAttachments: requireAttachments(config) };
  const common = { config, path, ...attachment! };
  if (verb === 'DEL') return { verb, ...common, ...(netns ? { netns } : {}) };
  if (verb === 'ADD') return { verb, ...common, netns: netns! };
  return { verb, ...common, netns: netns!, prevResult: requirePrevResult(config) };
}

function requireVerb(found: string | undefined): CniVerb {
  const verb = CNI_VERBS.find((one) => one === found);
  if (verb !== undefined) return verb;
  throw badEnvironment('CNI_COMMAND', `one of ${CNI_VERBS.join(', ')}`, found);
}

function readAttachment(env: CniCall['env']): ContainerInterface & { args: CniArgs } {
  const { CNI_CONTAINERID: containerId = '', CNI_IFNAME: interfaceName = '' } = env;
  if (!CONTAINER_NAME.test(containerId)) {
    throw badEnvironment('CNI_CONTAINERID', 'letters, digits, _ . and -', env.CNI_CONTAINERID);
  }
  if (!INTERFACE_NAME.test(interfaceName)) {
    throw badEnvironment('CNI_IFNAME', 'a device name of at most 15 bytes', env.CNI_IFNAME);
  }
  return { containerId, interfaceName, args: parseCniArgs(env.CNI_ARGS ?? '') };
}

function requireNetns(found: string | undefined): string {
  if (found?.startsWith('/')) return found;
  throw badEnvironment('CNI_NETNS', 'the absolute path of a network namespace', found);
}

function badEnvironment(name: string, expected: string, found: string | undefined): CniError {
  const said = found === undefined ? 'none' : JSON.stringify(found);
  const details = `expected ${expected}, found ${said}; it is the container runtime that sets it`;
  return new CniError(CNI_CODE.INVALID_ENVIRONMENT, `invalid ${name}`, details);
}

function requireAttachments({ validAttachments }: PluginConfig): readonly ContainerInterface[] {
  if (validAttachments) return validAttachments;
  const details =
    'cni.dev/valid-attachments: expected a list, found none; without it nothing is known to be gone';
  throw new CniError(CNI_CODE.INVALID_NETWORK_CONFIG, 'GC without attachments', details);
}

function requirePrevResult({ prevResult }: PluginConfig): CniResult {
  if (prevResult) return prevResult;
  const details = 'prevResult: expected what ADD answered, found none';
  throw new CniError(CNI_CODE.INVALID_NETWORK_CONFIG, 'CHECK without a result', details);
}
