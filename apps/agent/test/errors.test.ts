/** What goes wrong is said clearly, and no route already working is torn down. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noAgent, SilentAgent } from '../dist/agent/control-socket.js';
import { labDirectory } from '../dist/lab/lab-state.js';
import { eventually, MAIN, type Output, podlan, run, TestLab } from './test-lab.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'podlan-errors-'));
});
afterAll(() => rm(directory, { recursive: true }));

const file = (name: string) => join(directory, name);

async function writeConfig(name: string, config: unknown): Promise<string> {
  await writeFile(file(name), typeof config === 'string' ? config : JSON.stringify(config));
  return file(name);
}

describe('an agent beside a working one', () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start('wasm', 'kernel');
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  /** Runs an agent on a host of the lab, with a store and a socket of its own unless the flags say otherwise. */
  function agentOn(host: string, ...flags: string[]): Promise<Output> {
    const own = ['--socket', file(`${host}.sock`), '--subnet-file', file(`${host}.env`)];
    return lab.in(host, 'timeout', '8', process.execPath, MAIN, 'agent', ...own, ...flags);
  }
  // A TAP that no process holds has no carrier; its routes stay and are only marked.
  const routes = async () => (await lab.in('host-a', 'ip', 'route')).stdout.replaceAll(' linkdown', '');

  /** Fails, says so, and leaves the routes of host-a and its traffic alone. */
  async function refused(attempt: () => Promise<Output>, message: RegExp): Promise<void> {
    const before = await routes();
    const { code, stderr, stdout } = await attempt();
    expect(code).toBe(1);
    expect(stderr + stdout).toMatch(message);
    expect(await routes()).toBe(before);
    expect(await lab.reaches('pod-a1', 'pod-b1')).toBe(true);
  }

  test.each([
    ['no JSON', '{"Network":', /JSON/],
    ['no network', {}, /please define a correct Network parameter in the flannel config/],
    [
      'a network too small',
      { Network: '10.244.0.0/29' },
      /network is too small. Minimum useful network prefix is \/28/,
    ],
    ['a backend of another time', { Network: '10.244.0.0/16', Backend: { Type: 'ipsec' } }, /ipsec/],
    ['a VNI that is none', { Network: '10.244.0.0/16', Backend: { Type: 'vxlan', VNI: 'x' } }, /VNI/],
  ])('an invalid configuration: %s', async (name, config, message) => {
    const path = await writeConfig(`${name}.json`, config);
    await refused(
      () => agentOn('host-a', '--store', `sqlite:${file('bad.db')}`, '--net-config-path', path),
      message,
    );
  });

  test('a configuration that overlaps the leases of the store', async () => {
    const path = await writeConfig('other.json', { Network: '10.244.0.0/20', Backend: { Type: 'vxlan' } });
    const store = `sqlite:${join(labDirectory(lab.name), 'leases.db')}`;
    await refused(
      () => agentOn('host-a', '--store', store, '--net-config-path', path),
      /expected the network config that its leases were made under/,
    );
  });

  test('an interface that is not there', async () => {
    const config = await writeConfig('good.json', GOOD);
    await refused(
      () =>
        agentOn(
          'host-a',
          '--store',
          `sqlite:${file('i.db')}`,
          '--net-config-path',
          config,
          '--iface',
          'eth7',
        ),
      /expected an interface that matches eth7, found only: .*eth0 \(192\.168\.77\.11\)/,
    );
  });

  test('a socket where an agent answers already', async () => {
    const config = await writeConfig('good.json', GOOD);
    const socket = join(labDirectory(lab.name), 'host-a', 'agent.sock');
    await refused(
      () =>
        agentOn(
          'host-a',
          '--store',
          `sqlite:${file('s.db')}`,
          '--net-config-path',
          config,
          '--socket',
          socket,
        ),
      /an agent already serves .*agent\.sock/,
    );
  });

  test('a store that is no database', async () => {
    await writeFile(file('garbage.db'), 'this is no database, and never was one'.repeat(100));
    const config = await writeConfig('good.json', GOOD);
    await refused(
      () => agentOn('host-a', '--store', `sqlite:${file('garbage.db')}`, '--net-config-path', config),
      /garbage\.db.*(not a database|corrupt|expected)/s,
    );
  });

  test('a store overwritten in part', async () => {
    await copyFile(join(labDirectory(lab.name), 'leases.db'), file('half.db'));
    await writeFile(file('half.db'), Buffer.alloc(3000, 0xff), { flag: 'r+' });
    const config = await writeConfig('good.json', GOOD);
    await refused(
      () => agentOn('host-a', '--store', `sqlite:${file('half.db')}`, '--net-config-path', config),
      /half\.db/,
    );
  });

  test('no rights', async () => {
    const config = await writeConfig('good.json', GOOD);
    const without = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin', '--'];
    await refused(
      () => lab.in('host-a', ...without, process.execPath, MAIN, 'agent', '--net-config-path', config),
      /needs CAP_NET_ADMIN.*run it as root/,
    );
  });

  test('a busy port is named, and taken as soon as it is free', async () => {
    await lab.kill('host-a', 'SIGTERM');
    const squatter = lab.spawn('host-a', process.execPath, '-e', SQUAT, lab.address('host-a'));
    await new Promise((resolve) => squatter.stdout.once('data', resolve));
    try {
      const before = await routes();
      const restarted = lab.restart('host-a');
      restarted.catch(() => {});
      await eventually(
        async () =>
          (await lab.agent('host-a').catch(() => undefined))?.failures.map(({ message }) => message).join(),
        (text) => /8472/.test(text ?? '') && /in use/i.test(text ?? ''),
      );
      expect(await routes()).toBe(before);
      squatter.kill('SIGKILL');
      await restarted;
    } finally {
      squatter.kill('SIGKILL');
    }
    await eventually(
      () => lab.reaches('pod-a1', 'pod-b1'),
      (yes) => yes,
    );
  });
});

