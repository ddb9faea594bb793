/**
 * One end of the conversations of a connectivity test, inside its namespace: `talk PORT ADDRESS…` answers TCP and UDP at
 * its addresses with the source it saw and what it was sent. It says first where it listens: for port 0 the kernel
 * chooses. Orders to talk to another come in as JSON lines. Ends with its standard input.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

export interface TalkOrder {
  readonly id: number;
  readonly protocol: 'tcp' | 'udp';
  readonly to: string;
  readonly port: number;
  readonly timeoutMs: number;
}

export interface Listening extends Pick<TalkOrder, 'protocol' | 'port'> {
  readonly address: string;
}

/** As whom the other end saw this one, or why it did not. */
export interface TalkAnswer {
  readonly id: number;
  readonly source?: string;
  readonly reason?: string;
}

/** So many that packets of full size are among them. */
const TCP_BYTES = 65_536;
const UDP_BYTES = 512;
/** Ends the source in a reply. */
const LINE_END = 0x0a;

export async function talk(port: number, addresses: readonly string[]): Promise<void> {
  const listening: Listening[] = [];
  for (const address of addresses) {
    listening.push({ protocol: 'tcp', address, port: await answerTcp(port, address) });
    listening.push({ protocol: 'udp', address, port: await answerUdp(port, address) });
  }
  print({ listening });
  for await (const line of createInterface(process.stdin)) {
    const order = JSON.parse(line) as TalkOrder;
    void (order.protocol === 'tcp' ? talkTcp(order) : talkUdp(order)).then(
      (source) => print({ id: order.id, source }),
      (error: Error) => print({ id: order.id, reason: error.message }),
    );
  }
  process.exit(0);
}

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

async function answerTcp(port: number, host: string): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write(`${socket.remoteAddress}\n`);
    socket.pipe(socket);
  });
  server.listen({ port, host, ipv6Only: true });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function answerUdp(port: number, address: string): Promise<number> {
  const socket = udpSocket(address);
  socket.on('message', (message, from) => {
    const reply = Buffer.concat([Buffer.from(`${from.address}\n`), message]);
    socket.send(reply, from.port, from.address, () => {});
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  socket.on('error', () => {});
  return socket.address().port;
}

const udpSocket = (address: string) => createSocket(address.includes(':') ? 'udp6' : 'udp4');

async function talkTcp({ to, port, timeoutMs }: TalkOrder): Promise<string> {
  const sent = randomBytes(TCP_BYTES);
  const socket = connect({ port, host: to });
  let received = Buffer.alloc(0);
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(silence(received.length, timeoutMs))));
  socket.write(sent);
  for await (const part of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, part]);
    const { source, content } = replyOf(received);
    if (content.length < TCP_BYTES) continue;
    socket.destroy();
    return same(sent, content, source);
  }
  throw new Error(`the other end closed the connection after ${received.length} bytes`);
}

const silence = (received: number, timeoutMs: number): string =>
  received === 0
    ? `no answer within ${timeoutMs} ms`
    : `a connection, and nothing more for ${timeoutMs} ms after ${received} of ${TCP_BYTES} bytes: large packets are lost`;

async function talkUdp({ to, port, timeoutMs }: TalkOrder): Promise<string> {
  const socket = udpSocket(to);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    socket.connect(port, to);
    await once(socket, 'connect', { signal });
    const sent = randomBytes(UDP_BYTES);
    socket.send(sent, (error) => error && socket.emit('error', error));
    const [message] = (await once(socket, 'message', { signal })) as [Buffer];
    const { source, content } = replyOf(message);
    return same(sent, content, source);
  } catch (error) {
    if (signal.aborted) throw new Error(`no answer within ${timeoutMs} ms`);
    throw error;
  } finally {
    socket.on('error', () => {});
    socket.close();
  }
}

function replyOf(reply: Buffer): { readonly source: string; readonly content: Buffer } {
  const end = reply.indexOf(LINE_END);
  return { source: reply.toString('latin1', 0, Math.max(end, 0)), content: reply.subarray(end + 1) };
}

function same(sent: Buffer, received: Buffer, source: string): string {
  if (sent.equals(received)) return source;
  throw new Error(`sent ${sent.length} bytes, and others came back`);
}
