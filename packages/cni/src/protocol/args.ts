/** `CNI_ARGS`: what a runtime says beside the configuration, as `KEY=value;KEY=value`. */
import { CNI_CODE, CniError } from '../cni-error.js';

/** Keys and values of `CNI_ARGS`. */
export type CniArgs = Readonly<Record<string, string>>;

/**
 * Reads `CNI_ARGS`. Throws CniError `INVALID_ENVIRONMENT` for a part without `=`, without a key, or named twice.
 * @example
 * ```ts
 * import { parseCniArgs } from '@podlan/cni/protocol';
 *
 * parseCniArgs('IgnoreUnknown=1;K8S_POD_NAME=web'); // => { IgnoreUnknown: '1', K8S_POD_NAME: 'web' }
 * parseCniArgs(''); // => {}
 * ```
 */
export function parseCniArgs(text: string): CniArgs {
  const args: Record<string, string> = Object.create(null);
  for (const part of text.split(';').filter((one) => one !== '')) {
    const at = part.indexOf('=');
    const key = part.slice(0, Math.max(at, 0));
    if (!/^[A-Za-z0-9_.-]+$/.test(key)) throw badArgs('KEY=value;KEY=value', part);
    if (key in args) throw badArgs(`${key} once`, `it again in ${text}`);
    args[key] = part.slice(at + 1);
  }
  return { ...args };
}

/**
 * Refuses keys that the plugin does not know, unless the runtime says `IgnoreUnknown=1`, as Kubernetes' do. Throws
 * CniError `INVALID_ENVIRONMENT` that names them.
 * @example
 * ```ts
 * import { requireKnownArgs } from '@podlan/cni/protocol';
 *
 * requireKnownArgs({ IgnoreUnknown: 'true', COLOUR: 'red' }, ['IP', 'MAC']);
 * requireKnownArgs({ IP: '10.244.1.7' }, ['IP', 'MAC']);
 * ```
 */
export function requireKnownArgs(args: CniArgs, known: readonly string[]): void {
  if (/^(1|t|true)$/i.test(args.IgnoreUnknown ?? '')) return;
  const unknown = Object.keys(args).filter((key) => key !== 'IgnoreUnknown' && !known.includes(key));
  if (unknown.length === 0) return;
  const { length, 0: first } = unknown;
  throw badArgs(`only ${known.join(', ')} unless IgnoreUnknown=1`, length > 1 ? unknown.join(', ') : first);
}

const badArgs = (expected: string, found: unknown): CniError =>
  new CniError(
    CNI_CODE.INVALID_ENVIRONMENT,
    'invalid CNI_ARGS',
    `expected ${expected}, found ${JSON.stringify(found)}`,
  );
