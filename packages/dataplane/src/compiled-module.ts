/** The module as embedded bytes, compiled once for all tables and forwarders of this realm. */
import { moduleBase64 } from './generated/module.js';

let compiled: Promise<WebAssembly.Module> | undefined;

export function compiledModule(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(moduleBase64), (char) => char.charCodeAt(0)));
  return compiled;
}
