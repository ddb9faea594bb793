/** The way of one packet through a real lab, device by device, on each backend and dataplane: the true order in Linux. */
import { once } from 'node:events';
import { summarize } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LabBackend } from '../dist/lab/lab-shape.js';
import { sh, vethOf } from './faults/fault-lab.js';
import {
  captureWay,
  captureWays,
  makeWhole,
  UNJOINED,
  type Way,
  type WayProbe,
} from './fidelity/capture-way.js';
import { normalize } from './fidelity/normalize.js';
import { placesText, wayText } from './fidelity/way-text.js';
import { type Dataplane, TestLab } from './test-lab.js';

const PODS = { from: 'pod-a1', to: 'pod-b1' };
const PING = { ...PODS, sourcePort: 7 };

async function startLab(backend: LabBackend, dataplane: Dataplane): Promise<TestLab> {
  const family = backend === 'udp' ? 'ipv4' : 'dual';
  const lab = await TestLab.start({ ...UNJOINED, backend, family }, dataplane, dataplane);
  await makeWhole(lab);
  // A port can be used again at once.
  await sh(lab, 'pod-a1', 'sysctl -qw net.ipv4.tcp_max_tw_buckets=0');
  await warm(lab);
  return lab;
}

/** Neighbors know each other afterwards. */
async function warm(lab: TestLab): Promise<void> {
  const families = lab.state.family === 'dual' ? ([4, 6] as const) : ([4] as const);
  for (const family of families) await captureWay(lab, { ...PING, family });
}

describe('vxlan of the kernel', () => {
  const lab = useLab('vxlan', 'kernel');

  test('a ping', async () => {
    expect(wayText(await captureWay(lab(), PING))).toMatchInlineSnapshot(`
      "pod-a1 eth0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a veth in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a cni0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a flannel.1 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a eth0 out IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-a in IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-b out IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b eth0 in IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b flannel.1 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b cni0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b veth out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      pod-b1 eth0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      pod-b1 eth0 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b veth in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b cni0 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b flannel.1 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b eth0 out IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      underlay host-b in IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      underlay host-a out IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a eth0 in IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a flannel.1 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a cni0 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a veth out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      pod-a1 eth0 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64"
    `);
  });

  test('a ping in IPv6', async () => {
    expect(wayText(await captureWay(lab(), { ...PING, family: 6 }))).toMatchInlineSnapshot(`
      "pod-a1 eth0 out IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      host-a veth in IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      host-a cni0 in IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      host-a flannel-v6.1 out IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      host-a eth0 out IP6 fd00:77::11 > fd00:77::12: UDP * > 8472, length 126: VXLAN vni 1: IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      underlay host-a in IP6 fd00:77::11 > fd00:77::12: UDP * > 8472, length 126: VXLAN vni 1: IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      underlay host-b out IP6 fd00:77::11 > fd00:77::12: UDP * > 8472, length 126: VXLAN vni 1: IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      host-b eth0 in IP6 fd00:77::11 > fd00:77::12: UDP * > 8472, length 126: VXLAN vni 1: IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      host-b flannel-v6.1 in IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      host-b cni0 out IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      host-b veth out IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      pod-b1 eth0 in IP6 fd00:244:0:1::2 > fd00:244:0:2::2: ICMP6 echo request, id 7, seq 1, length 64
      pod-b1 eth0 out IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      host-b veth in IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      host-b cni0 in IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      host-b flannel-v6.1 out IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      host-b eth0 out IP6 fd00:77::12 > fd00:77::11: UDP * > 8472, length 126: VXLAN vni 1: IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      underlay host-b in IP6 fd00:77::12 > fd00:77::11: UDP * > 8472, length 126: VXLAN vni 1: IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      underlay host-a out IP6 fd00:77::12 > fd00:77::11: UDP * > 8472, length 126: VXLAN vni 1: IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      host-a eth0 in IP6 fd00:77::12 > fd00:77::11: UDP * > 8472, length 126: VXLAN vni 1: IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      host-a flannel-v6.1 in IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      host-a cni0 out IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      host-a veth out IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64
      pod-a1 eth0 in IP6 fd00:244:0:2::2 > fd00:244:0:1::2: ICMP6 echo reply, id 7, seq 1, length 64"
    `);
  });

  test('a TTL that ends at the first router', async () => {
    expect(wayText(await captureWay(lab(), { ...PING, ttl: 1 }))).toMatchInlineSnapshot(`
      "pod-a1 eth0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a veth in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a cni0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a cni0 out IP 10.244.1.1 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a veth out IP 10.244.1.1 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      pod-a1 eth0 in IP 10.244.1.1 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64"
    `);
  });

  test('a TTL that ends at the second', async () => {
    expect(wayText(await captureWay(lab(), { ...PING, ttl: 2 }))).toMatchInlineSnapshot(`
      "pod-a1 eth0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a veth in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a cni0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a flannel.1 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a eth0 out IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-a in IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-b out IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b eth0 in IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b flannel.1 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b flannel.1 out IP 10.244.2.0 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b eth0 out IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 134: VXLAN vni 1: IP 10.244.2.0 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-b in IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 134: VXLAN vni 1: IP 10.244.2.0 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-a out IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 134: VXLAN vni 1: IP 10.244.2.0 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a eth0 in IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 134: VXLAN vni 1: IP 10.244.2.0 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a flannel.1 in IP 10.244.2.0 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a cni0 out IP 10.244.2.0 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a veth out IP 10.244.2.0 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      pod-a1 eth0 in IP 10.244.2.0 > 10.244.1.2: ICMP time exceeded: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64"
    `);
  });

  test('a packet that must not be cut, too big for flannel.1', async () => {
    await setPodMtu(lab(), 1500);
    const probe = { ...PING, payloadBytes: 1472, dontFragment: true };
    const { frames, answer } = await captureWay(lab(), probe).finally(() => setPodMtu(lab(), 1430));
    expect(answer.errors).toMatchObject([{ errno: 'EMSGSIZE', from: '10.244.1.1' }]);
    expect(wayText({ frames })).toMatchInlineSnapshot(`
      "pod-a1 eth0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 1480
      host-a veth in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 1480
      host-a cni0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 1480
      host-a cni0 out IP 10.244.1.1 > 10.244.1.2: ICMP unreachable: need to frag (mtu 1430): IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 528
      host-a veth out IP 10.244.1.1 > 10.244.1.2: ICMP unreachable: need to frag (mtu 1430): IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 528
      pod-a1 eth0 in IP 10.244.1.1 > 10.244.1.2: ICMP unreachable: need to frag (mtu 1430): IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 528"
    `);
  });

  test('what is to be asked before a packet can go is seen apart from it', async () => {
    await sh(lab(), 'pod-a1', 'ip neigh flush dev eth0');
    const { frames, neighborFrames } = await captureWay(lab(), PING);
    expect(placesText({ frames })).toHaveLength(24);
    const texts = neighborFrames.map(({ bytes }) => summarize(bytes));
    expect(texts).toContain('ARP who-has 10.244.1.1 tell 10.244.1.2');
    expect(placesText({ frames: neighborFrames }).slice(0, 2)).toEqual(['pod-a1 eth0 out', 'host-a veth in']);
  });
});

