/**
 * Health over HTTP, as flanneld's: `/healthz` answers as long as the process does, `/readyz` is 503 until the node can
 * carry pods' packets. Beyond flanneld, `/readyz` goes back to 503 while the kernel can't be read or refuses the host's
 * own devices and rules, and says why. Neither looks at the lease store: what is programmed carries without it.
 */
import { createServer, type Server } from 'node:http';
import { UsageError } from '../usage-error.js';
import type { HealthFlags } from './flags/health-flags.js';

/** Undefined where `healthzPort` is 0. Throws UsageError where nothing can listen there. */
export async function serveHealth(
  { healthzIp, healthzPort }: HealthFlags,
  unready: () => string | undefined,
): Promise<Server | undefined> {
  if (healthzPort === 0) return undefined;
  const server = createServer((incoming, outgoing) => {
    const answer = (status: number, text: string) =>
      outgoing.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
    const path = incoming.url?.split('?')[0];
    const reason = path === '/readyz' ? unready() : undefined;
    if (path === '/healthz') answer(200, 'podlan agent is running');
    else if (path !== '/readyz') answer(404, 'expected /healthz or /readyz');
    else if (reason !== undefined) answer(503, reason);
    else answer(200, 'podlan agent is ready');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(healthzIp, healthzPort, cause)));
    server.listen(healthzPort, healthzIp, resolve);
  });
  return server;
}

function cannotListen(ip: string, port: number, cause: Error): UsageError {
  const message = `--healthz-ip ${ip} --healthz-port ${port}: expected a free port of this host: ${cause.message}`;
  return new UsageError(message, { cause });
}
