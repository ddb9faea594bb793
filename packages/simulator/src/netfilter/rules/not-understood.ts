/** What a rule says that is not modelled: the rule is then taken not to match. */
export class NotUnderstood extends Error {
  constructor(what: unknown) {
    super(`not understood: ${typeof what === 'string' ? what : JSON.stringify(what)}`);
    this.name = 'NotUnderstood';
  }
}

/** What nft writes as an object of one key, `{"payload": {…}}`. */
export function tagged(json: unknown): [tag: string, body: unknown] | undefined {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const [first, ...others] = Object.entries(json);
  return first === undefined || others.length > 0 ? undefined : first;
}

/** The members of an object; none of anything else. */
export const members = (json: unknown): Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Record<string, unknown>) : {};
