/**
 * The agent that runs under our name, as its successor sees it (hand-over.ts says what the two tell each other). One
 * that hands nothing over is ended, and we begin as after any restart.
 */
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { FdReceiver, LinuxError, listenerPid } from '@podlan/linux';
import * as v from 'valibot';
import { UsageError } from '../usage-error.js';
import {
  firstLine,
  HAND_OVER_PATH,
  HAND_OVER_PROTOCOL,
  HandOverAnswer,
  type HandOverRequest,
  ownNetns,
  PassedDevices,
  parseJson,
  UNWILLING,
} from './hand-over.js';
import { type Edges, edgesOf, FDS_OF_EDGES, Inheritance } from './inheritance.js';

/** Its node loop may be in the middle of thousands of changes. */
const ANSWER_MS = 10_000;
const TERM_MS = 5_000;
const KILL_MS = 2_000;
const LOOK_MS = 10;

interface Log {
  info(fields: object, message: string): void;
  warn(message: string): void;
}

/** An agent whose node loop rests for us, while its forwarders go on. */
export class Predecessor {
  readonly inheritance: Inheritance;
  readonly #outgoing: ClientRequest;
  /** Resolves when it has ended carrying packets: by our word, or by itself. */
  readonly ended: Promise<void>;

  constructor(outgoing: ClientRequest, incoming: IncomingMessage, inheritance: Inheritance) {
    this.#outgoing = outgoing;
    this.inheritance = inheritance;
    this.ended = new Promise((resolve) => {
      incoming.once('close', resolve);
      incoming.resume();
    });
    outgoing.on('error', () => {});
  }

  /** Our word that it may end. */
  async end(): Promise<void> {
    this.#outgoing.end();
    await this.ended;
  }

  /** Leaves all to it again, unless it has ended. */
  abandon(): void {
    this.#outgoing.destroy();
  }

  /**
   * Asks the agent at this socket to give way. Undefined: there was none, or it could not hand over and was ended.
   * `wantsFiles`: whether we carry packets by forwarders. Rejects where it can't be ended either.
   */
  static async relieve(socketPath: string, wantsFiles: boolean, log: Log): Promise<Predecessor | undefined> {
    const pid = pidAt(socketPath);
    if (pid === undefined) return undefined;
    try {
      return await askToGiveWay(socketPath, wantsFiles, log);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      log.warn(`the agent that runs hands nothing over, so it ends first: ${(error as Error).message}`);
      await endProcess(pid, socketPath);
      return undefined;
    }
  }
}

async function askToGiveWay(socketPath: string, wantsFiles: boolean, log: Log): Promise<Predecessor> {
  const path = `${socketPath}.${process.pid}.fds`;
  rmSync(path, { force: true });
  using receiver = FdReceiver.bind(path);
  const hello: HandOverRequest = {
    protocol: HAND_OVER_PROTOCOL,
    pid: process.pid,
    netns: ownNetns(),
    ...(wantsFiles && { filesTo: receiver.path }),
  };
  const outgoing = request({ socketPath, path: HAND_OVER_PATH, method: 'POST', agent: false });
  outgoing.write(`${JSON.stringify(hello)}\n`);
  try {
    const incoming = await responseTo(outgoing);
    const { pid, version } = v.parse(HandOverAnswer, parseJson(await firstLine(incoming)));
    const inheritance = new Inheritance(wantsFiles ? receivedEdges(receiver) : {});
    log.info({ pid, version }, 'taking over from the agent that runs');
    return new Predecessor(outgoing, incoming, inheritance);
  } catch (error) {
    outgoing.destroy();
    throw error;
  }
}

async function responseTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  const signal = AbortSignal.timeout(ANSWER_MS);
  const [incoming] = (await once(outgoing, 'response', { signal }).catch((cause: Error) => {
    if (!signal.aborted) throw cause;
    throw new Error(`no answer within ${ANSWER_MS / 1000} s`, { cause });
  })) as [IncomingMessage];
  if (incoming.statusCode === 200) return incoming;
  const said = await firstLine(incoming);
  if (incoming.statusCode === UNWILLING)
    throw new UsageError(`--replace: the agent that runs does not give way: ${said}`);
  throw new Error(`${incoming.statusCode}: ${said}`);
}

function receivedEdges(receiver: FdReceiver): Record<string, Edges> {
  const { text, fds } = receiver.receive() ?? { text: '[]', fds: [] };
  const devices = v.parse(PassedDevices, parseJson(text));
  const first = (device: number) => device * FDS_OF_EDGES;
  return Object.fromEntries(devices.map((dev, i) => [dev, edgesOf(fds.slice(first(i), first(i + 1)))]));
}

/** Who listens there; undefined: nobody does. */
function pidAt(socketPath: string): number | undefined {
  try {
    return listenerPid(socketPath);
  } catch (error) {
    if (error instanceof LinuxError && (error.errno === 'ENOENT' || error.errno === 'ECONNREFUSED'))
      return undefined;
    throw error;
  }
}

/** SIGTERM, and SIGKILL where that is not heard: all that an agent holds survives both. */
async function endProcess(pid: number, socketPath: string): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGTERM', TERM_MS],
    ['SIGKILL', KILL_MS],
  ] as const) {
    if (pid > 0) process.kill(pid, signal);
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline) {
      if (pidAt(socketPath) !== pid) return;
      await sleep(LOOK_MS);
    }
  }
  throw new UsageError(
    `the agent at ${socketPath} neither hands over nor ends${pid > 0 ? ` (process ${pid})` : ''}: stop it, then start this one`,
  );
}
