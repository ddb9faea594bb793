/** Answers of the control socket that go on until one end has enough: JSON lines, or bytes. */
import { type IncomingMessage, type RequestListener, request, type ServerResponse } from 'node:http';
import { noAgent } from './control-socket.js';

/** A conversation that begins by `begin`; what that throws is the answer. */
export function streamOf(
  begin: (incoming: IncomingMessage, outgoing: ServerResponse) => void | Promise<void>,
): RequestListener {
  return async (incoming, outgoing) => {
    try {
      await begin(incoming, outgoing);
    } catch (error) {
      if (outgoing.headersSent) return void outgoing.destroy();
      outgoing.writeHead(500, { 'content-type': 'application/json' });
      outgoing.end(`${JSON.stringify({ error: (error as Error).message })}\n`);
    }
  };
}

/** Asks for a stream. Rejects with what the agent says where it refuses. */
export async function openStream(
  socketPath: string,
  path: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ socketPath, path, method: 'POST', signal }, resolve)
      .on('error', (cause: NodeJS.ErrnoException) => reject(noAgent(socketPath, cause)))
      .end();
  });
  if (incoming.statusCode === 200) return incoming;
  throw await refused(socketPath, incoming);
}

/** What the agent says where it refuses. */
export async function refused(socketPath: string, incoming: IncomingMessage): Promise<Error> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
  const { error } = JSON.parse(text) as { error?: string };
  return new Error(`the agent at ${socketPath} answered ${incoming.statusCode}: ${error}`);
}
