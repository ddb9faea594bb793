/** Values from outside, checked against a schema. What is wrong is told by the key it stands at. */
import * as v from 'valibot';
import { CNI_CODE, CniError } from '../cni-error.js';

/**
 * A value checked against a valibot schema, such as a plugin's own keys. Throws CniError `code` that names the keys at
 * fault. `where` is the value's own name.
 * @example
 * ```ts
 * import { CNI_CODE, readJson } from '@podlan/cni/protocol';
 * import * as v from 'valibot';
 *
 * const schema = v.object({ hairpinMode: v.boolean() });
 * readJson(schema, { hairpinMode: true }, 'delegate'); // => { hairpinMode: true }
 * try {
 *   readJson(schema, { hairpinMode: 'yes' }, 'delegate', CNI_CODE.INVALID_NETWORK_CONFIG);
 * } catch (error) {
 *   (error as Error).message; // => 'not understood: delegate.hairpinMode: expected boolean, found "yes"'
 * }
 * ```
 */
export function readJson<const TSchema extends v.GenericSchema>(
  schema: TSchema,
  value: unknown,
  where: string,
  code: number = CNI_CODE.DECODING_FAILURE,
): v.InferOutput<TSchema> {
  const { success, output, issues } = v.safeParse(schema, value);
  if (success) return output;
  const faults = issues.map(
    (issue) => `${[where, v.getDotPath(issue)].filter(Boolean).join('.')}: ${issueText(issue)}`,
  );
  throw new CniError(code, 'not understood', faults.join('; '));
}

/** valibot says `Invalid type: Expected string but received 7`. */
const issueText = ({ message }: v.BaseIssue<unknown>): string =>
  message.replace(/^Invalid \w+: Expected (.*) but received (.*)$/s, 'expected $1, found $2');