describe('vxlan of the wasm dataplane', () => {
  const lab = useLab('vxlan', 'wasm');

  test('a ping', async () => {
    expect(wayText(await captureWay(lab(), PING))).toMatchInlineSnapshot(`
      "pod-a1 eth0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a veth in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a cni0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a flannel.1 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a eth0 out IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-a in IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-b out IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b eth0 in IP 192.168.77.11 > 192.168.77.12: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b flannel.1 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b cni0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b veth out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      pod-b1 eth0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      pod-b1 eth0 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b veth in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b cni0 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b flannel.1 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b eth0 out IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      underlay host-b in IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      underlay host-a out IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a eth0 in IP 192.168.77.12 > 192.168.77.11: UDP * > 8472, length 106: VXLAN vni 1: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a flannel.1 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a cni0 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a veth out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      pod-a1 eth0 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64"
    `);
  });
});

describe('host-gw', () => {
  const lab = useLab('host-gw', 'kernel');

  test('a ping', async () => {
    expect(wayText(await captureWay(lab(), PING))).toMatchInlineSnapshot(`
      "pod-a1 eth0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a veth in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a cni0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a eth0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-a in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-b out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b eth0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b cni0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b veth out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      pod-b1 eth0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      pod-b1 eth0 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b veth in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b cni0 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b eth0 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      underlay host-b in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      underlay host-a out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a eth0 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a cni0 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a veth out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      pod-a1 eth0 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64"
    `);
  });
});