describe('the last free subnet', () => {
  test('of two agents that race for it one gets it, the other a clear error', async () => {
    const hosts = ['a', 'b'].map((letter) => `t${process.pid}-race-${letter}`);
    const config = await writeConfig('one.json', {
      Network: '10.250.0.0/24',
      SubnetLen: 26,
      SubnetMin: '10.250.0.64',
      SubnetMax: '10.250.0.64',
      Backend: { Type: 'vxlan', Dataplane: 'kernel' },
    });
    const agents: Promise<Output>[] = [];
    try {
      for (const [index, netns] of hosts.entries()) {
        await run('ip', 'netns', 'add', netns);
        await run('ip', '-n', netns, 'link', 'add', 'eth0', 'type', 'bridge');
        await run('ip', '-n', netns, 'addr', 'add', `192.168.99.${index + 1}/24`, 'dev', 'eth0');
        await run('ip', '-n', netns, 'link', 'set', 'eth0', 'up');
      }
      for (const netns of hosts) {
        const flags = [
          '--iface',
          'eth0',
          '--net-config-path',
          config,
          '--store',
          `sqlite:${file('race.db')}`,
        ];
        const own = ['--socket', file(`${netns}.sock`), '--subnet-file', file(`${netns}.env`)];
        agents.push(
          run(
            'ip',
            'netns',
            'exec',
            netns,
            'timeout',
            '6',
            process.execPath,
            MAIN,
            'agent',
            ...flags,
            ...own,
          ),
        );
      }
      const outputs = await Promise.all(agents);
      const losers = outputs.filter(({ code }) => code === 1);
      const winners = outputs.filter(({ stdout }) => stdout.includes('holding lease 10.250.0.64/26'));
      expect(winners).toHaveLength(1);
      expect(losers).toHaveLength(1);
      expect(losers[0]!.stderr + losers[0]!.stdout).toMatch(/subnet/i);
    } finally {
      for (const netns of hosts) await run('ip', 'netns', 'delete', netns);
    }
  });
});

test('flags that make no sense are named, with what was expected', async () => {
  const { code, stderr } = await podlan('agent', '--dataplane', 'warp');
  expect(code).toBe(1);
  expect(stderr).toContain('--dataplane: expected wasm or kernel, found warp');
});

test('status without an agent says how to start one', async () => {
  const { code, stderr } = await podlan('status', '--socket', file('none.sock'));
  expect(code).toBe(1);
  expect(stderr).toContain('expected an agent');
});

test('an agent that hangs is not said to be none', () => {
  const { message } = noAgent('/run/podlan/a.sock', new SilentAgent('no answer within 5 s'));
  expect(message).toMatch(/found that it hangs .*systemctl restart podlan/);
});

test.each([
  [1000, 'ENOENT', /sudo podlan/],
  [0, 'ENOENT', /; start it with: podlan agent$/],
  [1000, 'EACCES', /run this as that user, or as root$/],
])('user %i, whom %s met, is told whose agent there may be', (uid, code, advice) => {
  const cause = Object.assign(new Error(code), { code });
  expect(noAgent('/run/podlan/a.sock', cause, uid).message).toMatch(advice);
});

const GOOD = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
const SQUAT = `
const socket = require('node:dgram').createSocket('udp4');
socket.bind(8472, process.argv[1], () => console.log('bound'));`;

test('an unknown log level is refused with those there are', async () => {
  const { code, stderr } = await podlan('agent', '--log-level', 'loud');
  expect(code).toBe(1);
  expect(stderr).toContain('--log-level: expected trace, debug, info, warn, error, found loud');
});
