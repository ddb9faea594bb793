/** Bits that only who has the key can tell: HMAC-SHA-256 of what is to be renamed. */

/** Less than this is guessed. */
const KEY_CHARACTERS_AT_LEAST = 16;

/**
 * A key for `redactSnapshot`: 128 bits, as text.
 * @example
 * ```ts
 * import { newRedactKey } from '@podlan/simulator/snapshot';
 *
 * newRedactKey().length; // => 32
 * newRedactKey() === newRedactKey(); // => false
 * ```
 */
export function newRedactKey(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}

export const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export class Pseudonyms {
  readonly #key: CryptoKey;
  readonly #known = new Map<string, Promise<Uint8Array>>();

  private constructor(key: CryptoKey) {
    this.#key = key;
  }

  static async under(key: string): Promise<Pseudonyms> {
    if (key.length < KEY_CHARACTERS_AT_LEAST)
      throw new RangeError(
        `key: expected at least ${KEY_CHARACTERS_AT_LEAST} characters, got ${key.length}; draw one with newRedactKey`,
      );
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const bytes = new TextEncoder().encode(key);
    return new Pseudonyms(await crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign']));
  }

  /** 32 bytes. `kind` keeps apart what is renamed for different reasons. */
  bytesFor(kind: string, text: string): Promise<Uint8Array> {
    const input = `${kind} ${text}`;
    const known = this.#known.get(input);
    if (known !== undefined) return known;
    const made = crypto.subtle
      .sign('HMAC', this.#key, new TextEncoder().encode(input))
      .then((signature) => new Uint8Array(signature));
    this.#known.set(input, made);
    return made;
  }

  /** Eight hexadecimal digits. */
  async wordFor(kind: string, text: string): Promise<string> {
    return hex(await this.bytesFor(kind, text)).slice(0, 8);
  }
}
