/**
 * A controller that any of its parents aborts, too. `AbortSignal.any` would do, but in Node 20 the signal it returns
 * can be collected as garbage while somebody still listens to it, who then never hears of the abort. Abort it when it is done
 * with: its parents hold on to it until then.
 * @example
 * ```ts
 * import { controllerUnder } from '@podlan/fabric';
 *
 * const process = new AbortController();
 * const loop = controllerUnder(process.signal);
 * process.abort('asked to end');
 * loop.signal.reason; // => 'asked to end'
 * ```
 */
export function controllerUnder(...parents: readonly AbortSignal[]): AbortController {
  const controller = new AbortController();
  for (const parent of parents) {
    const abort = () => controller.abort(parent.reason);
    if (parent.aborted) abort();
    parent.addEventListener('abort', abort, { once: true });
    controller.signal.addEventListener('abort', () => parent.removeEventListener('abort', abort), {
      once: true,
    });
  }
  return controller;
}
