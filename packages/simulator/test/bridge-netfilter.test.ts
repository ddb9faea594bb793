/** Rules of IP before frames on a bridge, as the module br_netfilter has it, and before what a host sends itself. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Bridge } from '../src/devices/bridge.js';
import { pair, Veth } from '../src/devices/veth.js';
import { probe } from '../src/index.js';
import { readIp } from '../src/kernel/ip-packet.js';
import { ip, Links, mac, net, on } from './links.js';

const CALLS = 'net/bridge/bridge-nf-call-iptables';
const SERVICE = ip('10.96.0.10');
const OUTSIDE = ip('10.0.9.2');

const daddr = (address: string) => ({
  match: { op: '==', left: { payload: { protocol: 'ip', field: 'daddr' } }, right: address },
});
const dnat = (address: string) => [daddr(SERVICE), { dnat: { addr: address } }];

/** One base chain of family ip. */
function rules(chain: object, ...exprs: object[][]): object {
  const at = { family: 'ip', table: 't' };
  return {
    nftables: [
      { table: { family: 'ip', name: 't' } },
      { chain: { ...at, name: 'c', prio: 0, policy: 'accept', ...chain } },
      ...exprs.map((expr, i) => ({ rule: { ...at, chain: 'c', handle: i + 2, expr } })),
    ],
  };
}

const NAT = { type: 'nat', hook: 'prerouting', prio: -100 };
const NAT_OUT = { type: 'nat', hook: 'output', prio: -100 };
const FORWARD_DROP = { type: 'filter', hook: 'forward', policy: 'drop' };

/** pod-1 10.1.0.2 and pod-2 10.1.0.3 on br0 10.1.0.1 of a host, whose card leads to `outside`. */
function hostOfPods(): Links {
  const links = new Links();
  const host = links.netns('host');
  const br0 = new Bridge(host, { name: 'br0', mac: links.network.nextMac(), mtu: 1500, up: true });
  host.addDevice(br0);
  host.addAddress('br0', on('10.1.0.1/24'));
  for (const n of [1, 2]) {
    const pod = links.netns(`pod-${n}`);
    const [near, far] = [host, pod].map(
      (netns, side) =>
        new Veth(netns, {
          ...{ name: side === 0 ? `p${n}` : 'eth0', mac: mac(`02:00:00:00:0${side}:0${n}`) },
          ...{ mtu: 1500, up: true },
        }),
    ) as [Veth, Veth];
    pair(near, far);
    host.addDevice(near);
    br0.addPort(near);
    pod.addDevice(far);
    pod.addAddress('eth0', on(`10.1.0.${n + 1}/24`));
    links.route(`pod-${n}`, '0.0.0.0/0', '10.1.0.1');
  }
  const cable = links.link();
  links.plug('host', 'eth0', cable, '10.0.9.1/24');
  links.plug('outside', 'eth0', cable, '10.0.9.2/24');
  links.route('outside', '0.0.0.0/0', '10.0.9.1');
  host.sysctls.set('net/ipv4/ip_forward', '1');
  return links;
}

let links: Links;
beforeEach(() => {
  links = hostOfPods();
});
const load = (ruleset: object) => links.netns('host').netfilter.load(ruleset);
const ask = (from: string, destination: string) => probe(links.netns(from), { destination: ip(destination) });
const routesOf = (hops: ReturnType<typeof ask>['hops']) =>
  hops.filter(({ event, netns, leg }) => event === 'route' && netns === 'host' && leg === 'request');

