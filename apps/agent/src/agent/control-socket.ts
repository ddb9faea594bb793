/** The agent's Unix socket: JSON over HTTP, so that `curl --unix-socket` can read it too. */
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { makePrivateDirectory } from '../paths.js';
import { UsageError } from '../usage-error.js';

type Report = () => unknown | Promise<unknown>;

/** POST requests that are more than a question and its answer, by path. */
export type Conversations = Readonly<Record<string, RequestListener>>;

/** What a control socket does. */
export interface ControlSocketOptions {
  /** By path (`/status`). */
  readonly reports: Readonly<Record<string, Report>>;
  readonly conversations?: Conversations;
  /** Take the path from whoever serves it. */
  readonly replace?: boolean;
}

/** The socket is for its owner only. Closing the server leaves its path, which may be a successor's by then. */
export async function serveControlSocket(path: string, options: ControlSocketOptions): Promise<Server> {
  const { reports, conversations = {}, replace = false } = options;
  makePrivateDirectory(dirname(path));
  if (!replace) await refuseIfServed(path);
  const server = createServer((incoming, outgoing) => {
    const url = incoming.url ?? '';
    if (incoming.method === 'POST' && Object.hasOwn(conversations, url)) {
      conversations[url]?.(incoming, outgoing);
      return;
    }
    const report = Object.hasOwn(reports, url) ? reports[url] : undefined;
    const answer = (status: number, body: unknown) =>
      outgoing.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    if (!report || incoming.method !== 'GET') {
      answer(404, {
        error: `expected GET ${Object.keys(reports).join(' or ')}, found ${incoming.method} ${incoming.url}`,
      });
      return;
    }
    Promise.resolve()
      .then(report)
      .then((body) => answer(200, body))
      .catch((error: Error) => answer(500, { error: error.message }));
  });
  await listen(server, path);
  return server;
}

/** Under a name of its own first: closing a server removes the path that it was made at, though it be another's then. */
async function listen(server: Server, path: string): Promise<void> {
  const fresh = `${path}.${process.pid}`;
  rmSync(fresh, { force: true });
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(fresh, resolve));
  } finally {
    process.umask(before);
  }
  chmodSync(fresh, 0o600);
  renameSync(fresh, path);
}

/** Throws UsageError where an agent serves it. One that nobody listens on any more was left by an agent that was killed. */
export async function refuseIfServed(path: string): Promise<void> {
  const isServed = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => resolve(true)).on('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
  if (!isServed) return;
  throw new UsageError(
    `an agent already serves ${path}: stop it, take over from it with --replace, or give this one another --name`,
  );
}

const TIMEOUT_MS = 5000;

/** Somebody listens, and does not answer. */
export class SilentAgent extends Error {
  override readonly name = 'SilentAgent';
}

/** Asks a running agent. Rejects with what to do when none answers. */
export function askAgent(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, timeout: TIMEOUT_MS }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.on('end', () => {
        try {
          const body = JSON.parse(text) as { error?: string };
          if (incoming.statusCode === 200) resolve(body);
          else reject(new Error(`the agent at ${socketPath} answered ${incoming.statusCode}: ${body.error}`));
        } catch (cause) {
          reject(new Error(`the agent at ${socketPath} answered no JSON`, { cause }));
        }
      });
    });
    outgoing.on('timeout', () =>
      outgoing.destroy(new SilentAgent(`no answer within ${TIMEOUT_MS / 1000} s`)),
    );
    outgoing.on('error', (cause: NodeJS.ErrnoException) => reject(noAgent(socketPath, cause)));
    outgoing.end();
  });
}

/** Without root an agent is looked for in the user's own directory, and a host's is root's, or of the user of its unit. */
const START_IT = 'start it with: podlan agent';
const startHint = (uid: number | undefined): string =>
  uid === 0
    ? START_IT
    : `one that systemd or root started is asked as root (sudo podlan ...); else ${START_IT}`;

export function noAgent(
  socketPath: string,
  cause: NodeJS.ErrnoException,
  uid = process.getuid?.(),
): UsageError {
  if (cause instanceof SilentAgent)
    return new UsageError(
      `expected the agent at ${socketPath} to answer, found that it hangs (${cause.message}); look into its log, and start it anew: systemctl restart podlan`,
      { cause },
    );
  const hint =
    cause.code === 'EACCES'
      ? 'it belongs to another user: run this as that user, or as root'
      : startHint(uid);
  return new UsageError(
    `expected an agent at ${socketPath}, found none (${cause.code ?? cause.message}); ${hint}`,
    {
      cause,
    },
  );
}