describe('udp', () => {
  const lab = useLab('udp', 'wasm');

  test('a ping', async () => {
    expect(wayText(await captureWay(lab(), PING))).toMatchInlineSnapshot(`
      "pod-a1 eth0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a veth in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a cni0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a flannel0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-a eth0 out IP 192.168.77.11 > 192.168.77.12: UDP 8285 > 8285, length 84: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-a in IP 192.168.77.11 > 192.168.77.12: UDP 8285 > 8285, length 84: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      underlay host-b out IP 192.168.77.11 > 192.168.77.12: UDP 8285 > 8285, length 84: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b eth0 in IP 192.168.77.11 > 192.168.77.12: UDP 8285 > 8285, length 84: IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b flannel0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b cni0 out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      host-b veth out IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      pod-b1 eth0 in IP 10.244.1.2 > 10.244.2.2: ICMP echo request, id 7, seq 1, length 64
      pod-b1 eth0 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b veth in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b cni0 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b flannel0 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-b eth0 out IP 192.168.77.12 > 192.168.77.11: UDP 8285 > 8285, length 84: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      underlay host-b in IP 192.168.77.12 > 192.168.77.11: UDP 8285 > 8285, length 84: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      underlay host-a out IP 192.168.77.12 > 192.168.77.11: UDP 8285 > 8285, length 84: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a eth0 in IP 192.168.77.12 > 192.168.77.11: UDP 8285 > 8285, length 84: IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a flannel0 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a cni0 out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      host-a veth out IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64
      pod-a1 eth0 in IP 10.244.2.2 > 10.244.1.2: ICMP echo reply, id 7, seq 1, length 64"
    `);
  });
});

/** A lab for the tests around it, with the tests that every lab passes. */
function useLab(backend: LabBackend, dataplane: Dataplane): () => TestLab {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await startLab(backend, dataplane);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  test('every probe leaves the same frames at the same devices each time, whole and with right checksums', async () => {
    await using _server = await serve(lab);
    const probes = probesOf(lab);
    const [first, second] = [await captureWays(lab, probes), await captureWays(lab, probes)];
    for (const [index, { frames, answer }] of first.entries()) {
      const probe = JSON.stringify(probes[index]);
      expect(frames.length, probe).toBeGreaterThan(probes[index]!.isRefused ? -1 : 5);
      expect(answer.refused, probe).toBe(probes[index]!.isRefused ? 'EMSGSIZE' : undefined);
      expect(wayText({ frames }), probe).not.toContain('malformed');
      expect(normalTexts(second[index]!), probe).toEqual(normalTexts({ frames }));
    }
  });
  return () => lab;
}

const normalTexts = ({ frames }: Pick<Way, 'frames'>): string[] =>
  frames.map(({ namespace, device, direction, bytes, linkType }) => {
    const normal = normalize(bytes, undefined, linkType);
    const blanked = normal.blanked.map(({ field, offset }) => `${field} at ${offset}`).join(', ');
    return `${namespace} ${device} ${direction} ${Buffer.from(normal.bytes).toString('hex')} (${blanked})`;
  });

type LabProbe = WayProbe & { readonly isRefused?: boolean };

function probesOf({ state: { backend, family } }: TestLab): LabProbe[] {
  // IPv4 and ICMP headers taken off.
  const full = { vxlan: 1430, 'host-gw': 1500, udp: 1472 }[backend] - 28;
  const ofFamily = (of: 4 | 6): LabProbe[] => {
    const base = { ...PODS, family: of };
    const most = of === 4 ? full : full - 20;
    return [
      { ...base, sourcePort: 40_001 },
      { ...base, sourcePort: 40_002, protocol: 'udp', port: 9 },
      { ...base, sourcePort: 40_003, protocol: 'tcp', port: 9 },
      { ...base, sourcePort: 40_004, protocol: 'tcp', port: 8080 },
      { ...base, sourcePort: 40_005, payloadBytes: most, dontFragment: true },
      { ...base, sourcePort: 40_006, payloadBytes: most + 1, dontFragment: true, isRefused: true },
      { ...base, sourcePort: 40_007, ttl: 1 },
      { ...base, sourcePort: 40_008, ttl: 2 },
    ];
  };
  return [...ofFamily(4), ...(family === 'dual' ? ofFamily(6) : [])];
}

const SERVER = `
const server = require('node:net').createServer((socket) => socket.on('error', () => {}).resume());
server.listen(8080, '::', () => console.log('ready'));`;

async function serve(lab: TestLab): Promise<AsyncDisposable> {
  const server = lab.spawn('pod-b1', process.execPath, '-e', SERVER);
  await once(server.stdout, 'data');
  return {
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL');
      await once(server, 'exit');
    },
  };
}

async function setPodMtu(lab: TestLab, mtu: number): Promise<void> {
  await sh(lab, 'pod-a1', `ip link set eth0 mtu ${mtu}`);
  await sh(lab, 'host-a', `ip link set ${vethOf('pod-a1')} mtu ${mtu}`);
}
