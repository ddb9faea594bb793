/** A plugin as functions, and its answers: what is printed, and the exit code. */
import { CNI_CODE, CniError } from '../cni-error.js';
import {
  type AddRequest,
  type CheckRequest,
  type CniCall,
  type CniRequest,
  type DelRequest,
  type GcRequest,
  type NetworkRequest,
  readRequest,
} from './request.js';
import { type CniResult, formatResult } from './result.js';
import { CNI_VERSIONS, type CniVersion } from './version.js';

/** What a plugin does for each verb. What it throws is answered as the specification's error. */
export interface CniPlugin {
  /** The versions it speaks, oldest first; all of {@link CNI_VERSIONS} where it is absent. */
  readonly versions?: readonly CniVersion[];
  add(request: AddRequest): Promise<CniResult>;
  del(request: DelRequest): Promise<void>;
  check(request: CheckRequest): Promise<void>;
  gc(request: GcRequest): Promise<void>;
  /** Throws CniError `NOT_AVAILABLE` or `LIMITED_CONNECTIVITY` where no pod can be attached. */
  status(request: NetworkRequest): Promise<void>;
}

/** What the runtime is answered. */
export interface CniAnswer {
  /** For standard output; may be empty. */
  readonly output: string;
  readonly exitCode: 0 | 1;
  /** What was thrown, for a log. */
  readonly error?: unknown;
}

/**
 * Answers one call of a runtime. Never rejects: whatever is thrown becomes the specification's error, with
 * code `INTERNAL` where it was no CniError.
 * @example
 * ```ts
 * import { answerCall, type CniPlugin } from '@podlan/cni/protocol';
 *
 * const nothing: CniPlugin = {
 *   add: async ({ config }) => config.prevResult ?? {},
 *   del: async () => {},
 *   check: async () => {},
 *   gc: async () => {},
 *   status: async () => {},
 * };
 * const { output, exitCode } = await answerCall(nothing, {
 *   env: { CNI_COMMAND: 'ADD', CNI_CONTAINERID: '4f2a', CNI_NETNS: '/run/netns/4f2a', CNI_IFNAME: 'eth0' },
 *   input: '{"cniVersion":"1.0.0","name":"podlan","type":"nothing"}',
 * });
 * exitCode; // => 0
 * JSON.parse(output); // => { cniVersion: '1.0.0', ips: [] }
 * (await answerCall(nothing, { env: {}, input: '' })).exitCode; // => 1
 * ```
 */
export async function answerCall(plugin: CniPlugin, call: CniCall): Promise<CniAnswer> {
  const versions = plugin.versions ?? CNI_VERSIONS;
  try {
    const request = readRequest(call, versions);
    const output =
      request.verb === 'VERSION'
        ? { cniVersion: versionOf(call, versions), supportedVersions: versions }
        : await answer(plugin, request);
    return { output: output === undefined ? '' : `${JSON.stringify(output)}\n`, exitCode: 0 };
  } catch (error) {
    return {
      output: `${JSON.stringify(errorJson(error, versionOf(call, versions)))}\n`,
      exitCode: 1,
      error,
    };
  }
}

async function answer(
  plugin: CniPlugin,
  request: Exclude<CniRequest, { verb: 'VERSION' }>,
): Promise<object | undefined> {
  switch (request.verb) {
    case 'ADD':
      return formatResult(await plugin.add(request), request.config.cniVersion);
    case 'CHECK':
      await plugin.check(request);
      return undefined;
    case 'DEL':
      await plugin.del(request);
      return undefined;
    case 'GC':
      await plugin.gc(request);
      return undefined;
    case 'STATUS':
      await plugin.status(request);
      return undefined;
  }
}

function errorJson(error: unknown, cniVersion: CniVersion): object {
  if (!(error instanceof CniError)) {
    return {
      cniVersion,
      code: CNI_CODE.INTERNAL,
      msg: 'a fault of the plugin itself',
      details: String(error),
    };
  }
  const { code, msg, details } = error;
  return { cniVersion, code, msg, ...(details === '' ? {} : { details }) };
}

/** It is answered in the configuration's version where that can be told, else in the newest. */
function versionOf({ input }: CniCall, versions: readonly CniVersion[]): CniVersion {
  try {
    const { cniVersion } = JSON.parse(input) as { cniVersion?: unknown };
    return versions.find((one) => one === cniVersion) ?? versions.at(-1)!;
  } catch {
    return versions.at(-1)!;
  }
}
