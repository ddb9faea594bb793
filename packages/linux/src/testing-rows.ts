/** The rows of the kernel contract: one state with every kind in it, and what changes in place or must be made anew. */
import {
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  type MacAddress,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
} from '@podlan/wire';
import type { Chain, Link, Row, Scope } from './model.js';
import { scopeOf } from './rows.js';

export const ip = (text: string) => parseIpAddress(text) as IpAddress;
export const net = (text: string) => parseIpPrefix(text) as IpPrefix;
export const on = (text: string) => parseInterfaceAddress(text) as InterfaceAddress;
export const mac = (text: string) => parseMacAddress(text) as MacAddress;

export const vxlan: Link = {
  kind: 'link',
  name: 'flannel.1',
  type: 'vxlan',
  mac: mac('3a:a6:bc:cb:d8:d4'),
  mtu: 1450,
  up: true,
  vni: 1,
  port: 8472,
  local: ip('192.168.77.11'),
  dev: 'eth0',
  learning: false,
  gbp: false,
};
export const tap: Link = {
  kind: 'link',
  name: 'tap9',
  type: 'tap',
  mac: mac('02:00:00:00:00:07'),
  mtu: 1400,
  up: true,
};
const tun: Link = { kind: 'link', name: 'tun9', type: 'tun', mtu: 1472, up: true };
const bridge: Link = {
  kind: 'link',
  name: 'cni9',
  type: 'bridge',
  mac: mac('02:00:00:00:00:08'),
  mtu: 1450,
  up: true,
};
const port: Link = {
  kind: 'link',
  name: 'veth9',
  type: 'veth',
  mac: mac('02:00:00:00:00:09'),
  mtu: 1450,
  up: true,
  master: 'cni9',
  hairpin: true,
  peer: { name: 'pod9' },
};
export const links: Link[] = [vxlan, tap, tun, bridge, port];

export const chain: Chain = {
  kind: 'chain',
  name: 'postrtg',
  type: 'nat',
  hook: 'postrouting',
  priority: 100,
  rules: [
    [
      {
        match: {
          op: '==',
          left: { payload: { protocol: 'ip', field: 'saddr' } },
          right: { prefix: { addr: '10.244.0.0', len: 16 } },
        },
      },
      { counter: null },
      { masquerade: { flags: 'fully-random' } },
    ],
  ],
};

const forward: Chain = {
  kind: 'chain',
  name: 'forward',
  type: 'filter',
  hook: 'forward',
  priority: 0,
  rules: [
    [
      { match: { op: '==', left: { payload: { protocol: 'ip', field: 'daddr' } }, right: '10.9.9.9' } },
      { accept: null },
    ],
  ],
};

export const state: Row[] = [
  ...links,
  { kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' },
  { kind: 'sysctl', key: 'net/ipv6/conf/flannel.1/accept_ra', value: '0' },
  { kind: 'address', dev: 'flannel.1', address: on('10.244.1.0/32') },
  { kind: 'address', dev: 'flannel.1', address: on('fd00:244::/128') },
  { kind: 'address', dev: 'cni9', address: on('10.244.1.1/24') },
  { kind: 'neighbor', dev: 'flannel.1', address: ip('10.244.2.0'), mac: mac('02:00:00:00:02:00') },
  { kind: 'neighbor', dev: 'flannel.1', address: ip('fd00:244:2::'), mac: mac('02:00:00:00:02:00') },
  { kind: 'neighbor', dev: 'tap9', address: ip('10.244.4.0'), mac: mac('02:00:00:00:04:00') },
  { kind: 'fdb', dev: 'flannel.1', mac: mac('02:00:00:00:02:00'), dst: ip('192.168.77.12') },
  {
    kind: 'route',
    prefix: net('10.244.2.0/24'),
    dev: 'flannel.1',
    via: ip('10.244.2.0'),
    onlink: true,
    protocol: 80,
  },
  {
    kind: 'route',
    prefix: net('fd00:244:2::/64'),
    dev: 'flannel.1',
    via: ip('fd00:244:2::'),
    onlink: true,
    protocol: 80,
  },
  { kind: 'route', prefix: net('10.244.3.0/24'), dev: 'eth0', via: ip('192.168.77.13'), protocol: 80 },
  { kind: 'route', prefix: net('fd00:244:3::/64'), dev: 'eth0', via: ip('fd00:77::13'), protocol: 80 },
  { kind: 'route', prefix: net('10.9.0.0/16'), dev: 'cni9', metric: 77 },
  chain,
  forward,
];
export const scope: Scope = scopeOf(state);

export const replacements: Row[] = [
  { ...vxlan, mtu: 1400, mac: mac('3a:a6:bc:cb:d8:d5') },
  { ...vxlan, learning: true },
  { ...tap, mtu: 1300, up: false },
  { ...port, hairpin: false },
  { kind: 'link', name: 'veth9', type: 'veth', mac: mac('02:00:00:00:00:09'), mtu: 1450, up: true },
  { kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '0' },
  { kind: 'neighbor', dev: 'flannel.1', address: ip('10.244.2.0'), mac: mac('02:00:00:00:02:01') },
  { kind: 'fdb', dev: 'flannel.1', mac: mac('02:00:00:00:02:00'), dst: ip('192.168.77.99') },
  { kind: 'route', prefix: net('10.244.3.0/24'), dev: 'eth0', via: ip('192.168.77.14'), protocol: 80 },
  { kind: 'route', prefix: net('10.244.2.0/24'), dev: 'eth0', via: ip('192.168.77.12'), protocol: 80 },
  { kind: 'route', prefix: net('fd00:244:2::/64'), dev: 'eth0', via: ip('fd00:77::12'), protocol: 80 },
  {
    kind: 'route',
    prefix: net('fd00:244:3::/64'),
    dev: 'flannel.1',
    via: ip('fd00:244:3::'),
    onlink: true,
    protocol: 80,
  },
  { ...chain, rules: [] },
  { ...forward, rules: [...forward.rules, [{ drop: null }]] },
  { ...chain, priority: 101, rules: [...chain.rules, ...chain.rules] },
];

export const recreations: Row[] = [
  { ...vxlan, vni: 2 },
  { ...vxlan, port: 4789 },
  { ...vxlan, gbp: true },
  { kind: 'link', name: 'flannel.1', type: 'tap', mac: mac('3a:a6:bc:cb:d8:d4'), mtu: 1450, up: true },
];
