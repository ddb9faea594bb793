/** A mistake of the caller: the message alone is shown, without a stack. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
