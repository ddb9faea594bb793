/** A lab's commands read as what they do. */
import { expect, test } from 'vitest';
import { parseLabScript } from '../src/lab-script/parse-lab-script';
import { ClusterScene } from '../src/scene/cluster-scene';
import { PLAIN_CLUSTER } from '../src/state/first-state';

test('a lab has the hosts and pods that lab up makes', async () => {
  const { cluster, steps } = parseLabScript('podlan lab up --hosts 3 --pods 2 --dataplane kernel # three');
  expect(cluster).toEqual({ ...PLAIN_CLUSTER, dataplane: 'kernel' });
  const scene = await ClusterScene.open({ cluster, actions: steps.flatMap(({ actions }) => actions) });
  expect(scene.hosts.map(({ pods }) => pods.map(({ name }) => name))).toEqual([
    ['pod-a1', 'pod-a2'],
    ['pod-b1', 'pod-b2'],
    ['pod-c1', 'pod-c2'],
  ]);
  await scene.close();
});

test.each([
  ['podlan lab join --dataplane wasm', { do: 'join', dataplane: 'wasm' }],
  ['podlan lab leave host-b', { do: 'leave', host: 'host-b' }],
  ['podlan lab exec host-a -- ip route', { do: 'run', at: 'host-a', line: 'ip route' }],
  [
    'podlan trace pod-a1 pod-b1 --size 1450 --df',
    {
      do: 'send',
      packet: { from: 'pod-a1', to: 'pod-b1', protocol: 'icmp', size: 1450, dontFragment: true },
    },
  ],
  [
    'podlan trace pod-a1 10.244.2.2 --proto udp --dport 53 --live',
    { do: 'send', packet: { from: 'pod-a1', to: '10.244.2.2', protocol: 'udp', port: 53 } },
  ],
])('%s', (line, action) => {
  const { steps } = parseLabScript(`podlan lab up\n\n# in it\n${line}`);
  expect(steps.map((step) => step.line)).toEqual(['podlan lab up', line]);
  expect(steps[1]!.actions).toEqual([action]);
});

test.each([
  ['podlan lab up --backend ipip', 'vxlan, host-gw, udp'],
  ['podlan lab up --hosts many', 'a number'],
  ['podlan lab up --store etcd', '--hosts, --pods'],
  ['podlan trace pod-a1 pod-b1', 'podlan lab up'],
  ['', 'podlan lab up'],
])('"%s" is no beginning', (line, expected) => {
  expect(() => parseLabScript(line)).toThrow(expected);
});

test.each([
  ['podlan lab exec host-a ip route', '-- COMMAND'],
  ['podlan trace pod-a1', 'SRC DST'],
  ['podlan trace pod-a1 pod-b1 --ttl 3', '--proto, --dport'],
  ['podlan lab up', 'podlan lab join'],
  ['rm -rf /', 'podlan lab join'],
])('%s is refused', (line, expected) => {
  expect(() => parseLabScript(`podlan lab up\n${line}`)).toThrow(expected);
});
