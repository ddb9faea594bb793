/**
 * A podlan node on either dataplane and a host set up by hand as flanneld would: they carry each other's packets, and the
 * kernel state of the two is the same, field by field.
 */
import { openSqliteStore } from '@podlan/fabric/sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transfer } from '../dist/lab/demo-traffic.js';
import { kernelState, macsOf, mirrored, onAnyDataplane } from './flannel-state.js';
import {
  type Family,
  followByTunnel,
  followDirectly,
  joinPlainly,
  leaseOf,
  type PlainHost,
} from './plain-host.js';
import { type Dataplane, eventually, rightWithinASecond, run } from './test-lab.js';
import { hostAddress, ip, podAddress, say, subnetOf, TwoHosts } from './two-hosts.js';

type Store = Awaited<ReturnType<typeof openSqliteStore>>;

interface Case {
  readonly name: string;
  readonly families: readonly Family[];
  readonly backend: { readonly Type: string; readonly DirectRouting?: boolean };
  readonly dataplane: Dataplane;
  readonly mtu: number;
  /** Whether TCP is tried too. */
  readonly tcp: boolean;
}

const VXLAN = { Type: 'vxlan' };
const DIRECT = { Type: 'vxlan', DirectRouting: true };
const CASES: Case[] = [
  { name: 'vxlan', families: [4], backend: VXLAN, dataplane: 'kernel', mtu: 1450, tcp: false },
  { name: 'vxlan', families: [4], backend: VXLAN, dataplane: 'wasm', mtu: 1450, tcp: false },
  {
    name: 'vxlan in both families',
    families: [4, 6],
    backend: VXLAN,
    dataplane: 'kernel',
    mtu: 1430,
    tcp: true,
  },
  {
    name: 'vxlan in both families',
    families: [4, 6],
    backend: VXLAN,
    dataplane: 'wasm',
    mtu: 1430,
    tcp: true,
  },
  {
    name: 'row 11: vxlan in IPv6 only',
    families: [6],
    backend: VXLAN,
    dataplane: 'kernel',
    mtu: 1430,
    tcp: false,
  },
  {
    name: 'row 11: vxlan in IPv6 only',
    families: [6],
    backend: VXLAN,
    dataplane: 'wasm',
    mtu: 1430,
    tcp: false,
  },
  { name: 'direct routes', families: [4, 6], backend: DIRECT, dataplane: 'kernel', mtu: 1430, tcp: false },
  { name: 'direct routes', families: [4, 6], backend: DIRECT, dataplane: 'wasm', mtu: 1430, tcp: true },
  {
    name: 'host-gw',
    families: [4, 6],
    backend: { Type: 'host-gw' },
    dataplane: 'kernel',
    mtu: 1500,
    tcp: false,
  },
];

const IPV4 = { Network: '10.244.0.0/16' };
const IPV6 = { EnableIPv6: true, IPv6Network: 'fd00:244::/48' };
const networkOf = (families: readonly Family[]) => ({
  ...(families.includes(4) ? IPV4 : { EnableIPv4: false }),
  ...(families.includes(6) ? IPV6 : {}),
});

/** As flannel writes it. */
const subnetEnvOf = (families: readonly Family[], mtu: number) =>
  [
    ...(families.includes(4) ? ['FLANNEL_NETWORK=10.244.0.0/16', 'FLANNEL_SUBNET=10.244.1.1/24'] : []),
    ...(families.includes(6)
      ? ['FLANNEL_IPV6_NETWORK=fd00:244::/48', 'FLANNEL_IPV6_SUBNET=fd00:244:0:1::1/64']
      : []),
    ...[`FLANNEL_MTU=${mtu}`, 'FLANNEL_IPMASQ=false', ''],
  ].join('\n');

const MEGABYTES = 1;

let hosts: TwoHosts;
beforeAll(async () => {
  hosts = await TwoHosts.make();
});
afterAll(() => hosts?.[Symbol.asyncDispose]());

