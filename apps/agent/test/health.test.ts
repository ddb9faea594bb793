/** `/healthz` and `/readyz` of an agent whose forwarder finds its port taken at first. */
import { join } from 'node:path';
import { FdReceiver } from '@podlan/linux';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labDirectory } from '../dist/lab/lab-state.js';
import { eventually, podlan, TestLab } from './test-lab.js';

let lab: TestLab;
beforeAll(async () => {
  lab = await TestLab.start('wasm');
});
afterAll(() => lab[Symbol.asyncDispose]());

const PORT = '8471';
const ASK = `
const [host, port, path] = process.argv.slice(1);
fetch('http://' + host + ':' + port + path).then(async (answer) => console.log(answer.status, (await answer.text()).trim()))
  .catch((error) => console.log('none', error.message));`;
/** Of an agent that was killed the last threads let go of the port a moment after it has no command line any more. */
const SQUAT = `
const squat = () => {
  const socket = require('node:dgram').createSocket('udp4');
  socket.once('error', () => setTimeout(squat, 10));
  socket.bind(8472, process.argv[1], () => console.log('bound'));
};
squat();`;

const ask = async (path: string, address = '127.0.0.1') =>
  (await lab.in('host-a', process.execPath, '-e', ASK, address, PORT, path)).stdout.trim();

/** For each wait; a test's own limit would hide what was seen last. */
const WAIT_MS = 30_000;

test('healthz answers as long as the process runs, readyz once pods can be carried', {
  timeout: 3 * WAIT_MS,
}, async () => {
  await lab.kill('host-a', 'SIGTERM');
  const squatter = lab.spawn('host-a', process.execPath, '-e', SQUAT, lab.address('host-a'));
  try {
    await new Promise((resolve) => squatter.stdout.once('data', resolve));
    const restarted = lab.restart('host-a', '--healthz-ip', lab.address('host-a'), '--healthz-port', PORT);
    restarted.catch(() => {});
    const address = lab.address('host-a');
    const refused = await eventually(
      () => ask('/readyz', address),
      (answer) => /^503 .*8472/s.test(answer),
      WAIT_MS,
    );
    expect(refused).toMatch(/failed: .*in use/i);
    expect(await ask('/healthz', address)).toMatch(/^200 /);
    squatter.kill('SIGKILL');
    await restarted;
    await eventually(
      () => ask('/readyz', address),
      (answer) => answer.startsWith('200 '),
      WAIT_MS,
    );
    expect(await ask('/healthz', '127.0.0.1')).toMatch(/^none /);
    expect(await ask('/elsewhere', address)).toMatch(/^404 /);
    expect(await ask('/readyz?verbose', address)).toMatch(/^200 .* ready/);
    expect(await ask('/healthz?verbose', address)).toMatch(/^200 .* running/);
  } finally {
    squatter.kill('SIGKILL');
  }
});

test('systemd is told READY=1, once, where it wants to know', async () => {
  using receiver = FdReceiver.bind(join(labDirectory(lab.name), 'notify.sock'));
  await lab.kill('host-a', 'SIGTERM');
  process.env.NOTIFY_SOCKET = receiver.path;
  try {
    await lab.restart('host-a');
  } finally {
    delete process.env.NOTIFY_SOCKET;
  }
  const told = await eventually(
    async () => receiver.receive()?.text,
    (text) => text !== undefined,
  );
  expect(told).toBe('READY=1');
  await lab.kill('host-a', 'SIGTERM');
  expect(receiver.receive()).toBeUndefined();
});

test('a port that is taken ends the agent with a clear error', async () => {
  const taken = [
    '--healthz-ip',
    '203.0.113.7',
    '--healthz-port',
    PORT,
    '--socket',
    '/run/podlan-health-test.sock',
  ];
  const { code, stderr } = await podlan('agent', ...taken);
  expect(code).toBe(1);
  expect(stderr).toContain('--healthz-ip 203.0.113.7 --healthz-port 8471: expected a free port of this host');
});
