/** One TCP transfer between two namespaces: `sink PORT` receives and hashes, `source ADDRESS PORT MEGABYTES` sends. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export interface TransferReport {
  readonly bytes: number;
  readonly sha256: string;
  readonly seconds: number;
}

const MEGABYTE = 1_000_000;

export async function sink(port: number): Promise<TransferReport> {
  const server = createServer().listen(port);
  await once(server, 'listening');
  process.stdout.write('listening\n');
  const [socket] = (await once(server, 'connection')) as [import('node:net').Socket];
  server.close();
  const hash = createHash('sha256');
  const began = process.hrtime.bigint();
  let bytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex'), seconds: Number(process.hrtime.bigint() - began) / 1e9 };
}

export async function source(address: string, port: number, megabytes: number): Promise<TransferReport> {
  const socket = connect(port, address);
  await once(socket, 'connect');
  const hash = createHash('sha256');
  const began = process.hrtime.bigint();
  const block = Buffer.alloc(MEGABYTE, 'podlan ');
  for (let number = 0; number < megabytes; number++) {
    const copy = Buffer.from(block);
    copy.writeUInt32BE(number, 0);
    hash.update(copy);
    if (!socket.write(copy)) await once(socket, 'drain');
  }
  socket.end();
  await once(socket, 'close');
  return {
    bytes: megabytes * MEGABYTE,
    sha256: hash.digest('hex'),
    seconds: Number(process.hrtime.bigint() - began) / 1e9,
  };
}