describe('two pods on a bridge, and a FORWARD that drops', () => {
  test.each([
    ['without the module', {}, 0, true],
    ['where the sysctl says no', { [CALLS]: '0' }, 0, true],
    ['where the sysctl says yes', { [CALLS]: '1' }, 0, false],
    ['where the bridge itself says yes', { [CALLS]: '0' }, 1, false],
    ['where the bridge says yes, and there is no module', {}, 1, true],
  ])('%s', (_, sysctls, own, answered) => {
    const host = links.netns('host');
    host.sysctls.restore(sysctls);
    (host.device('br0') as Bridge).rulesCalled = { 4: own === 1, 6: false };
    load(rules(FORWARD_DROP));
    const result = ask('pod-1', '10.1.0.3');
    expect([result.answered, result.lost?.reason]).toEqual([answered, answered ? undefined : 'filtered']);
  });

  test('what is routed meets FORWARD once, and prerouting once', () => {
    links.netns('host').sysctls.set(CALLS, '1');
    const count = (hook: string) => {
      load(rules({ type: 'filter', hook }, [{ counter: { packets: 0, bytes: 0 } }, { accept: null }]));
      const { hops, answered } = ask('pod-1', OUTSIDE);
      expect(answered).toBe(true);
      return hops.filter(({ event, leg }) => event === 'filter' && leg === 'request').length;
    };
    expect([count('prerouting'), count('forward'), count('postrouting')]).toEqual([1, 1, 1]);
  });
});

describe('a service that prerouting translates', () => {
  beforeEach(() => links.netns('host').sysctls.set(CALLS, '1'));

  test.each([
    ['stays on it, and is answered by the service', '1', SERVICE, false],
    ['is routed without the module, and answered by the pod', '0', ip('10.1.0.3'), true],
  ])('to a pod of the same bridge %s', (_, called, answering, isForwarded) => {
    links.netns('host').sysctls.set(CALLS, called);
    load(rules(NAT, dnat('10.1.0.3')));
    const { hops } = ask('pod-1', SERVICE);
    const answer = hops.find(
      ({ leg, event, netns }) => leg === 'reply' && event === 'deliver' && netns === 'pod-1',
    );
    expect(readIp(answer!.before)?.source).toBe(answering);
    expect(hops.some(({ event, netns }) => event === 'forward' && netns === 'host')).toBe(isForwarded);
  });

  test.each([
    ['elsewhere is routed', '10.0.9.2', true],
    ['on the host itself is delivered', '10.1.0.1', true],
    ['that nobody has is lost', '10.1.0.77', false],
  ])('to one %s', (_, target, answered) => {
    load(rules(NAT, dnat(target)));
    expect(ask('pod-1', SERVICE).answered).toBe(answered);
  });
});

describe('what a host sends itself', () => {
  test.each([
    ['10.1.0.3', 'br0'],
    ['10.0.9.2', 'eth0'],
  ])('goes by the route of %s once it is translated', (target, dev) => {
    links.route('host', '0.0.0.0/0', '10.0.9.99');
    load(rules(NAT_OUT, dnat(target)));
    const { answered, hops } = ask('host', SERVICE);
    expect(answered).toBe(true);
    expect(routesOf(hops).at(-1)?.row?.text).toContain(`dev ${dev}`);
  });

  test('a local address that is translated to a pod leaves by the pod, and is not forwarded', () => {
    load(rules(NAT_OUT, [daddr('10.0.9.1'), { dnat: { addr: '10.1.0.2' } }]));
    const { answered, hops } = ask('host', '10.0.9.1');
    expect(answered).toBe(true);
    expect(hops.some(({ event }) => event === 'forward')).toBe(false);
  });

  test.each([
    ['route', false],
    ['filter', true],
  ])('a mark of a chain of type %s', (type, answered) => {
    const host = links.netns('host');
    host.fib.setRules(4, [
      { priority: 1, table: 7, action: 'blackhole', mark: { value: 9, mask: 0xff } },
      ...host.fib.rules(4),
    ]);
    load(rules({ type, hook: 'output' }, [{ mangle: { key: { meta: { key: 'mark' } }, value: 9 } }]));
    expect(ask('host', '10.0.9.2').answered).toBe(answered);
  });
});

test.each([
  ['the only one', [], false],
  ['one of several', ['eth0'], true],
])('under strict rp_filter the way back by another device is %s', (_, otherDevs, arrived) => {
  const host = links.netns('host');
  host.sysctls.set('net/ipv4/conf/eth0/rp_filter', '1');
  links.netns('outside').addAddress('eth0', on('203.0.113.9/32'));
  host.fib.set({ prefix: net('203.0.113.9/32'), type: 'unicast', dev: 'br0', otherDevs, metric: 0 });
  const way = { source: ip('203.0.113.9'), destination: ip('10.0.9.1') };
  expect(probe(links.netns('outside'), way).arrived).toBe(arrived);
});
