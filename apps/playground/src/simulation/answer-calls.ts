/** The other side of a {@link RemoteSimulation}, whatever thread it is in. */
import type { Call, Reply } from './messages';
import type { Simulation } from './simulation';

/** Of a worker's own scope, and of a port. */
interface Ends {
  addEventListener(type: 'message', listener: (event: MessageEvent<Call>) => void): void;
  postMessage(reply: Reply): void;
}

export function answerCalls(simulation: Simulation, ends: Ends): void {
  ends.addEventListener('message', async ({ data }) => ends.postMessage(await answer(simulation, data)));
}

async function answer(simulation: Simulation, { id, method, given }: Call): Promise<Reply> {
  try {
    const call = simulation[method] as (...given: readonly unknown[]) => Promise<unknown>;
    return { id, result: await call.apply(simulation, given) };
  } catch (error) {
    return { id, failed: (error as Error).message };
  }
}
