/**
 * podlan first, then the standard plugins, as a runtime runs a list: ADD and CHECK in order, DEL in reverse, each with
 * the result of before.
 *
 *     CLIENT 192.168.88.2 -- 192.168.88.1 HOST: cni0 10.244.1.1/24 -- POD a 10.244.1.2
 */
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { addNetns, deleteNetns, runIn } from '@podlan/linux';
import { findProgram } from '@podlan/tooling/system-programs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resultFaults } from '../../../packages/cni/test/oracle/result-types.js';
import { TestHost, within } from './host.js';
import { type Conflist, type Container, Runtime } from './runtime.js';

const PORTMAP = { type: 'portmap', capabilities: { portMappings: true }, snat: true };
const FIREWALL = { type: 'firewall', backend: 'iptables' };
const BANDWIDTH = { type: 'bandwidth', capabilities: { bandwidth: true } };
const TUNING = { type: 'tuning', sysctl: { 'net.ipv4.ip_default_ttl': '55' }, mac: '02:00:00:00:00:55' };

let host: TestHost;
let client: string;
let runtime: Runtime;
let a: Container & { readonly netns: string };
beforeEach(async () => {
  host = await TestHost.start();
  client = `${host.name}-client`;
  await addNetns(client);
  await host.exec('ip', 'link', 'add', 'ext0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', client);
  await host.exec('ip', 'addr', 'add', '192.168.88.1/24', 'dev', 'ext0');
  await host.exec('ip', 'link', 'set', 'ext0', 'up');
  await within(client, 'ip', 'addr', 'add', '192.168.88.2/24', 'dev', 'eth0');
  await within(client, 'ip', 'link', 'set', 'eth0', 'up');
  runtime = new Runtime(host.name, host.runtime.path, programsFor(host));
  a = await host.container('a');
});
afterEach(async () => {
  await deleteNetns(client);
  await host.dispose();
});

/** CHECK of portmap 1.1 asks ip6tables for the rules of a pod that has IPv4 alone, and misses them: so it finds none. */
function programsFor({ folder }: TestHost): string {
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  for (const name of ['ip', 'nsenter', 'flock', 'sh', 'env', 'node', 'iptables']) {
    symlinkSync(findProgram(name)!, join(programs, name));
  }
  return programs;
}

const rules = async () =>
  (await host.exec('iptables-save')).split('\n').filter((line) => line.startsWith('-A'));

/** Answers one connection with `text`, and is gone. */
async function answering<T>(netns: string, port: number, text: string, work: () => Promise<T>): Promise<T> {
  const program = `require('net').createServer((one)=>one.end(${JSON.stringify(text)})).listen(${port},()=>console.log('up'))`;
  const server = spawn('nsenter', [`--net=${netns}`, '--', process.execPath, '-e', program]);
  try {
    await new Promise((resolve) => server.stdout.once('data', resolve));
    return await work();
  } finally {
    server.kill();
  }
}

async function ask(netns: string, address: string, port: number): Promise<string> {
  const program = `const s=require('net').connect(${port},'${address}');s.setTimeout(3000,()=>s.destroy(new Error('silence')));s.on('data',(d)=>console.log(String(d))).on('error',(e)=>console.log(e.message))`;
  const { stdout } = await runIn(netns, [process.execPath, '-e', program]);
  return stdout.trim();
}

