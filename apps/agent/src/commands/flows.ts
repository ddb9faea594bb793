/** `podlan flows`: what the forwarder of this host carries, asked at the agent's socket. */
import { createInterface } from 'node:readline';
import type { IpAddress } from '@podlan/wire';
import type { Command } from 'commander';
import { askAgent } from '../agent/control-socket.js';
import { openStream } from '../agent/control-stream.js';
import { parseAddress } from '../agent/flags/flag-values.js';
import { type FlowChoice, isChosen, namesOf, podAddresses } from '../flows/flow-choice.js';
import type { LostEvent } from '../flows/flow-losses.js';
import { type FlowEvent, type FlowJson, type FlowReport, FOLLOW_FLOWS_PATH } from '../flows/flow-report.js';
import { eventText, flowsText, lostText, type NameOf } from '../flows/flow-text.js';
import { type AgentFlags, declareAgentFlags } from './which-agent.js';
import { placeOf } from './which-place.js';

interface FlowsFlags extends AgentFlags {
  readonly lab?: string;
  readonly pod?: string;
  readonly peer?: IpAddress;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export function declareFlows(program: Command): void {
  const flows = program
    .command('flows')
    .description('the flows that the wasm dataplane of this host carries or drops');
  declareAgentFlags(flows)
    .option('--lab <name>', 'ask a host of this lab, given by --name; its pods are called by their names')
    .option('--pod <name|address>', 'only flows that begin or end there')
    .option('--peer <address>', 'only flows to or from this node', (text) => parseAddress('--peer', text))
    .option('--follow', 'tell of flows as they begin, go on (every minute) and end')
    .option('--json', 'a line of JSON for each, with the names of IPFIX')
    .action(runFlows);
}

async function runFlows(flags: FlowsFlags): Promise<void> {
  const { socket, pods } = await placeOf(flags);
  const choice: FlowChoice = {
    ...(flags.pod !== undefined && { pods: podAddresses(flags.pod, pods) }),
    ...(flags.peer !== undefined && { peer: flags.peer }),
  };
  if (flags.follow) return follow(socket, choice, flags.json ? undefined : namesOf(pods));
  const report = (await askAgent(socket, '/flows')) as FlowReport;
  const chosen = report.flows.filter((flow) => isChosen(choice, flow));
  if (flags.json) print(chosen);
  else process.stdout.write(`${flowsText({ ...report, flows: chosen }, namesOf(pods))}\n`);
}

const print = (flows: readonly FlowJson[]): void => {
  for (const flow of flows) process.stdout.write(`${JSON.stringify(flow)}\n`);
};

/** Until the agent ends, or Ctrl-C. */
async function follow(socket: string, choice: FlowChoice, nameOf: NameOf | undefined): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const incoming = await openStream(socket, FOLLOW_FLOWS_PATH, stop.signal);
  try {
    for await (const line of createInterface({ input: incoming })) {
      const event = JSON.parse(line) as FlowEvent | LostEvent;
      // Whatever was chosen may be among the lost.
      if (event.event !== 'lost' && !isChosen(choice, event)) continue;
      process.stdout.write(`${nameOf ? textOf(event, nameOf) : line}\n`);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
}

const textOf = (event: FlowEvent | LostEvent, nameOf: NameOf): string =>
  event.event === 'lost' ? lostText(event) : eventText(event, nameOf);
