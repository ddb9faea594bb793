/** `podlan capture`: packets of this host's forwarder as a pcapng file, inner and outer. */
import { createWriteStream } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { IpAddress } from '@podlan/wire';
import type { Command } from 'commander';
import { noAgent } from '../agent/control-socket.js';
import { refused } from '../agent/control-stream.js';
import { parseAddress, parseNumber } from '../agent/flags/flag-values.js';
import { CAPTURE_PATH, type CaptureRequest } from '../capture/capture-order.js';
import { LOST_TRAILER, PACKETS_TRAILER } from '../capture/capture-trailers.js';
import { podAddresses } from '../flows/flow-choice.js';
import { UsageError } from '../usage-error.js';
import { type AgentFlags, declareAgentFlags } from './which-agent.js';
import { placeOf } from './which-place.js';

interface CaptureFlags extends AgentFlags {
  readonly lab?: string;
  readonly pod?: string;
  readonly host?: IpAddress;
  readonly peer?: IpAddress;
  readonly port?: number;
  readonly proto?: number;
  readonly count?: number;
  readonly duration?: number;
  readonly write?: string;
}

const PROTOCOLS: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 };
const number = (flag: string, least: number, most: number) => (text: string) =>
  parseNumber(flag, text, least, most);

export function declareCapture(program: Command): void {
  const capture = program
    .command('capture')
    .description('packets that the wasm dataplane of this host carries or drops, as a capture file (pcapng)');
  declareAgentFlags(capture)
    .option('--lab <name>', 'ask a host of this lab, given by --name; its pods are called by their names')
    .option('--pod <name|address>', 'only packets from or to this pod')
    .option('--host <address>', 'only packets from or to this inner address', (text) =>
      parseAddress('--host', text),
    )
    .option('--peer <address>', 'only packets to or from this node', (text) => parseAddress('--peer', text))
    .option('--port <port>', 'only TCP and UDP from or to this port', number('--port', 1, 65535))
    .option(
      '--proto <name|number>',
      'only this protocol: icmp, tcp, udp, icmpv6, sctp or a number',
      protocolOf,
    )
    .option('--count <packets>', 'end after so many', number('--count', 1, 1e9))
    .option('--duration <seconds>', 'end after so long', number('--duration', 1, 86_400))
    .option('-w, --write <file>', 'where to (default: standard output, or -, for tshark -r -)')
    .action(runCapture);
}

function protocolOf(text: string): number {
  return PROTOCOLS[text] ?? parseNumber('--proto', text, 0, 255);
}

function requestOf(flags: CaptureFlags, pods: Parameters<typeof podAddresses>[1]): CaptureRequest {
  const { pod, host, peer, port, proto: protocol, count } = flags;
  if (pod !== undefined && host !== undefined)
    throw new UsageError('--pod: expected it or --host, found both: give one, the other is seen anyway');
  const hosts = pod !== undefined ? podAddresses(pod, pods) : host !== undefined ? [host] : undefined;
  return {
    ...(hosts && { hosts }),
    ...(peer && { peer }),
    ...(port !== undefined && { port }),
    ...(protocol !== undefined && { protocol }),
    ...(count !== undefined && { count }),
  };
}

async function runCapture(flags: CaptureFlags): Promise<void> {
  const { socket, pods } = await placeOf(flags);
  const wanted = requestOf(flags, pods);
  const output = outputOf(flags.write);
  const outgoing = request({ socketPath: socket, path: CAPTURE_PATH, method: 'POST' });
  const answered = answerTo(outgoing, socket);
  outgoing.write(`${JSON.stringify(wanted)}\n`);
  // The end of the request is the end of the capture; what is on its way is written still.
  const end = () => outgoing.end();
  process.once('SIGINT', end).once('SIGTERM', end);
  const timer = flags.duration === undefined ? undefined : setTimeout(end, flags.duration * 1000);
  const incoming = await answered;
  process.stderr.write('podlan: capturing; Ctrl-C ends it\n');
  await pipeline(incoming, output);
  clearTimeout(timer);
  end();
  tell(incoming);
}

function answerTo(outgoing: ClientRequest, socket: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.on('error', (cause: NodeJS.ErrnoException) => reject(noAgent(socket, cause)));
    outgoing.once('response', (incoming) => {
      if (incoming.statusCode === 200) resolve(incoming);
      else
        refused(socket, incoming)
          .then(reject, reject)
          .finally(() => outgoing.end());
    });
  });
}

function outputOf(path = '-'): Writable {
  if (path !== '-') return createWriteStream(path, { mode: 0o600 });
  if (process.stdout.isTTY)
    throw new UsageError('expected a file or a program to read the capture, found a terminal: give -w FILE');
  return process.stdout;
}

/** An agent that ended has not said how many. */
function tell({ trailers }: IncomingMessage): void {
  const packets = trailers[PACKETS_TRAILER];
  if (packets === undefined)
    throw new Error('the agent ended before the capture did: the file has what came until then');
  process.stderr.write(`podlan: ${packets} packets, ${trailers[LOST_TRAILER]} lost for want of room\n`);
}
