/** `#compiled-module` on Vercel's edge: as in workerd, but the bundler asks for a `?module` after the path. */
import module from './dataplane.wasm?module';

export function compiledModule(): Promise<WebAssembly.Module> {
  return Promise.resolve(module);
}
