/**
 * The module, from bytes embedded in this file's bundle: no file system, no fetch, no loader of a bundler. Compiled
 * once for all tables and forwarders of a realm.
 *
 * What `#compiled-module` is for Node.js, browsers, workers and bundlers; `imports` in package.json names the variants
 * for runtimes that refuse to compile bytes.
 */
import { moduleBase64 } from './generated/module.js';

let compiled: Promise<WebAssembly.Module> | undefined;

export function compiledModule(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(moduleBase64), (char) => char.charCodeAt(0)));
  return compiled;
}
