/**
 * The same lines on a simulated namespace and in a real one: each prints the same, or is refused with the same words.
 *
 *     eth0 192.168.77.11/24 (the other end is in another namespace)    cni0, a bridge -- v8 - v9    flannel.1, vxlan on eth0
 */
import { addNetns, deleteNetns, runIn } from '@podlan/linux';
import { parseMacAddress } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommandError, Nic, runCommand, SimNetwork, Switch } from '../../src/index.js';

const [NETNS, FAR] = [`shell-${process.pid}`, `shell-far-${process.pid}`];
const MAC = '02:00:00:00:00:01';
const PEER = '02:00:00:00:02:00';

/** Of Linux alone: how its eth0 comes about. */
const UNDERLAY = [
  'ip link set lo up',
  `ip link add eth0 address ${MAC} type veth peer name far0 netns ${FAR}`,
  `ip -n ${FAR} link set far0 up`,
];
const START = [
  'ip link set eth0 up',
  'ip addr add 192.168.77.11/24 dev eth0',
  'ip link add cni0 address 02:00:00:00:00:02 type bridge',
  'ip link set dev cni0 mtu 1450 up',
  'ip addr add 10.244.1.1/24 dev cni0',
  'ip link add v8 address 02:00:00:00:00:08 type veth peer name v9',
  'ip link set v9 address 02:00:00:00:00:09',
  'ip link set v8 master cni0 up',
  'ip link set v9 up',
  'ip link add flannel.1 address 02:00:00:00:00:04 mtu 1450 type vxlan id 1 dev eth0 local 192.168.77.11 dstport 8472 nolearning',
  'ip addr add 10.244.1.0/32 dev flannel.1',
  'ip link set flannel.1 up',
  'ip route add default via 192.168.77.1',
];

const network = new SimNetwork();
const netns = network.addNetns('host-a');

/** Left out of what is simulated (see run-command.ts). */
function known(output: string): string {
  return output
    .replaceAll(/^\d+: /gm, '')
    .replaceAll(/@if\d+/g, '')
    .replaceAll(
      / (?:qdisc \S+|mode DEFAULT|group default|qlen \d+|link-netns\S* \S+|tentative|noprefixroute|nodad)/g,
      '',
    )
    .replaceAll(/^ {4}inet6 fe80::.*\n.*\n?/gm, '')
    .replaceAll(/^(?:33:33|01:00:5e).*\n/gm, '')
    .replaceAll(/ promiscuity .*$/gm, '')
    .replaceAll(/ srcport 0 0/g, '')
    .replaceAll(/ ttl auto ageing .*$/gm, '')
    .replaceAll(/^ {4}bridge forward_delay .*$/gm, '    bridge')
    .replaceAll(/ counter packets \d+ bytes \d+/g, ' counter')
    .replaceAll(/ +$/gm, '')
    .trimEnd();
}

async function onLinux(line: string): Promise<string> {
  const { code, stdout, stderr } = await runIn(NETNS, ['sh', '-c', line]);
  return known(code === 0 ? stdout : stderr.replace(/\nUsage[\s\S]*/, ''));
}

function simulated(line: string): string {
  try {
    return known(runCommand(netns, line).join('\n'));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return known(error.message);
  }
}

async function expectSame(lines: readonly string[]): Promise<void> {
  for (const line of lines) expect(`${line}\n${simulated(line)}`).toBe(`${line}\n${await onLinux(line)}`);
}

