/** Snapshots of real hosts: a lab's on both dataplanes, and one that was set up as flanneld would, with no agent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLeaseStore, parseNetworkConfig } from '@podlan/fabric';
import { type NamespaceSnapshot, type NodeSnapshot, parseSnapshot } from '@podlan/simulator/snapshot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { captureLab } from '../dist/lab/lab-snapshot.js';
import { captureNode } from '../dist/snapshot/capture-node.js';
import { followByTunnel, joinPlainly } from './plain-host.js';
import { type Dataplane, eventually, MAIN, podlan, run, TestLab } from './test-lab.js';
import { ip, say, TwoHosts } from './two-hosts.js';
import { type VethEnd, vethPairs } from './veth-pairs.js';

const linkOf = ({ links }: NamespaceSnapshot, name: string) => links.find(({ ifname }) => ifname === name);
const text = ({ node, namespace, ifname }: VethEnd) => `${node}/${namespace}/${ifname}`;
const names = ({ namespaces }: NodeSnapshot) => namespaces.map(({ name }) => name);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'podlan-snapshot-'));
});
afterAll(() => rm(directory, { recursive: true }));

describe.each<Dataplane>(['wasm', 'kernel'])('a lab on the %s dataplane', (dataplane) => {
  let lab: TestLab;
  let nodes: NodeSnapshot[];
  beforeAll(async () => {
    lab = await TestLab.start({ family: 'dual', pods: 2 }, dataplane, dataplane);
    await lab.reaches('pod-a1', 'pod-b1');
    nodes = await captureLab(lab.state);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  test('is its hosts with their pods, and the switch', () => {
    expect(nodes.map(({ node }) => node)).toEqual(['host-a', 'host-b', 'underlay']);
    expect(nodes.map((node) => names(node).sort())).toEqual([
      ['host-a', 'pod-a1', 'pod-a2'],
      ['host-b', 'pod-b1', 'pod-b2'],
      ['underlay'],
    ]);
    expect(nodes[0]!.namespaces.map(({ kind }) => kind)).toEqual(['host', 'pod', 'pod']);
  });

  test('is read as it was written', () => {
    for (const node of nodes) expect(parseSnapshot(JSON.stringify(node))).toEqual(node);
  });

  test('has both ends of every veth', () => {
    const pairs = vethPairs(nodes).map((pair) => pair.map(text).join(' '));
    expect(pairs).toHaveLength(6);
    expect(pairs).toContain('host-a/host-a/eth0 underlay/underlay/host-a');
    expect(pairs.filter((pair) => /host-b\/pod-b[12]\/eth0/.test(pair))).toHaveLength(2);
  });

  test('has the tables that iproute2 prints', async () => {
    const host = nodes[0]!.namespaces[0]!;
    const pod = nodes[0]!.namespaces.find(({ name }) => name === 'pod-a1')!;
    const printed = JSON.parse((await lab.in('host-a', 'ip', '-4', '-j', 'route')).stdout) as object[];
    const main = host.routes.filter(({ family, table }) => family === 'inet' && table === undefined);
    expect(main.map(({ family: _, ...route }) => route)).toEqual(printed);
    expect(linkOf(host, 'cni0')?.linkinfo?.info_kind).toBe('bridge');
    expect(linkOf(host, 'flannel.1')?.linkinfo?.info_kind).toBe(dataplane === 'wasm' ? 'tun' : 'vxlan');
    const port = host.links.find(({ master }) => master === 'cni0')!;
    expect(port.linkinfo?.info_slave_data).toMatchObject({ hairpin: true, learning: true });
    expect(pod.addresses.flatMap(({ addr_info }) => addr_info.map(({ local }) => local))).toContain(
      lab.address('pod-a1'),
    );
    expect(host.neighbors.find(({ dev }) => dev === 'flannel.1')?.state).toEqual(['PERMANENT']);
    expect(host.sysctls).toMatchObject({
      'net/ipv4/ip_forward': '1',
      'net/ipv4/conf/flannel.1/forwarding': '1',
      'net/ipv6/conf/flannel-v6.1/accept_ra': '0',
    });
    expect(host.sockets).toContainEqual(expect.objectContaining({ protocol: 'udp', port: 8472 }));
    expect(host.nftables).toContainEqual({ table: { family: 'inet', name: 'podlan' } });
    expect(host.fdb.filter(({ dst }) => dst !== undefined)).toHaveLength(dataplane === 'wasm' ? 0 : 2);
  });

  test('has what the agent says, and the rows of its forwarders', () => {
    const { control } = nodes[0]!;
    expect(control).toMatchObject({
      source: 'podlan',
      backend: 'vxlan',
      dataplane,
      networks: ['10.244.0.0/16', 'fd00:244::/48'],
      subnets: ['10.244.1.0/24', 'fd00:244:0:1::/64'],
      interface: { name: 'eth0' },
      peers: [{ subnets: ['10.244.2.0/24', 'fd00:244:0:2::/64'], status: 'programmed' }],
    });
    const rows = dataplane === 'wasm' ? ['flannel-v6.1', 'flannel.1'] : [];
    expect(control!.forwarders.map(({ dev }) => dev).sort()).toEqual(rows);
    expect(control!.tunnels.map(({ dev }) => dev).sort()).toEqual(rows);
    const tunnel = control!.tunnels.find(({ dev }) => dev === 'flannel.1');
    expect(tunnel?.remote).toBe(dataplane === 'wasm' ? lab.address('host-b') : undefined);
    expect(nodes[2]!.control).toBeUndefined();
  });

  test('is written by podlan lab snapshot, one file a host, for its owner alone', async () => {
    const output = join(directory, `lab-${dataplane}`);
    const { code, stdout, stderr } = await podlan('lab', 'snapshot', '--name', lab.name, '--output', output);
    expect([code, stderr]).toEqual([0, '']);
    expect((await readdir(output)).sort()).toEqual(['host-a.json', 'host-b.json', 'underlay.json']);
    expect(stdout.trim().split('\n')).toHaveLength(3);
    const path = join(output, 'host-a.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const written = parseSnapshot(await readFile(path, 'utf8'));
    expect(names(written)).toEqual(names(nodes[0]!));
  });

  test('is refused where the files can’t be written', async () => {
    const args = ['--name', lab.name, '--output', join(process.execPath, 'below')];
    const { code, stderr } = await podlan('lab', 'snapshot', ...args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/expected to write .*below, .*ENOTDIR/)]);
  });

  test('has nothing of the arguments and the environment of its processes, and no comment but podlan’s', async () => {
    const secret = 'hunter2-in-a-snapshot';
    const listener = `require('net').createServer().listen(4711)`;
    const host = lab.netns('host-a');
    const child = spawn('ip', ['netns', 'exec', host, process.execPath, '-e', listener, secret], {
      env: { ...process.env, PASSWORD: secret },
      stdio: 'ignore',
    });
    try {
      await say(host, 'nft', 'add table ip t { comment "hunter2-in-a-snapshot"; }');
      await say(host, 'nft', 'add chain ip t c');
      await say(host, 'nft', 'add rule ip t c accept comment "hunter2-in-a-snapshot"');
      await say(host, 'nft', 'add rule ip t c accept comment "flanneld masq"');
      const takes = async () => (await captureLab(lab.state))[0]!;
      const taken = await eventually(takes, (node) =>
        node.namespaces[0]!.sockets.some(({ port }) => port === 4711),
      );
      const all = JSON.stringify(taken);
      expect(all).not.toContain('hunter2');
      expect(all).not.toContain(process.execPath);
      expect(all).toContain('flanneld masq');
    } finally {
      child.kill();
    }
  });
});

describe('a host that flannel set up', () => {
  let hosts: TwoHosts;
  let nameless: ChildProcess;
  let flags: string[];
  const config = parseNetworkConfig({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });

  beforeAll(async () => {
    hosts = await TwoHosts.make();
    const store = new MemoryLeaseStore({ config });
    const [a, b] = [hosts.a, hosts.b].map((box) => ({ box, families: [4] as const, mtu: 1450 }));
    await joinPlainly(store, a!, 'vxlan');
    await followByTunnel(a!, await joinPlainly(store, b!, 'vxlan'));
    await pods();
    const subnetFile = join(directory, 'subnet.env');
    await writeFile(
      subnetFile,
      'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\n',
    );
    flags = ['snapshot', '--name', 'node-1', '--netns', hosts.a.netns, '--subnet-file', subnetFile];
  });
  afterAll(async () => {
    nameless?.kill();
    await hosts[Symbol.asyncDispose]();
  });

  /** One on a bridge, one by a route, and one on the bridge whose namespace has no name. */
  async function pods(): Promise<void> {
    nameless = spawn('unshare', ['-n', 'sleep', '300'], { stdio: 'ignore' });
    const own = (await stat('/proc/self/ns/net')).ino;
    const theirs = () =>
      stat(`/proc/${nameless.pid}/ns/net`).then(
        ({ ino }) => ino,
        () => own,
      );
    await eventually(theirs, (ino) => ino !== own);
    await ip(
      hosts.a.netns,
      'link add cni0 type bridge',
      'link set cni0 up',
      'addr flush dev pod0',
      'addr add 10.244.1.1/24 dev cni0',
      'link set pod0 master cni0',
      `link add veth7 type veth peer name eth0 netns ${nameless.pid}`,
      'link set veth7 up master cni0',
      `link add cali9 type veth peer name eth1 netns ${hosts.b.pod}`,
      'link set cali9 up',
      'route add 10.244.1.9 dev cali9',
      'route add 198.51.100.1 dev eth0',
      'route add default via 198.51.100.1 dev eth0',
    );
  }

  const take = async (...more: string[]) => {
    const { code, stdout, stderr } = await podlan(...flags, ...more);
    expect([code, stderr]).toEqual([0, '']);
    return parseSnapshot(stdout);
  };

  test('is taken without an agent, its pods by name or by process, and not the host behind its uplink', async () => {
    const taken = await take();
    const pid = taken.namespaces.map(({ name }) => name).find((name) => name.startsWith('pid-'));
    expect(names(taken).sort()).toEqual(['node-1', hosts.a.pod, hosts.b.pod, pid].sort());
    expect(
      vethPairs([taken])
        .map((pair) =>
          pair
            .map(({ ifname }) => ifname)
            .sort()
            .join(' '),
        )
        .sort(),
    ).toEqual(['cali9 eth1', 'eth0 pod0', 'eth0 veth7']);
  });

  test('says what flannel left behind', async () => {
    const { control, namespaces } = await take();
    expect(control).toEqual({
      source: 'flannel',
      backend: 'vxlan',
      dataplane: 'kernel',
      networks: ['10.244.0.0/16'],
      subnets: ['10.244.1.0/24'],
      mtu: 1450,
      interface: { name: 'eth0', addresses: ['192.168.99.1'], publicIps: ['192.168.99.1'] },
      peers: [],
      forwarders: [],
      tunnels: [],
    });
    expect(namespaces[0]!.fdb).toContainEqual(
      expect.objectContaining({ ifname: 'flannel.1', dst: '192.168.99.2', mac: '02:00:00:00:b0:04' }),
    );
  });

  test('leaves the host as it was, and mounts nothing, as a namespace with a name would', async () => {
    const links = () => say(hosts.a.netns, 'ip', '-j', 'link');
    const before = await links();
    // In a mount namespace of its own, others mount nothing meanwhile; what they delete goes here, too.
    const script =
      'cat /proc/self/mounts >"$0"; "$@" >"$0.json" && ! diff "$0" /proc/self/mounts | grep "^>"';
    const argv = ['--mount', 'sh', '-c', script, join(directory, 'mounts'), process.execPath, MAIN, ...flags];
    const { code, stdout } = await run('unshare', ...argv);
    expect([code, stdout]).toEqual([0, '']);
    expect(parseSnapshot(await readFile(join(directory, 'mounts.json'), 'utf8')).node).toBe('node-1');
    expect(await links()).toEqual(before);
  });

  test('has no address and no name of before when it is redacted, and agrees under one key', async () => {
    const key = ['--redact-key', '0123456789abcdef0123456789abcdef'];
    const [one, other] = [await take(...key), await take(...key)];
    const all = JSON.stringify(one);
    for (const word of ['10.244.1.', '192.168.99.', '198.51.100.', 'node-1', 'pid-', hosts.a.pod])
      expect(all, word).not.toContain(word);
    expect(other.namespaces[0]!.routes).toEqual(one.namespaces[0]!.routes);
    const drawn = await take('--redact');
    expect(drawn.redacted).toBe(true);
    expect(drawn.namespaces[0]!.routes).not.toEqual(one.namespaces[0]!.routes);
  });

  test('without flannel is told from one with it', async () => {
    const plain = await captureNode({ name: 'pod', netns: hosts.a.pod });
    expect(plain.control).toBeUndefined();
    expect(names(plain)).toEqual(['pod']);
  });
});

