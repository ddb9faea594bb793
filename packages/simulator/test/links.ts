/** Namespaces on links of their own, and the frames that pass there. */
import {
  type IpAddress,
  type MacAddress,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
} from '@podlan/wire';
import { Nic, SimNetwork, Switch } from '../src/index.js';
import type { Netns } from '../src/kernel/netns.js';
import type { Packet } from '../src/kernel/packet.js';

export const ip = (text: string): IpAddress => parseIpAddress(text)!;
export const net = (text: string) => parseIpPrefix(text)!;
export const on = (text: string) => parseInterfaceAddress(text)!;
export const mac = (text: string): MacAddress => parseMacAddress(text)!;

export class Links {
  readonly network = new SimNetwork({ seed: 5 });
  /** All frames in the order in which they came to a switch. */
  readonly frames: Uint8Array[] = [];

  get clock() {
    return this.network.clock;
  }

  link(): Switch {
    const link = new Switch(this.clock, this.network.random);
    const carry = link.carry.bind(link);
    link.carry = (packet: Packet, from: Nic) => {
      this.frames.push(packet.bytes);
      carry(packet, from);
    };
    return link;
  }

  netns(name: string): Netns {
    return this.network.netns(name) ?? this.network.addNetns(name);
  }

  /** A card of a namespace, made where it is not there, on a link. */
  plug(name: string, dev: string, link: Switch, ...addresses: string[]): Nic {
    const netns = this.netns(name);
    const card = new Nic(netns, { name: dev, mac: this.network.nextMac(), mtu: 1500, up: true });
    link.plug(card);
    netns.addDevice(card);
    for (const text of addresses) netns.addAddress(dev, on(text));
    return card;
  }

  route(name: string, prefix: string, via: string): void {
    const netns = this.netns(name);
    const dev = netns.fib.lookup({ destination: ip(via) })!.route.dev!;
    netns.fib.set({
      ...{ prefix: net(prefix), type: 'unicast', via: ip(via), dev },
      ...{ metric: prefix.includes(':') ? 1024 : 0 },
      ...({
        onlink: undefined,
        protocol: undefined,
        row: undefined,
        source: undefined,
        mtu: undefined,
      } as object),
    } as Parameters<typeof netns.fib.set>[0]);
  }
}

/**
 *     a eth0 10.0.1.2, fd00:1::2  ---  eth0 r eth1  ---  eth0 b 10.0.2.2, fd00:2::2
 */
export function routed(): Links {
  const links = new Links();
  const [left, right] = [links.link(), links.link()];
  links.plug('a', 'eth0', left, '10.0.1.2/24', 'fd00:1::2/64');
  links.plug('r', 'eth0', left, '10.0.1.1/24', 'fd00:1::1/64');
  links.plug('r', 'eth1', right, '10.0.2.1/24', 'fd00:2::1/64');
  links.plug('b', 'eth0', right, '10.0.2.2/24', 'fd00:2::2/64');
  for (const key of ['net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding'])
    links.netns('r').sysctls.set(key, '1');
  for (const [prefix, via] of [
    ['0.0.0.0/0', '10.0.1.1'],
    ['::/0', 'fd00:1::1'],
  ] as const)
    links.route('a', prefix, via);
  for (const [prefix, via] of [
    ['0.0.0.0/0', '10.0.2.1'],
    ['::/0', 'fd00:2::1'],
  ] as const)
    links.route('b', prefix, via);
  return links;
}
