/**
 * The protocol of the Container Network Interface, for plugins in TypeScript: requests read and checked, results of
 * every version from 0.3.0 to 1.1.0, errors. No I/O: a plugin hands over its environment and standard input.
 * @module @podlan/cni/protocol
 */
export { CNI_CODE, type CniCode, CniError } from './cni-error.js';
export { type CniArgs, parseCniArgs, requireKnownArgs } from './protocol/args.js';
export type { ContainerInterface, JsonObject, PluginConfig } from './protocol/config.js';
export { KNOWN_KEYS } from './protocol/config.js';
export { answerCall, type CniAnswer, type CniPlugin } from './protocol/plugin.js';
export { readJson } from './protocol/read-json.js';
export * from './protocol/request.js';
export {
  type CniDns,
  type CniInterface,
  type CniIp,
  type CniResult,
  type CniRoute,
  formatResult,
  parseResult,
} from './protocol/result.js';
export { CNI_VERBS, CNI_VERSIONS, type CniVerb, type CniVersion } from './protocol/version.js';
