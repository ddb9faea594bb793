/** What agent and successor say to each other where it does not go well. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createEventFd } from '@podlan/linux';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HAND_OVER_PROTOCOL, HandOver, ownNetns } from '../dist/agent/hand-over.js';
import { type Edges, fdsOf, Inheritance } from '../dist/agent/inheritance.js';
import { Predecessor } from '../dist/agent/predecessor.js';

let folder: string;
let path: string;
let server: Server | undefined;
let warnings: string[];
const log = { info: () => {}, warn: (message: string) => void warnings.push(message) };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlan-hand-over-'));
  path = join(folder, 'agent.sock');
  warnings = [];
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true });
});

async function serve(): Promise<HandOver> {
  const handOver = new HandOver();
  server = createServer((incoming, outgoing) => void handOver.serve(incoming, outgoing)).listen(path);
  await once(server, 'listening');
  return handOver;
}

/** Status and text. */
async function say(hello: object): Promise<string> {
  const outgoing = request({ socketPath: path, path: '/hand-over', method: 'POST' });
  outgoing.end(`${JSON.stringify(hello)}\n`);
  const [incoming] = await once(outgoing, 'response');
  let text = `${incoming.statusCode} `;
  for await (const chunk of incoming) text += chunk;
  return text;
}

const hello = { protocol: HAND_OVER_PROTOCOL, pid: 1, netns: ownNetns() };

/** What an agent's forwarders are to a hand-over. */
class Carrier {
  closed = 0;
  readonly open: Record<string, Edges>;
  constructor(open = {}) {
    this.open = open;
  }
  edges() {
    return this.open;
  }
  async close() {
    this.closed++;
  }
}

describe('an agent refuses a successor', () => {
  test.each([
    ['of another protocol', { ...hello, protocol: 99 }, '501 .*expected protocol 1'],
    ['that says nothing known', { hello: 'there' }, '501 .*expected protocol 1'],
    ['in another network namespace', { ...hello, netns: 'net:[1]' }, '409 .*the same network namespace'],
  ])('%s', async (_case, said, expected) => {
    const handOver = await serve();
    expect(await say(said)).toMatch(new RegExp(`^${expected}`));
    expect(handOver.asked.aborted).toBe(false);
  });

  test('while another one takes over', async () => {
    const handOver = await serve();
    const first = request({ socketPath: path, path: '/hand-over', method: 'POST' });
    first.on('error', () => {}).write(`${JSON.stringify({ ...hello, pid: 77 })}\n`);
    await once(handOver.asked, 'abort');
    await expect(Predecessor.relieve(path, true, log)).rejects.toThrow(
      /does not give way: .*process 77 takes over already/,
    );
    first.destroy();
  });

  test('that it can send no files to, and goes on', async () => {
    const handOver = await serve();
    const said = say({ ...hello, filesTo: join(folder, 'nowhere') });
    await once(handOver.asked, 'abort');
    const carrier = new Carrier();
    expect(await handOver.complete(carrier, new AbortController().signal)).toBe(false);
    expect(await said).toMatch(/^501 .*the open files can't be sent/);
    expect(carrier.closed).toBe(0);
    expect(handOver.asked.aborted).toBe(false);
  });
});

describe('an agent that is relieved', () => {
  test('carries packets until it is told to end, and hands its open files on', async () => {
    const handOver = await serve();
    using event = createEventFd();
    const carrier = new Carrier({ 'flannel.1': { device: event.fd, socket: event.fd, ended: event.fd } });
    const relieving = Predecessor.relieve(path, true, log);
    await once(handOver.asked, 'abort');
    const completed = handOver.complete(carrier, new AbortController().signal);
    const predecessor = (await relieving)!;
    expect(carrier.closed).toBe(0);
    const taken = predecessor.inheritance.take('flannel.1')!;
    expect(new Set([...fdsOf(taken), event.fd]).size).toBe(4);
    new Inheritance({ taken }).close();
    await predecessor.end();
    expect(await completed).toBe(true);
    expect(carrier.closed).toBe(1);
    expect(readdirSync(folder)).toEqual(['agent.sock']);
  });

  test('and ends meanwhile is not waited for', async () => {
    const handOver = await serve();
    const stop = new AbortController();
    const relieving = Predecessor.relieve(path, false, log);
    await once(handOver.asked, 'abort');
    const completed = handOver.complete(new Carrier(), stop.signal);
    const predecessor = (await relieving)!;
    stop.abort();
    await predecessor.ended;
    await predecessor.end();
    expect(await completed).toBe(false);
  });
});

test('an agent that knows of no handing over is ended', async () => {
  const code = `require('http').createServer((_, answer) => answer.writeHead(404).end()).listen(${JSON.stringify(path)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await once(createInterface({ input: child.stdout }), 'line');
  expect(await Predecessor.relieve(path, true, log)).toBeUndefined();
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect(warnings).toEqual([expect.stringMatching(/hands nothing over, so it ends first: 404/)]);
});

test('where no agent runs there is none to relieve', async () => {
  expect(await Predecessor.relieve(path, true, log)).toBeUndefined();
  expect(warnings).toEqual([]);
});
