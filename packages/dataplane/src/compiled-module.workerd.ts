/** `#compiled-module` in workerd, which compiles WebAssembly when it loads a worker, and no bytes after that. */
import module from './dataplane.wasm';

export function compiledModule(): Promise<WebAssembly.Module> {
  return Promise.resolve(module);
}