describe('podlan snapshot refuses', () => {
  const missing = '/no/such/place';
  test.each<[string, string[], RegExp]>([
    [
      'a namespace that is not there',
      ['--netns', 'no-such-host'],
      /expected a network namespace, found none named no-such-host/,
    ],
    ['a socket where no agent answers', ['--socket', `${missing}.sock`], /expected an agent at .*ENOENT/],
    [
      'a key that is guessed',
      ['--redact-key', 'secret'],
      /--redact-key: expected at least 16 characters, found 6/,
    ],
    ['a file that cannot be written', ['--output', `${missing}/node.json`], /expected to write .*ENOENT/],
    [
      'a subnet.env that is a directory',
      ['--subnet-file', '/proc'],
      /expected flannel's subnet.env at \/proc, .*EISDIR/,
    ],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await podlan('snapshot', ...args);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });

  test('a caller without rights', async () => {
    const without = ['setpriv', '--bounding-set', '-net_admin', '--inh-caps', '-net_admin', '--'];
    const { code, stderr } = await run(...(without as ['setpriv']), process.execPath, MAIN, 'snapshot');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/needs CAP_NET_ADMIN.*run it as root/)]);
  });

  test('a machine without iproute2', async () => {
    const { code, stderr } = await run('env', 'PATH=/nowhere', process.execPath, MAIN, 'snapshot');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/install the package iproute2/)]);
  });
});
