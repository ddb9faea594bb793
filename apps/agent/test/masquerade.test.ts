/** `--ip-masq`: pods reach the outside by their host's address, and each other by their own. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { netnsPath } from '@podlan/linux';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labDirectory } from '../dist/lab/lab-state.js';
import { eventually, MAIN, TestLab } from './test-lab.js';

/** The underlay's switch: it has no route to any pod, so it can answer only what comes from a host. */
const OUTSIDE = '192.168.77.1';
let lab: TestLab;
let agent: ReturnType<typeof spawn> | undefined;

beforeAll(async () => {
  lab = await TestLab.start('kernel', 'wasm');
});
afterAll(async () => {
  agent?.kill('SIGKILL');
  await lab[Symbol.asyncDispose]();
});

const outsideAnswers = async () =>
  (await lab.in('pod-a1', 'ping', '-n', '-c', '1', '-W', '1', OUTSIDE)).code === 0;

test('without it the outside does not know pods; with it, it answers; flushed rules come back', async () => {
  expect(await outsideAnswers()).toBe(false);
  await lab.kill('host-a', 'SIGTERM');
  const directory = labDirectory(lab.name);
  agent = spawn(
    'nsenter',
    [
      `--net=${netnsPath(lab.netns('host-a'))}`,
      ...[
        '--',
        process.execPath,
        MAIN,
        'agent',
        '--name',
        'host-a',
        '--iface',
        'eth0',
        '--dataplane',
        'kernel',
        '--ip-masq',
      ],
      ...[
        '--store',
        `sqlite:${join(directory, 'leases.db')}`,
        '--socket',
        join(directory, 'host-a', 'agent.sock'),
      ],
      ...['--subnet-file', join(directory, 'host-a', 'subnet.env')],
    ],
    { stdio: 'ignore' },
  );
  await eventually(outsideAnswers, (yes) => yes);
  const repaired = async () => (await lab.agent('host-a')).counters.driftRepaired;
  const before = await repaired();
  await lab.in('host-a', 'nft', 'flush', 'ruleset');
  await eventually(repaired, (now) => now > before);
  await eventually(outsideAnswers, (yes) => yes);
});

test('pod to pod keeps the source address', async () => {
  const sniff = lab.spawn(
    'pod-b1',
    'tshark',
    '-l',
    '-n',
    '-i',
    'eth0',
    '-c',
    '1',
    '-T',
    'fields',
    '-e',
    'ip.src',
    'icmp',
  );
  let seen = '';
  sniff.stdout.on('data', (text) => {
    seen += text;
  });
  await eventually(
    async () => {
      await lab.reaches('pod-a1', 'pod-b1');
      return seen.trim();
    },
    (source) => source !== '',
  );
  expect(seen.trim()).toBe(lab.address('pod-a1'));
});
