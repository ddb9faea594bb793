/** What goes wrong when a pod is attached, as the CNI specification words it: a code, a message, details. */

/** Codes 1 to 99 are the specification's ("Error" in its section 5); from 100 on they are podlan's own. */
export const CNI_CODE = {
  /** The configuration's `cniVersion` is none of the plugin's, or has not the verb. */
  INCOMPATIBLE_CNI_VERSION: 1,
  /** The message names the key and the value. */
  UNSUPPORTED_FIELD: 2,
  /** The container is not there; there is nothing of it to clean up. */
  UNKNOWN_CONTAINER: 3,
  INVALID_ENVIRONMENT: 4,
  IO_FAILURE: 5,
  /** What came on standard input, or was read elsewhere, is not the JSON it should be. */
  DECODING_FAILURE: 6,
  INVALID_NETWORK_CONFIG: 7,
  TRY_AGAIN_LATER: 11,
  /** STATUS: no pod can be attached. */
  NOT_AVAILABLE: 50,
  /** STATUS: no pod can be attached, and those that are may have lost their connections. */
  LIMITED_CONNECTIVITY: 51,
  NO_FREE_ADDRESS: 100,
  ALREADY_ATTACHED: 101,
  /** The bridge is there, with another subnet's address or as another kind of device. */
  BRIDGE_CONFLICT: 102,
  /** CHECK: the network is not what ADD had made. */
  NOT_AS_CONFIGURED: 103,
  /** A fault of the plugin itself. */
  INTERNAL: 999,
} as const;

/** One of {@link CNI_CODE}. */
export type CniCode = (typeof CNI_CODE)[keyof typeof CNI_CODE];

/**
 * What a runtime is answered where a pod can't be attached or has no address. Branch on `code`.
 * @example
 * ```ts
 * import { CNI_CODE, CniError } from '@podlan/cni/attach';
 *
 * const error = new CniError(CNI_CODE.NO_FREE_ADDRESS, 'no free address', 'all of 10.244.1.0/24 is in use');
 * error.code; // => 100
 * error.message; // => 'no free address: all of 10.244.1.0/24 is in use'
 * ```
 */
export class CniError extends Error {
  override readonly name = 'CniError';
  /** One of {@link CNI_CODE}, or a number from 100 on that another plugin chose. */
  readonly code: number;
  readonly msg: string;
  /** What was expected and found, and what to do; may be empty. */
  readonly details: string;

  constructor(code: number, msg: string, details = '', options?: ErrorOptions) {
    super(details === '' ? msg : `${msg}: ${details}`, options);
    this.code = code;
    this.msg = msg;
    this.details = details;
  }
}
