/**
 * deploy/podlan.service: what systemd says of it, and agents that really have no more than it gives them, as a user of no
 * name with two capabilities, no way to more, and read and write access to /dev/net/tun.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { netnsPath, runIn } from '@podlan/linux';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askAgent } from '../dist/agent/control-socket.js';
import type { AgentStatus } from '../dist/status/agent-status.js';
import { eventually, run } from './test-lab.js';
import { type Box, podAddress, subnetOf, TwoHosts } from './two-hosts.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const UNIT = readFileSync(join(ROOT, 'deploy/podlan.service'), 'utf8');
/** Nobody's. */
const UID = 64_123;
/** Of systemd's ten: what is left is the network, and what carries packets on it. */
const MOST_EXPOSED = 2.5;

const valuesOf = (name: string) =>
  [...UNIT.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => value!);

describe('systemd', () => {
  let folder: string;
  let unit: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'podlan-unit-'));
    unit = join(folder, 'podlan.service');
    // Neither the program nor its manual page is installed here.
    writeFileSync(unit, UNIT.replace(/^Documentation=.*\n/m, '').replace('/usr/bin/podlan', '/bin/true'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('finds no fault in the unit', async () => {
    expect(await run('systemd-analyze', 'verify', unit)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  // A control plane in static pods, and the podCIDR of a new node, come by them, and the agent waits for both.
  test('keeps nobody waiting for an agent that waits for its store', () => {
    expect(valuesOf('Type')).toEqual(['notify']);
    expect(valuesOf('TimeoutStartSec')).toEqual(['infinity']);
    expect(valuesOf('Before')).toEqual([]);
  });

  test('finds it little exposed', async () => {
    const { stdout } = await run('systemd-analyze', 'security', '--offline=yes', '--no-pager', unit);
    const score = Number(/Overall exposure level for podlan\.service: ([\d.]+)/.exec(stdout)?.[1]);
    expect(score).toBeLessThanOrEqual(MOST_EXPOSED);
  });
});

test('the flags it takes from /etc/default/podlan are the agent’s', () => {
  const file = readFileSync(join(ROOT, 'deploy/podlan.default'), 'utf8');
  const variables = [...file.matchAll(/^#?(FLANNELD_[A-Z_]+)=/gm)].map(([, name]) => name);
  const { stdout } = {
    stdout: execFileSync(process.execPath, [join(ROOT, 'apps/agent/dist/main.js'), 'agent', '--help']),
  };
  expect(variables.length).toBeGreaterThan(3);
  for (const variable of variables) expect(String(stdout).replace(/\s+/g, ' ')).toContain(`env: ${variable}`);
});

test('a flow log has a directory to be in, and is opened anew by a reload', () => {
  expect(valuesOf('LogsDirectory')).toEqual(['podlan']);
  expect(valuesOf('ExecReload')).toEqual(["/bin/sh -c 'kill -HUP $MAINPID'"]);
});

/** As the unit has them, for setpriv: `+net_admin,+net_raw`. */
const capabilities = (name: string) =>
  valuesOf(name)[0]!
    .split(' ')
    .map((capability) => `+${capability.replace('CAP_', '').toLowerCase()}`)
    .join(',');

/** In a mount namespace of its own: the device node as udev leaves it, and this repository where anyone can read it. */
const CONFINED = `
set -e
mount --bind "$REPOSITORY" "$SEEN_AT"
mknod "$NODE_AT" c 10 200
chmod 666 "$NODE_AT"
mount --bind "$NODE_AT" /dev/net/tun
exec setpriv --reuid ${UID} --regid ${UID} --clear-groups --no-new-privs \
  --bounding-set "-all,${capabilities('CapabilityBoundingSet')}" \
  --inh-caps "-all,${capabilities('AmbientCapabilities')}" \
  --ambient-caps "-all,${capabilities('AmbientCapabilities')}" \
  "$@"`;

class ConfinedAgent {
  readonly #process: ChildProcess;
  readonly #folder: string;

  constructor(hosts: TwoHosts, box: Box, dataplane: string) {
    this.#folder = join(hosts.directory, `${box.number}`);
    const [seenAt, own, store] = ['repository', 'own', '../store'].map((name) => join(this.#folder, name));
    for (const folder of [seenAt!, own!, store!]) mkdirSync(folder, { recursive: true });
    for (const folder of [own!, store!]) chownSync(folder, UID, UID);
    const config = join(own!, 'net-conf.json');
    writeFileSync(config, JSON.stringify({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } }), {
      mode: 0o644,
    });
    const subnet = subnetOf(4, box.number).replace('.0/', '.1/');
    const envFile = join(own!, 'subnet.env');
    writeFileSync(
      envFile,
      `FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=${subnet}\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n`,
    );
    const flags = [
      ...[
        '--name',
        `${box.number}`,
        '--iface',
        'eth0',
        '--dataplane',
        dataplane,
        '--ip-masq',
        '--log-level',
        'warn',
      ],
      ...['--store', `sqlite:${store}/leases.db`, '--net-config-path', config, '--subnet-file', envFile],
      ...['--socket', this.socket],
    ];
    const main = join(seenAt!, 'apps/agent/dist/main.js');
    const inside = [`--net=${netnsPath(box.netns)}`, '--', 'unshare', '--mount', 'sh', '-c', CONFINED, 'sh'];
    this.#process = spawn('nsenter', [...inside, process.execPath, main, 'agent', ...flags], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env.PATH, REPOSITORY: ROOT, SEEN_AT: seenAt, NODE_AT: join(this.#folder, 'tun') },
    });
  }

  get socket(): string {
    return join(this.#folder, 'own/agent.sock');
  }

  async status(): Promise<AgentStatus> {
    const look = () =>
      askAgent(this.socket, '/status').catch(() => undefined) as Promise<AgentStatus | undefined>;
    return (await eventually(look, (seen) => seen?.ready === true && seen.peers.length === 1, 25_000))!;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.kill('SIGTERM');
    await once(this.#process, 'exit');
  }
}

describe.each(['wasm', 'kernel'])('with no more than it gives, on the %s dataplane', (dataplane) => {
  let hosts: TwoHosts;
  let agents: ConfinedAgent[];
  let statuses: AgentStatus[];
  beforeAll(async () => {
    hosts = await TwoHosts.make();
    chmodSync(hosts.directory, 0o755);
    agents = [hosts.a, hosts.b].map((box) => new ConfinedAgent(hosts, box, dataplane));
    statuses = await Promise.all(agents.map((agent) => agent.status()));
    await hosts.setPodMtu(1450);
  });
  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.stop()));
    await hosts[Symbol.asyncDispose]();
  });

  test('an agent has the two capabilities and nothing else', () => {
    const status = readFileSync(`/proc/${statuses[0]!.pid}/status`, 'utf8');
    const twoBits = ((1n << 12n) | (1n << 13n)).toString(16).padStart(16, '0');
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(status).toContain(`${set}:\t${twoBits}\n`);
    expect(status).toMatch(new RegExp(`^Uid:\\t${UID}\\t${UID}\\t${UID}\\t${UID}$`, 'm'));
  });

  test('it makes all that it wants to, and is content', () => {
    for (const { failures, notices, kernel } of statuses) {
      expect({ failures, notices, kernel: kernel.error }).toEqual({
        failures: [],
        notices: [],
        kernel: undefined,
      });
    }
  });

  test('it carries packets both ways, also of full size', async () => {
    const ping = (from: Box, to: Box) =>
      runIn(from.pod, [
        'ping',
        '-c',
        '2',
        '-i',
        '0.2',
        '-W',
        '2',
        '-M',
        'do',
        '-s',
        '1422',
        podAddress(4, to.number),
      ]);
    const { a, b } = hosts;
    for (const { code, stdout } of [await ping(a, b), await ping(b, a)])
      expect({ code, stdout }).toMatchObject({ code: 0 });
  });
});
