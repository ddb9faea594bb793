/** Reads a JSON object the way Go's decoder does: keys in any case, null as absent, a wrong type is an error. */
import { LeaseError } from './lease.js';

/** Throws LeaseError `bad-config` in the one shape all configuration errors have. */
export function refuseConfig(problem: string, expected: string, found: string, advice: string): never {
  throw new LeaseError(
    'bad-config',
    `network config: ${problem}: expected ${expected}, found ${found}; ${advice}`,
  );
}

export class ConfigObject {
  readonly #path: string;
  readonly #values: ReadonlyMap<string, unknown>;

  private constructor(source: object, path: string) {
    this.#path = path;
    this.#values = new Map(Object.entries(source).map(([key, value]) => [key.toLowerCase(), value]));
  }

  /** From JSON text or from an object that is already decoded. */
  static parse(source: unknown): ConfigObject {
    const value = typeof source === 'string' ? decode(source) : source;
    if (!isObject(value)) {
      return refuseConfig(
        'not an object',
        'a JSON object',
        describe(value),
        'write {"Network": "10.244.0.0/16", …}',
      );
    }
    return new ConfigObject(value, '');
  }

  /** The object under `key`; undefined where it is absent or empty. */
  object(key: string): ConfigObject | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (!isObject(value)) return this.#refuse(key, 'an object', value);
    return Object.keys(value).length === 0 ? undefined : new ConfigObject(value, `${this.#path}${key}.`);
  }

  text(key: string): string | undefined {
    const value = this.#get(key);
    return value === undefined || typeof value === 'string' ? value : this.#refuse(key, 'a string', value);
  }

  boolean(key: string, byDefault: boolean): boolean {
    const value = this.#get(key) ?? byDefault;
    return typeof value === 'boolean' ? value : this.#refuse(key, 'true or false', value);
  }

  /** A whole number that is not negative. */
  integer(key: string): number | undefined {
    const value = this.#get(key);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    return this.#refuse(key, 'a whole number, 0 or more', value);
  }

  /** As {@link integer}, refused above `most`. */
  integerUpTo(key: string, most: number): number | undefined {
    const value = this.integer(key);
    return value === undefined || value <= most ? value : this.#refuse(key, `0 to ${most}`, value);
  }

  #get(key: string): unknown {
    return this.#values.get(key.toLowerCase()) ?? undefined;
  }

  #refuse(key: string, expected: string, value: unknown): never {
    return refuseConfig(
      `${this.#path}${key} has a wrong value`,
      expected,
      describe(value),
      'correct it or leave it out',
    );
  }
}

function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const found = (cause as Error).message;
    const message = `network config: not JSON: expected a JSON object, found ${found}; correct the text`;
    throw new LeaseError('bad-config', message, { cause });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