describe.each(CASES)('$name, $dataplane', ({ families, backend, dataplane, mtu, tcp }) => {
  let store: Store;
  let plain: PlainHost;

  beforeAll(async () => {
    const config = { ...networkOf(families), Backend: backend };
    await hosts.agent(config, '--dataplane', dataplane);
    store = await openSqliteStore({ path: hosts.store });
    plain = { box: hosts.b, families, mtu };
    await joinPlainly(store, plain, backend.Type);
    const own = await leaseOf(store, subnetOf(families[0]!, 1));
    if (backend.Type === 'vxlan') await followByTunnel(plain, own);
    else await followDirectly(plain, own);
    await hosts.status(({ peers }) => peers.length === 1 && peers[0]!.status === 'programmed');
    await hosts.setPodMtu(mtu);
  });
  afterAll(async () => {
    await store?.close();
    await hosts?.reset();
  });

  const podOf = { a: () => hosts.a.pod, b: () => hosts.b.pod };
  const WAYS = families.flatMap((family) => [
    { family, from: 'a', to: 'b', target: podAddress(family, 2) } as const,
    { family, from: 'b', to: 'a', target: podAddress(family, 1) } as const,
  ]);

  const fits = (more = '') => {
    test.each(WAYS)(`a packet of the whole MTU goes from $from to $to in IPv$family${more}`, async (way) => {
      const size = mtu - (way.family === 4 ? 28 : 48);
      const ping = ['ping', '-n', '-M', 'do', '-s', `${size}`, '-c', '1', '-W', '2', way.target];
      await eventually(
        async () => (await run('ip', 'netns', 'exec', podOf[way.from](), ...ping)).stdout,
        (said) => said.includes(' 0% packet loss'),
        10_000,
      );
    });
  };
  fits();

  if (tcp) {
    test.each(WAYS)('TCP goes from $from to $to in IPv$family', async (way) => {
      const target = { netns: podOf[way.to](), address: way.target };
      const { sent, received } = await transfer(podOf[way.from](), target, MEGABYTES);
      expect(received).toMatchObject({ bytes: MEGABYTES * 1e6, sha256: sent.sha256 });
    });
  }

  test('subnet.env is flannel’s', () => {
    expect(hosts.subnetEnv()).toBe(subnetEnvOf(families, mtu));
  });

  if (backend === VXLAN) {
    test('the kernel is in the state that flannel’s node is in', async () => {
      const { attributes } = await leaseOf(store, subnetOf(families[0]!, 1));
      const macs = macsOf(families, (family) => macIn(attributes, family));
      const podlan = await kernelState(hosts.a, families, macs);
      const flannel = await kernelState(hosts.b, families, mirrored(macs));
      expect(flannel.links).toMatchObject(
        families.map((family) => ({ address: `OWN-MAC-${family}`, mtu, linkinfo: { info_kind: 'vxlan' } })),
      );
      expect(flannel.routes).toHaveLength(families.length);
      expect(onAnyDataplane(podlan)).toEqual(onAnyDataplane(flannel));
      if (dataplane === 'kernel') expect(podlan).toEqual(flannel);
    });
  }

  if (backend === DIRECT) {
    test('the host that was set up by hand routes directly, too', async () => {
      await followDirectly(plain, await leaseOf(store, subnetOf(families[0]!, 1)));
    });

    fits(' then');

    test.each(families)(
      'row 3: a direct IPv%i route that is deleted is put back as it was',
      async (family) => {
        const subnet = subnetOf(family, 2);
        const route = async (verb: string) =>
          (await run('ip', '-n', hosts.a.netns, `-${family}`, 'route', verb, subnet)).stdout;
        const before = await route('show');
        expect(before).toContain(`via ${hostAddress(family, 2)} dev eth0`);
        await rightWithinASecond(
          () => route('del'),
          () => route('show'),
          (seen) => seen === before,
        );
      },
    );
  }

  if (backend === DIRECT && dataplane === 'kernel') {
    test('a peer that a gateway leads to is tunnelled to, and directly again when none does', async () => {
      const leadsBy = (hop: string) =>
        eventually(
          () => say(hosts.a.netns, 'ip', 'route', 'show', subnetOf(4, 2)),
          (route) => route.includes(hop),
        );
      await ip(hosts.a.netns, 'route add 192.168.99.2/32 via 192.168.99.9');
      await leadsBy('via 10.244.2.0 dev flannel.1');
      await ip(hosts.a.netns, 'route del 192.168.99.2/32');
      await leadsBy('via 192.168.99.2 dev eth0');
    });
  }

  if (backend.Type === 'host-gw') {
    test('routes are back when the interface is, and no peer was refused', async () => {
      await ip(hosts.a.netns, 'link set eth0 down');
      await hosts.status(({ failures }) => failures.some(({ attempts }) => attempts > 1));
      await ip(hosts.a.netns, 'link set eth0 up', `addr add ${hostAddress(6, 1)}/64 dev eth0 nodad`);
      const { counters } = await hosts.status(({ failures }) => failures.length === 0);
      expect(counters.leasesRefused).toBe(0);
    });

    fits(' after that');
  }
});

function macIn(
  { endpoints }: { endpoints: readonly { publicIp: string; data?: unknown }[] },
  family: Family,
): string {
  const endpoint = endpoints.find(({ publicIp }) => publicIp.includes(':') === (family === 6))!;
  return (endpoint.data as { VtepMAC: string }).VtepMAC;
}