describe.each(['0.4.0', '1.0.0'])('the standard plugins, in a list of %s', (version) => {
  const capabilities = { portMappings: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }] };
  const list = (...others: Conflist['plugins'][number][]) => host.list({}, version, ...others);

  test('portmap: a published port answers from outside, and goes with the pod', async () => {
    const pod = { ...a, capabilities };
    const { code, json } = await runtime.add(list(PORTMAP), pod);
    expect(code).toBe(0);
    expect(resultFaults(json, version)).toEqual([]);
    const said = await answering(a.netns, 80, 'from the pod', () => ask(client, '192.168.88.1', 8080));
    expect(said).toBe('from the pod');
    expect(await runtime.check(list(PORTMAP), pod)).toMatchObject({ code: 0 });
    expect((await runtime.del(list(PORTMAP), pod)).code).toBe(0);
    expect((await rules()).filter((rule) => /8080|10\.244\.1\.2/.test(rule))).toEqual([]);
    expect(await ask(client, '192.168.88.1', 8080)).toContain('ECONNREFUSED');
  });

  test('firewall: the pod’s address is let through, until it goes', async () => {
    await host.runtime.add(list(FIREWALL), a);
    expect((await rules()).join('\n')).toContain('-s 10.244.1.2/32');
    expect((await host.runtime.check(list(FIREWALL), a)).code).toBe(0);
    await host.runtime.del(list(FIREWALL), a);
    expect((await rules()).join('\n')).not.toContain('10.244.1.2');
  });

  test('tuning: a sysctl and a MAC in the pod, and CHECK of podlan follows the result', async () => {
    const { json } = await runtime.add(list(TUNING), a);
    expect(json.interfaces[2]).toMatchObject({ name: 'eth0', mac: TUNING.mac });
    expect((await within(a.netns, 'sysctl', '-n', 'net.ipv4.ip_default_ttl')).trim()).toBe('55');
    expect(await runtime.check(list(TUNING), a)).toMatchObject({ code: 0 });
    expect((await runtime.del(list(TUNING), a)).code).toBe(0);
  });

  test('all in one list, ADD and DEL in the order of the specification, and DEL again', async () => {
    const pod = { ...a, capabilities };
    const whole = list(TUNING, PORTMAP, FIREWALL);
    expect(await host.runtime.add(whole, pod)).toMatchObject({ code: 0 });
    expect((await rules()).join('\n')).toContain('10.244.1.2');
    for (let round = 0; round < 2; round++) {
      expect(await host.runtime.del(whole, pod)).toMatchObject({ code: 0 });
    }
    expect(host.reserved()).toEqual([]);
    expect((await host.links()).sort()).toEqual(['cni0', 'ext0', 'lo']);
    expect((await rules()).join('\n')).not.toContain('10.244.1.2');
  });

  test('ADD, CHECK and DEL of several, each with the result of before', async () => {
    const pod = { ...a, capabilities };
    const several = list(TUNING, PORTMAP);
    const { json } = await runtime.add(several, pod);
    expect(resultFaults(json, version)).toEqual([]);
    expect(await runtime.check(several, pod)).toMatchObject({ code: 0 });
    await within(a.netns, 'ip', 'route', 'del', 'default');
    expect((await runtime.check(several, pod)).json).toMatchObject({ code: 103 });
    expect(await runtime.del(several, pod)).toMatchObject({ code: 0 });
  });

  test('a plugin that fails later in the list: DEL of all takes podlan’s part back', async () => {
    const wrong = list({ ...TUNING, mac: 'no MAC' });
    expect((await runtime.add(wrong, a)).code).not.toBe(0);
    expect(host.reserved()).toEqual(['10.244.1.2']);
    await runtime.del(wrong, a);
    expect(host.reserved()).toEqual([]);
    expect((await host.links()).sort()).toEqual(['cni0', 'ext0', 'lo']);
  });
});

/** bandwidth shapes by the tbf queueing discipline and an ifb device, which not every kernel has. */
const shapes = async () => {
  const made = await host.exec('ip', 'link', 'add', 'ifb9', 'type', 'ifb').then(
    () => true,
    () => false,
  );
  if (made) await host.exec('ip', 'link', 'del', 'ifb9');
  return made;
};

test('bandwidth finds the host’s end of the pair by podlan’s result', async () => {
  const capabilities = {
    bandwidth: {
      ingressRate: 8_000_000,
      ingressBurst: 8_000_000,
      egressRate: 8_000_000,
      egressBurst: 8_000_000,
    },
  };
  const pod = { ...a, capabilities };
  const list = host.list({}, '1.0.0', BANDWIDTH);
  const { code, json } = await runtime.add(list, pod);
  if (await shapes()) {
    expect(code).toBe(0);
    const veth = (await host.links()).find((name) => name.startsWith('veth'))!;
    expect(await host.exec('tc', 'qdisc', 'show', 'dev', veth)).toContain('tbf');
    expect((await runtime.check(list, pod)).code).toBe(0);
  } else {
    // It knew the pair, and failed at the kernel.
    expect(json.msg).toMatch(/qdisc|ifb|not supported|operation/i);
  }
  expect((await runtime.del(list, pod)).code).toBe(0);
  expect(host.reserved()).toEqual([]);
});

test('GC and STATUS of a list of 1.1.0 go through the chain', async () => {
  const list = host.list({}, '1.1.0', host.plugin);
  const one = { ...list, plugins: [list.plugins[0]!] };
  await runtime.add(one, a);
  expect((await runtime.gc(list, [a])).code).toBe(0);
  expect(host.reserved()).toEqual(['10.244.1.2']);
  expect((await runtime.gc(list, [])).code).toBe(0);
  expect(host.reserved()).toEqual([]);
});
