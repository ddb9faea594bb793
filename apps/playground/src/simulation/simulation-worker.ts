/** The worker's side: simulates while the page draws and answers whoever uses it. */
import { LocalSimulation } from './local-simulation';
import type { Call, Reply } from './messages';

const simulation = new LocalSimulation();

async function answer({ id, method, given }: Call): Promise<Reply> {
  try {
    const call = simulation[method] as (...given: readonly unknown[]) => Promise<unknown>;
    return { id, result: await call.apply(simulation, given) };
  } catch (error) {
    return { id, failed: (error as Error).message };
  }
}

addEventListener('message', async ({ data }: MessageEvent<Call>) => postMessage(await answer(data)));
