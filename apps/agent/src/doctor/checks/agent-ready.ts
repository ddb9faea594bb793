/** Whether podlan's agent answers, and has set up all that it has to: what `/readyz` tells. */
import type { Check } from '../check.js';
import { restartLines } from '../restart.js';

const agentReady: Check = {
  id: 'agent-ready',
  title: "podlan's agent answers, and is ready",
  page: 'agent#status',
  examine(scene) {
    const { source, unready } = scene.control;
    if (source !== 'podlan') return { skipped: 'no agent of podlan was found here' };
    if (unready === undefined) return { looked: ['podlan status'], problems: [] };
    return {
      looked: ['podlan status'],
      problems: [
        {
          verdict: 'error',
          why: 'The agent is not ready, or hangs: what is not there yet is not made, what changes is not followed, and on the wasm dataplane and the udp backend an agent that hangs carries nothing.',
          evidence: [`agent: ${unready || 'not ready'}`],
          mend: [
            'look into its log: journalctl -u podlan, or kubectl logs; a full disk, rights that lack and a store that is away are told there',
            ...restartLines(scene, 'where it hangs'),
          ],
        },
      ],
    };
  },
};

export const AGENT_CHECKS: readonly Check[] = [agentReady];
