/** A snapshot whose fields are each right and do not fit together, or hold numbers that no kernel has. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { probe } from '../../dist/index.js';
import { loadSnapshots, type NodeSnapshot, parseSnapshot, SnapshotError } from '../../dist/snapshot/index.js';
import { type Path, pathsOf, sample, valueAt, withValue } from './sample.js';

function parsed(value: unknown): NodeSnapshot | SnapshotError {
  try {
    return parseSnapshot(JSON.stringify(value));
  } catch (error) {
    if (error instanceof SnapshotError) return error;
    throw error;
  }
}

const HOST: Path = ['namespaces', 0];
const last = (table: 'links' | 'routes' | 'rules' | 'nftables') => sample().namespaces[0]![table].length;
const route = { family: 'inet', dst: 'default', dev: 'eth0', flags: [] };
const rule = { family: 'inet', priority: 5, src: 'all' };
const table = { family: 'ip', name: 'mine' };
const chain = (name: string) => ({ chain: { family: 'ip', table: 'mine', name } });
const jump = (from: string, target: string) => ({
  rule: { family: 'ip', table: 'mine', chain: from, expr: [{ jump: { target } }] },
});

describe('refused is', () => {
  test.each<[string, Path, unknown, string]>([
    ['a pod in place of the host', [...HOST, 'kind'], 'pod', 'namespaces[0].kind'],
    ['a second host', ['namespaces', 1, 'kind'], 'host', 'namespaces[1].kind'],
    ['a name twice', [...HOST, 'links', 1, 'ifname'], 'lo', 'namespaces[0].links[1].ifname'],
    ['an index twice', [...HOST, 'links', 1, 'ifindex'], 1, 'namespaces[0].links[1].ifindex'],
    ['a master of itself', [...HOST, 'links', 4, 'master'], 'cni0', 'namespaces[0].links[4].master'],
    ['a master that is not there', [...HOST, 'links', 5, 'master'], 'cni9', 'namespaces[0].links[5].master'],
    ['a veth as master', [...HOST, 'links', 5, 'master'], 'eth0', 'namespaces[0].links[5].master'],
    ['an MTU of 24', [...HOST, 'links', 4, 'mtu'], 24, 'namespaces[0].links[4].mtu'],
    ['an MTU beyond all', [...HOST, 'links', 4, 'mtu'], 2 ** 40, 'namespaces[0].links[4].mtu'],
    [
      'a prefix length of 99',
      [...HOST, 'addresses', 0, 'addr_info', 0, 'prefixlen'],
      99,
      'namespaces[0].addresses[0].addr_info[0].prefixlen',
    ],
    ['a socket on port 70000', [...HOST, 'sockets', 0, 'port'], 70_000, 'namespaces[0].sockets[0].port'],
    ['a VNI of 2^40', ['control', 'forwarders', 0, 'vni'], 2 ** 40, 'control.forwarders[0].vni'],
    ['a route of the other family', [...HOST, 'routes', 0, 'dst'], 'fd00::/8', 'namespaces[0].routes[0].dst'],
    [
      'a route by a device that is not there',
      [...HOST, 'routes', 0, 'dev'],
      'no',
      'namespaces[0].routes[0].dev',
    ],
    [
      'a gateway of the other family',
      [...HOST, 'routes', 0, 'gateway'],
      '::1',
      'namespaces[0].routes[0].gateway',
    ],
    [
      'a table beyond 32 bits',
      [...HOST, 'routes', 0],
      { ...route, table: '4294967296' },
      'namespaces[0].routes[0].table',
    ],
    ['a rule for a word', [...HOST, 'rules', 0], { ...rule, src: 'wurst' }, 'namespaces[0].rules[0].src'],
    [
      'a rule with a length of 99',
      [...HOST, 'rules', 0],
      { ...rule, src: '10.0.0.0', srclen: 99 },
      'namespaces[0].rules[0].srclen',
    ],
    ['a mark of letters', [...HOST, 'rules', 0], { ...rule, fwmark: 'abc' }, 'namespaces[0].rules[0].fwmark'],
    [
      'a rule of a table that is not there',
      [...HOST, 'nftables', last('nftables')],
      jump('a', 'b'),
      'namespaces[0].nftables',
    ],
    [
      'a jump to nowhere',
      [...HOST, 'nftables'],
      [{ table }, chain('a'), jump('a', 'b')],
      'namespaces[0].nftables',
    ],
    [
      'a circle of jumps',
      [...HOST, 'nftables'],
      [{ table }, chain('a'), chain('b'), jump('a', 'b'), jump('b', 'a')],
      'namespaces[0].nftables',
    ],
  ])('%s', (_, path, value, place) => {
    expect(parsed(withValue(sample(), path, value))).toMatchObject({ name: 'SnapshotError', path: place });
  });
});

/** Values of the file itself and the ends of what numbers can be: what parses is odd, and not nonsense. */
const paths = pathsOf(sample()).filter((path) => path.length > 1);
const own = paths.map((path) => valueAt(sample(), path)).filter((value) => typeof value !== 'object');
const value = fc.oneof(
  fc.constantFrom(...own),
  fc.constantFrom(0, 1, -1, 24, 68, 128, 1280, 0xffff, 0x10000, 0xffffff, 2 ** 31, 2 ** 32, 2 ** 53),
  fc.constantFrom(...paths.map((path) => valueAt(sample(), path))),
);
const changes = fc.array(fc.tuple(fc.constantFrom(...paths), value), { minLength: 1, maxLength: 4 });

const changed = (all: readonly (readonly [Path, unknown])[]) =>
  all.reduce<unknown>((root, [path, to]) => {
    const parent = path.slice(0, -1).reduce<unknown>((at, key) => (at as never)?.[key], root);
    return typeof parent === 'object' && parent !== null ? withValue(root, path, to) : root;
  }, sample());

test('a snapshot that is changed in a few places is refused, or loaded and traced to an end', async () => {
  const run = async (all: readonly (readonly [Path, unknown])[]) => {
    const snapshot = parsed(changed(all));
    if (snapshot instanceof SnapshotError) return;
    const startMs = performance.now();
    const { places } = await loadSnapshots([snapshot]);
    const [host, pod] = [places[0]!, places.at(-1)!];
    for (const destination of [...host.addresses, ...pod.addresses, '10.244.2.2' as never])
      for (const { netns } of [host, pod]) probe(netns, { destination, size: 4000 });
    expect(performance.now() - startMs).toBeLessThan(10_000);
  };
  await fc.assert(fc.asyncProperty(changes, run), { numRuns: Number(process.env.FUZZ_RUNS ?? 200) });
}, 120_000);
