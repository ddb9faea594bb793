/** Which agent is asked, and what the pods there are called: of a lab these have names. */
import type { podAddresses } from '../flows/flow-choice.js';
import { UsageError } from '../usage-error.js';
import { type AgentFlags, socketOf } from './which-agent.js';

interface Place {
  readonly socket: string;
  readonly pods: Parameters<typeof podAddresses>[1];
}

export async function placeOf(flags: AgentFlags & { readonly lab?: string }): Promise<Place> {
  if (flags.lab === undefined) return { socket: socketOf(flags), pods: [] };
  const [{ findHost, readLabState }, { agentSocket }] = await Promise.all([
    import('../lab/lab-state.js'),
    import('../lab/lab-agents.js'),
  ]);
  const state = readLabState(flags.lab);
  if (!state) throw new UsageError(`--lab: expected a lab that is up, found none called ${flags.lab}`);
  if (flags.name === undefined)
    throw new UsageError('--lab: expected --name with a host of the lab beside it, found none');
  return { socket: agentSocket(flags.lab, findHost(state, flags.name).name), pods: state.pods };
}
