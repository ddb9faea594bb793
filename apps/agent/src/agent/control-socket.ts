/** The agent's Unix socket: JSON over HTTP, so that `curl --unix-socket` can read it too. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { makePrivateDirectory } from '../paths.js';
import { UsageError } from '../usage-error.js';

type Report = () => unknown | Promise<unknown>;

/** Serves each report under its path (`/status`). The socket is for its owner only. */
export async function serveControlSocket(
  path: string,
  reports: Readonly<Record<string, Report>>,
): Promise<Server> {
  makePrivateDirectory(dirname(path));
  await refuseIfServed(path);
  rmSync(path, { force: true });
  const server = createServer((incoming, outgoing) => {
    const report = Object.hasOwn(reports, incoming.url ?? '') ? reports[incoming.url ?? ''] : undefined;
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
  const before = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  } finally {
    process.umask(before);
  }
  chmodSync(path, 0o600);
  return server;
}

/** A socket that nobody listens on any more was left by an agent that was killed. */
async function refuseIfServed(path: string): Promise<void> {
  const isServed = await new Promise<boolean>((resolve) => {
    const probe = connect(path, () => resolve(true)).on('error', () => resolve(false));
    probe.once('connect', () => probe.destroy());
  });
  if (!isServed) return;
  throw new UsageError(`an agent already serves ${path}: stop it, or give this one another --name`);
}

/** Asks a running agent. Rejects with what to do when none answers. */
export function askAgent(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, timeout: 5000 }, (incoming) => {
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
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 5 s')));
    outgoing.on('error', (cause: NodeJS.ErrnoException) => reject(noAgent(socketPath, cause)));
    outgoing.end();
  });
}

function noAgent(socketPath: string, cause: NodeJS.ErrnoException): UsageError {
  const hint =
    cause.code === 'EACCES'
      ? 'it belongs to another user: run this as that user'
      : 'start it with: podlan agent';
  return new UsageError(
    `expected an agent at ${socketPath}, found none (${cause.code ?? cause.message}); ${hint}`,
    {
      cause,
    },
  );
}
