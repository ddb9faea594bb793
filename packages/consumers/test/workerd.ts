/** workerd itself, serving a project on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Served } from './file-server.js';

const { default: program } = createRequire(import.meta.url)('workerd') as { default: string };

export async function serveWorkerd(folder: string, config = 'config.capnp'): Promise<Served> {
  // On the control descriptor it says which port it got.
  const child = spawn(program, ['serve', config, '--control-fd=3'], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const port = await portOf(child);
  const close = async () => {
    child.kill();
    await once(child, 'exit');
  };
  return { url: `http://127.0.0.1:${port}/`, close };
}

async function portOf(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const message = JSON.parse(line);
    if (message.event === 'listen') return message.port;
  }
  throw new Error('workerd: expected it to listen, it ended; its own message stands above');
}
