/** Modules that code imports: each gives on what the bundle holds, so that every name has the same classes behind it. */

/** What each package exports, by the name that it is imported by. */
export type Entries = Readonly<Record<string, object>>;

const HELD = Symbol.for('podlan.entries');

/** A module, as a URL that can be imported here. */
export const moduleUrl = (code: string): string =>
  URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));

export class EntryModules {
  readonly #entries: Entries;
  readonly #urls = new Map<string, string>();

  constructor(entries: Entries) {
    this.#entries = entries;
    Object.defineProperty(globalThis, HELD, { value: entries });
  }

  urlOf(name: string): string {
    const url = this.#urls.get(name) ?? moduleUrl(this.#moduleOf(name));
    this.#urls.set(name, url);
    return url;
  }

  #moduleOf(name: string): string {
    const names = Object.keys(this.#entries[name]!);
    const held = `globalThis[Symbol.for('${HELD.description}')]['${name}']`;
    return names.map((exported) => `export const ${exported} = ${held}.${exported};`).join('\n');
  }
}
