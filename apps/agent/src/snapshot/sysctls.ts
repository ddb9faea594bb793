/** The sysctls that decide what becomes of packets. Others are nobody's business: some hold secrets. */
import { readProcFiles } from './proc-files.js';
import type { Netns } from './tool-text.js';

const GLOBAL = [
  'net/ipv4/ip_forward',
  'net/ipv4/ip_default_ttl',
  'net/ipv4/ip_no_pmtu_disc',
  'net/ipv4/ip_forward_use_pmtu',
  'net/ipv4/ip_nonlocal_bind',
  'net/ipv4/tcp_mtu_probing',
  'net/ipv4/fib_multipath_hash_policy',
  'net/ipv4/icmp_echo_ignore_all',
  'net/ipv6/bindv6only',
  'net/ipv6/ip_nonlocal_bind',
  ...[1, 2, 3].flatMap((n) => ['ipv4', 'ipv6'].map((ip) => `net/${ip}/neigh/default/gc_thresh${n}`)),
  ...['iptables', 'ip6tables', 'arptables'].map((tables) => `net/bridge/bridge-nf-call-${tables}`),
  'net/netfilter/nf_conntrack_max',
  'net/netfilter/nf_conntrack_count',
];

const OF_DEVICE = {
  ipv4: [
    'forwarding',
    'rp_filter',
    'accept_local',
    'route_localnet',
    'src_valid_mark',
    'arp_accept',
    'arp_announce',
    'arp_filter',
    'arp_ignore',
    'proxy_arp',
    'proxy_arp_pvlan',
    'accept_redirects',
    'send_redirects',
  ],
  ipv6: ['forwarding', 'accept_ra', 'accept_dad', 'accept_redirects', 'disable_ipv6', 'proxy_ndp'],
};

const ROOT = '/proc/sys/';

/** Values by key; a sysctl that this kernel has not is left out. */
export async function readSysctls(netns: Netns, devices: readonly string[]): Promise<Record<string, string>> {
  const keys = [...GLOBAL, ...['all', 'default', ...devices].flatMap(keysOf)];
  const texts = await readProcFiles(
    netns,
    keys.map((key) => ROOT + key),
  );
  return Object.fromEntries([...texts].map(([path, text]) => [path.slice(ROOT.length), text.trim()]));
}

const keysOf = (device: string): string[] =>
  Object.entries(OF_DEVICE).flatMap(([ip, names]) => names.map((name) => `net/${ip}/conf/${device}/${name}`));