beforeAll(async () => {
  for (const name of [NETNS, FAR]) await addNetns(name);
  for (const line of UNDERLAY) expect(await onLinux(line)).toBe('');
  const mac = parseMacAddress(MAC)!;
  const eth0 = new Nic(netns, { name: 'eth0', mac, mtu: 1500 });
  netns.addDevice(eth0);
  new Switch(network.clock, network.random).plug(eth0);
  await expectSame(START);
});
afterAll(async () => {
  for (const name of [NETNS, FAR]) await deleteNetns(name);
});

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  routes: [
    'ip route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink proto 80',
    'ip route add 10.244.2.0/24 dev eth0',
    'ip route del 10.9.0.0/16',
    'ip route change 10.9.0.0/16 dev eth0',
    'ip route add 10.9.0.0/16 via 10.99.9.9 dev cni0',
    'ip route add 10.9.0.0/16',
    'ip route add 10.9.0.1/16 dev eth0',
    'ip route add 10.9.0.0/33 dev eth0',
    'ip route add foo dev eth0',
    'ip route add 10.9.0.0/16 dev eth7',
    'ip route add 10.9.0.0/16 dev eth0 foo',
    'ip route add 10.9.0.0/16 dev eth0 src 1.2.3.4',
    'ip route add 10.9.0.0/16 dev eth0 metric foo',
    'ip route add 10.9.0.0/16 dev',
    'ip route add 10.9.0.0/16 via 192.168.77.9 metric 7 src 192.168.77.11 mtu 1400',
    'ip route append 10.9.0.0/16 dev cni0 metric 7',
    'ip route replace 10.10.0.0/16 dev eth0 proto static',
    'ip route replace 10.10.0.0/16 via 192.168.77.3',
    'ip route add blackhole 10.30.0.0/16',
    'ip route add unreachable 10.31.0.0/16',
    'ip route add prohibit 10.32.0.0/16',
    'ip route show',
    'ip r s dev eth0',
    'ip route show proto 80',
    'ip route show 10.10.0.0/16',
    'ip route show root 10.30.0.0/15',
    'ip route show match 10.30.1.1',
    'ip route show dev eth7',
    'ip route get 10.244.2.2',
    'ip route get 10.244.1.1',
    'ip route get 10.244.1.7',
    'ip route get 8.8.8.8',
    'ip route get 10.30.0.1',
    'ip route get 10.31.0.1',
    'ip route get 10.32.0.1',
    'ip route get 10.244.2.2 from 10.244.1.2 iif cni0',
    'ip route get foo',
    'ip route del blackhole 10.30.0.0/16',
    'ip route del unicast 10.31.0.0/16',
    'ip route del 10.31.0.0/16 dev eth0',
    'ip route delete 10.32.0.0/16',
    'ip route flush',
    'ip route flush proto 80',
    'ip route add 10.44.0.0/16 dev eth0 table 100',
    'ip route show table 100',
    'ip route flush table 100',
    'ip route show table 100',
    'ip route',
  ],
  'routes of IPv6': [
    'ip -6 addr add fd00:77::11/64 dev eth0 nodad',
    'ip -6 addr show dev eth0',
    'ip -6 route add fd00:244:0:2::/64 via fd00:244:0:2:: dev flannel.1 onlink',
    'ip -6 route add fd00:32::/64 via fe80::9',
    'ip -6 route add unreachable fd00:31::/64',
    'ip -6 route add fd00:33::/64 via fd00:77::12',
    'ip -6 route del fd00:99::/64',
    'ip -6 route show fd00:31::/64',
    'ip -6 route show root fd00::/16',
    'ip -6 route del fd00:31::/64',
    'ip -6 addr add fd00:77::11/64 dev eth0',
    'ip -6 addr del fd00:77::12/64 dev eth0',
    'ip -6 addr del fd00:77::11/64 dev eth0',
    'ip -6 route show root fd00::/16',
    'sysctl -w net.ipv6.conf.cni0.disable_ipv6=1',
    'ip -6 addr add fd00:88::11/64 dev cni0',
    'ip -6 route add fd00:34::/64 dev cni0',
    'sysctl -w net.ipv6.conf.cni0.disable_ipv6=0',
  ],
  neighbors: [
    `ip neigh add 10.244.2.0 lladdr ${PEER} dev flannel.1 nud permanent`,
    `ip neigh add 10.244.2.0 lladdr ${PEER} dev flannel.1`,
    'ip neigh del 10.244.9.0 dev flannel.1',
    'ip neigh replace 10.244.3.0 lladdr foo dev flannel.1',
    `ip neigh replace 10.244.3.0 lladdr ${PEER}`,
    `ip neigh replace 10.244.3.0 lladdr ${PEER} dev x9`,
    `ip neigh replace foo lladdr ${PEER} dev flannel.1`,
    'ip neigh replace 10.244.3.0 dev flannel.1',
    `ip neigh change 10.244.4.0 lladdr ${PEER} dev flannel.1`,
    'ip neigh add 10.244.3.0 dev flannel.1 nud foo',
    'ip neigh show',
    'ip neigh show dev x9',
    `ip neigh replace 10.244.2.0 lladdr ${PEER} dev flannel.1 nud stale`,
    'ip neigh show dev flannel.1',
    'ip neigh flush',
    'ip neigh flush dev flannel.1',
    'ip neigh show dev flannel.1',
  ],
  addresses: [
    'ip addr add 10.244.1.1/24 dev cni0',
    'ip addr add 10.244.1.2/24 dev cni0',
    'ip addr add 10.244.1.3 dev cni0',
    'ip addr show dev cni0',
    'ip addr show lo',
    'ip -4 addr show dev eth0',
    'ip addr del 10.244.9.2/24 dev cni0',
    'ip addr add 10.244.9.2/24',
    'ip addr add foo dev cni0',
    'ip addr add 10.244.9.2/24 dev x9',
    'ip addr add 10.244.9.2/24 dev cni0 foo',
    'ip addr show x9',
    'ip addr flush',
    'ip route add 10.77.0.0/16 via 10.244.1.9',
    'ip route show dev cni0',
    'ip addr del 10.244.1.1/24 dev cni0',
    'ip -4 addr show dev cni0',
    'ip route show dev cni0',
    'ip -4 addr flush dev cni0',
    'ip route show dev cni0',
    'ip addr add 10.244.1.1/24 dev cni0',
    'ip route add 10.78.0.0/16 dev flannel.1',
    'ip addr del 10.244.1.0/32 dev flannel.1',
    'ip route show dev flannel.1',
    'ip addr add 10.244.1.0/32 dev flannel.1',
    'ip addr show',
  ],
  links: [
    'ip link add v0 address 02:00:00:00:00:05 type veth peer name v1',
    'ip link set v1 address 02:00:00:00:00:06',
    'ip link set v0 up',
    'ip link show v0',
    'ip link show v1',
    'ip link set v1 up',
    'ip link set x9 up',
    'ip link set v0 mtu 10',
    'ip link set v0 mtu 70000',
    'ip link set v0 mtu foo',
    'ip link set v0 mtu 1400',
    'ip link set v0 master x9',
    'ip link set v0 master eth0',
    'ip link set lo master cni0',
    'ip link set v0 master cni0',
    'ip link show v0',
    'ip link show master cni0',
    'bridge link show dev v0',
    'bridge link set dev v0 isolated on',
    'bridge link set dev eth0 isolated on',
    'bridge link set dev x9 isolated on',
    'ip link set v1 down',
    'ip link show dev v0',
    'bridge link show',
    'ip link show cni0',
    'ip route show dev cni0',
    'ip link set v0 nomaster',
    'ip link del x9',
    'ip link del lo',
    'ip link add cni0 type bridge',
    'ip link add v5 type vxlan id 1 dev eth0 local 192.168.77.11 dstport 8472',
    'ip link add v5 type vxlan id 2 dev x9 dstport 8472',
    'ip link add v5 type vxlan dev eth0 dstport 8472',
    'ip link add v6 type veth peer name v0',
    'ip link add averyveryverylongname type bridge',
    'ip -d link show flannel.1',
    'ip route add 10.79.0.0/16 dev flannel.1',
    'ip link set flannel.1 down',
    'ip route add 10.44.0.0/16 dev flannel.1',
    'ip link set flannel.1 up',
    'ip route show dev flannel.1',
    'ip link del v1',
    'ip link show v0',
  ],
  'forwarding databases': [
    `bridge fdb add ${PEER} dev flannel.1 dst 192.168.77.12`,
    `bridge fdb add ${PEER} dev flannel.1 dst 192.168.77.12`,
    `bridge fdb add ${PEER} dev flannel.1 dst 192.168.77.13`,
    `bridge fdb append ${PEER} dev flannel.1 dst 192.168.77.13`,
    'bridge fdb show dev flannel.1',
    `bridge fdb replace ${PEER} dev flannel.1 dst 192.168.77.14 self permanent`,
    'bridge fdb show dev flannel.1',
    'bridge fdb append 00:00:00:00:00:00 dev flannel.1 dst 192.168.77.13',
    'bridge fdb append 00:00:00:00:00:00 dev flannel.1 dst 192.168.77.14',
    'bridge fdb del 00:00:00:00:00:00 dev flannel.1 dst 192.168.77.13',
    'bridge fdb del 02:00:00:00:02:09 dev flannel.1 dst 192.168.77.99',
    'bridge fdb add foo dev flannel.1 dst 192.168.77.12',
    `bridge fdb add ${PEER} dst 192.168.77.12`,
    `bridge fdb add ${PEER} dev x9 dst 192.168.77.12`,
    'bridge fdb add 02:00:00:00:02:07 dev flannel.1',
    'bridge fdb add 02:00:00:00:02:09 dev cni0 dst foo',
    'ip link add v2 address 02:00:00:00:00:07 type veth peer name v3',
    'ip link set v2 master cni0 up',
    'ip link set v3 up',
    'bridge fdb add 02:00:00:00:02:08 dev v2 master static',
    'bridge fdb add 02:00:00:00:02:08 dev v2 master static',
    'bridge fdb del 02:00:00:00:02:18 dev v2 master',
    'bridge fdb show dev x9',
    `bridge fdb del ${PEER} dev flannel.1 dst 192.168.77.14 self`,
    'bridge fdb show dev flannel.1',
    'ip link del v2',
  ],
  rules: [
    'ip rule add from 10.244.1.0/24 blackhole',
    'ip rule add from 10.244.1.0/24 table 100',
    'ip rule add fwmark 0x1 table 100',
    'ip rule add fwmark 0x1/0xff iif cni0 table 100',
    'ip rule add to 10.1.0.0/16 table main prio 5',
    'ip rule',
    'ip rule del from 10.244.1.0/24 table 100',
    'ip rule del from 10.244.3.0/24 table 100',
    'ip rule add from foo table 100',
    'ip rule add from 10.1.0.0/16',
    'ip rule add from 10.244.1.0/24 blackhole prio 32765',
    'ip rule show',
    'ip -6 rule show',
    'ip rule del from 10.244.1.0/24 blackhole',
    'ip rule del prio 5',
    'ip rule',
  ],
  sysctls: [
    'sysctl net.ipv4.ip_forward',
    'sysctl -w net.ipv4.ip_forward=1',
    'sysctl -n net.ipv4.ip_forward',
    'sysctl -qw net.ipv4.ip_forward=0',
    'sysctl -w net.ipv4.ip_forward',
    'sysctl net.ipv4.ip_forward=foo',
    'sysctl -w net.ipv4.conf.flannel/1.rp_filter=1',
    'sysctl net/ipv4/conf/flannel.1/rp_filter',
    'sysctl net.ipv4.conf.x9.rp_filter',
    'sysctl -w net.ipv6.conf.all.forwarding=1',
    'sysctl net.ipv4.icmp_echo_ignore_all',
    'sysctl net.ipv4.conf.all.forwarding',
  ],
  nftables: [
    'nft add rule inet foreign forward drop',
    'nft delete table inet foreign',
    'nft add table inet foreign',
    'nft add rule inet foreign forward drop',
    'nft delete chain inet foreign forward',
    `nft 'add chain inet foreign forward { type filter hook forward priority 0 ; policy drop ; }'`,
    `nft 'add chain inet foreign post { type nat hook postrouting priority 100 ; }'`,
    'nft add chain inet foreign other',
    `nft 'add chain inet foreign p { type filter hook forward priority -10 ; policy accept; }'`,
    `nft 'add chain inet foreign q { type filter hook forward priority filter + 50 ; policy accept; }'`,
    `nft 'add chain inet foreign s { type nat hook prerouting priority dstnat ; policy accept; }'`,
    `nft 'add chain inet foreign bad { type filter hook foo priority 0 ; }'`,
    `nft 'add chain inet foreign forward { type filter hook input priority 0 ; policy drop ; }'`,
    'nft add rule inet foreign forward ip saddr 10.244.1.2 drop',
    'nft add rule inet foreign forward tcp dport 80 reject with icmpx type admin-prohibited',
    `nft 'add rule inet foreign forward iifname "veth*" oifname cni0 counter accept'`,
    'nft add rule inet foreign forward ct state established,related accept',
    'nft add rule inet foreign forward ct state != new drop',
    `nft 'add rule inet foreign forward tcp dport { 80, 443 } ip daddr != 10.0.0.0/8 drop'`,
    `nft 'add rule inet foreign forward ct state vmap { established : accept, new : jump other }'`,
    'nft add rule inet foreign forward udp dport 1000-2000 jump other',
    'nft add rule inet foreign forward udp dport 53 reject',
    'nft add rule inet foreign forward tcp dport 25 reject with tcp reset',
    'nft add rule inet foreign forward icmp type echo-request drop',
    'nft add rule inet foreign forward ip protocol icmp drop',
    'nft add rule inet foreign forward ip ttl 1 drop',
    'nft add rule inet foreign forward meta mark 0x1 meta mark set 0x2',
    'nft add rule inet foreign post ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16 masquerade fully-random',
    'nft add rule inet foreign post ip saddr 10.244.1.0/24 snat ip to 1.2.3.4',
    'nft add rule inet foreign s tcp dport 80 dnat ip to 10.1.1.1:8080',
    'nft add rule inet foreign forward ip6 saddr fd00:244::/48 accept',
    'nft insert rule inet foreign forward iif lo accept',
    'nft add rule inet foreign forward jump nowhere',
    'nft list ruleset',
    'nft list chain inet foreign post',
    'nft list table inet nope',
    'nft delete rule inet foreign forward handle 999',
    'nft delete chain inet foreign other',
    'nft flush chain inet foreign forward',
    `nft 'add chain inet foreign forward { policy accept ; }'`,
    'nft list chain inet foreign forward',
    'nft delete chain inet foreign other',
    'nft add table second',
    'nft list tables',
    'nft delete table second',
    'nft flush ruleset',
    'nft list ruleset',
  ],
};

describe('as on Linux', () => {
  test.each(Object.entries(GROUPS))('%s', (_, lines) => expectSame(lines), 60_000);
});
