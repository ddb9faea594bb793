/** Rulesets that the real kernel and the evaluator must agree on, as nft scripts or iptables commands. */
import { forwardChain, masqueradeChain } from '@podlan/fabric';
import { chainCommands } from '@podlan/linux/model';
import { parseIpPrefix } from '@podlan/wire';

export interface Case {
  readonly name: string;
  readonly script?: string;
  /** Run before the script. */
  readonly commands?: readonly string[];
}

const PREFIXES = ['10.0.1.0/24', 'fd00:1::/64'].map((text) => parseIpPrefix(text)!);

/** nft reads JSON where the script is given to `nft -j`. */
function podlan(): string {
  const masquerade = masqueradeChain({ networks: PREFIXES, subnets: PREFIXES, randomFully: false });
  const rows = [masquerade, forwardChain(PREFIXES)];
  const nftables = rows.flatMap((row) => chainCommands({ op: 'add', row }));
  return `printf '%s' '${JSON.stringify({ nftables })}' | nft -j -f -`;
}

const filter = (rules: string, policy = 'drop') =>
  `table inet t { chain f { type filter hook forward priority 0; policy ${policy}; ${rules}; } }`;
const source = (rules: string) =>
  `table inet t { chain p { type nat hook postrouting priority 100; ${rules}; } }`;
const destination = (rules: string) =>
  `table inet t { chain d { type nat hook prerouting priority -100; ${rules}; } }`;
const each = (family: string, rules: string, extra = '') =>
  `table ${family} t { ${extra} chain f { type filter hook forward priority 0; policy drop; ${rules}; } }`;

/** nft wants a line's end where a block ends, unlike a set in a rule. */
export function inLines(script: string): string {
  const blocks: boolean[] = [];
  return script.replaceAll(/((?:table|chain|set|map) [\w ]+)?\{|\}/g, (brace, block?: string) => {
    if (brace !== '}') {
      blocks.push(block !== undefined);
      return block === undefined ? '{' : `${brace}\n`;
    }
    return blocks.pop() ? '\n}\n' : '}';
  });
}

export const CASES: readonly Case[] = [
  { name: 'nothing' },
  { name: 'a policy that drops', script: filter('') },
  {
    name: 'states',
    script: filter('ct state established,related accept; iifname "veth*" ct state new accept'),
  },
  { name: 'invalid packets dropped', script: filter('ct state invalid drop', 'accept') },
  {
    name: 'a map of states',
    script: filter('ct state vmap { established : accept, new : jump n, related : drop }').replace(
      'chain f',
      'chain n { tcp dport 80 accept; udp dport 53 accept; } chain f',
    ),
  },
  { name: 'no state but established', script: filter('ct state != established accept') },
  { name: 'neither new nor established', script: filter('ct state ! new,established drop', 'accept') },
  {
    name: 'directions and status',
    script: filter(
      'ct direction reply accept; ct status seen-reply accept; oifname "out0" ip protocol udp accept',
    ),
  },
  {
    name: 'ports in a set',
    script: filter('tcp dport { 80, 443 } accept; udp dport 50-60 accept; icmp type echo-request accept'),
  },
  { name: 'ports not in a set', script: filter('tcp dport != { 81, 443 } accept; udp dport != 1-52 accept') },
  { name: 'th of both protocols', script: filter('meta l4proto { tcp, udp } th dport { 53, 80 } accept') },
  {
    name: 'flags of TCP',
    script: filter('tcp flags & (fin|syn|rst|ack) == syn accept; tcp flags ack accept'),
  },
  { name: 'flags of TCP, not', script: filter('tcp flags != syn accept') },
  {
    name: 'named sets',
    script: each(
      'ip',
      'ip saddr @s accept; ip saddr . udp dport @c accept',
      'set s { type ipv4_addr; flags interval; elements = { 10.0.1.2/31, 10.0.2.0-10.0.2.99 } } set c { type ipv4_addr . inet_service; elements = { 10.0.1.4 . 53 } }',
    ),
  },
  {
    name: 'a named verdict map',
    script: each(
      'inet',
      'udp dport vmap @m; tcp dport vmap { 80 : accept }',
      'map m { type inet_service : verdict; elements = { 53 : accept, 7000 : drop } }',
    ),
  },
  {
    name: 'concatenations with intervals',
    script: filter(
      'ip daddr . tcp dport { 10.0.2.0/24 . 80-90 } accept; iifname . oifname { "veth-in" . "out0" } accept',
    ),
  },
  {
    name: 'the other family only',
    script: each('ip6', 'ip6 saddr fd00:1::/64 accept; icmpv6 type echo-reply accept'),
  },
  {
    name: 'families by protocol',
    script: filter('meta nfproto ipv6 accept; meta protocol ip meta l4proto udp accept'),
  },
  {
    name: 'bits of addresses',
    script: filter('ip saddr & 0.0.0.1 == 0.0.0.1 accept; ip daddr & 255.255.255.0 == 10.0.1.0 accept'),
  },
  {
    name: 'lengths, hops and dscp',
    script: filter(
      'ip length < 32 accept; ip ttl >= 63 ip protocol icmp accept; ip dscp cs0 tcp dport 80 accept; ip6 hoplimit 63 accept',
    ),
  },
  {
    name: 'goto does not come back, jump does',
    script:
      'table inet t { chain a { udp dport 53 return; } chain f { type filter hook forward priority 0; policy accept; meta l4proto udp goto a; jump a; tcp dport 80 drop; } }',
  },
  {
    name: 'accept ends one chain alone',
    script:
      'table inet a { chain f { type filter hook forward priority -5; accept; } } table inet b { chain f { type filter hook forward priority 5; tcp dport 80 drop; udp dport 53 return; } }',
  },
  {
    name: 'marks between hooks',
    script:
      'table inet t { chain p { type filter hook prerouting priority -150; udp dport 53 meta mark set 0x4001; tcp dport 80 meta mark set meta mark | 0x8; } chain f { type filter hook forward priority 0; policy drop; meta mark & 0x4000 == 0x4000 meta mark set mark ^ 1; meta mark 0x4000 accept; meta mark 8 accept; ct mark 5 accept; ct mark set 5; } }',
  },
  {
    name: 'rejected by ICMP',
    script: filter('udp dport 53 reject; tcp dport 80 reject with icmpx admin-prohibited', 'accept'),
  },
  {
    name: 'rejected by a reset',
    script: filter(
      'tcp dport 80 reject with tcp reset; meta nfproto ipv4 reject with icmp host-unreachable',
      'accept',
    ),
  },
  {
    name: 'input and output',
    script:
      'table inet t { chain i { type filter hook input priority 0; icmp type echo-request ip saddr 10.0.1.2 accept; icmpv6 type echo-request drop; } chain o { type filter hook output priority 0; ip daddr 10.0.1.2 icmp type echo-reply counter; } chain x { type filter hook postrouting priority 0; ip saddr 10.0.1.1 drop; } }',
  },
  {
    name: 'before tracking nothing has a state',
    script:
      'table inet t { chain p { type filter hook prerouting priority -250; ct state new drop; ct state invalid accept; } }',
  },
  {
    name: 'local destinations',
    script: 'table inet t { chain p { type filter hook prerouting priority 0; fib daddr type local drop; } }',
  },
  { name: 'masquerade', script: source('oifname "out0" masquerade') },
  {
    name: 'masquerade, fully random',
    script: source('oifname "out0" masquerade fully-random'),
  },
  { name: 'masquerade, random', script: source('oifname "out0" masquerade random') },
  { name: 'masquerade to one port', script: source('meta l4proto udp oifname "out0" masquerade to :4000') },
  {
    name: 'source translation',
    script: source('ip saddr 10.0.1.0/24 snat ip to 10.0.2.77; ip6 saddr fd00:1::/64 snat ip6 to fd00:2::77'),
  },
  { name: 'source translation to a port', script: source('meta l4proto udp snat ip to 10.0.2.77:3000') },
  {
    name: 'destination translation',
    script: destination(
      'ip daddr 10.0.2.100 tcp dport 80 dnat ip to 10.0.2.2:8080; ip daddr 10.0.2.100 dnat ip to 10.0.2.3',
    ),
  },
  {
    name: 'destination and source',
    script: `${destination('ip daddr 10.0.2.100 tcp dport 80 dnat ip to 10.0.2.2:8080')} table ip u { chain p { type nat hook postrouting priority 100; ct status dnat masquerade; } }`,
  },
  {
    name: 'a map of services',
    script:
      'table ip t { map m { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; elements = { 10.0.2.100 . tcp . 80 : 10.0.2.5 . 8080 } } chain d { type nat hook prerouting priority -100; dnat ip to ip daddr . meta l4proto . th dport map @m; } }',
  },
  {
    name: 'the original destination',
    script: `${destination('ip daddr 10.0.2.100 dnat ip to 10.0.2.3')} table ip u { chain f { type filter hook forward priority 0; policy drop; ct original ip daddr 10.0.2.100 accept; } }`,
  },
  {
    name: 'the first translation counts',
    script: source(
      'tcp dport 80 return; ip saddr 10.0.1.2 snat ip to 10.0.2.70; ip saddr 10.0.1.0/24 snat ip to 10.0.2.71',
    ),
  },
  {
    name: 'kube-proxy: marked, then masqueraded',
    script:
      'table ip k { chain s { type nat hook prerouting priority -100; ip daddr 10.0.2.100 jump svc; } chain svc { meta mark set meta mark | 0x4000; tcp dport 80 dnat to numgen random mod 1 map { 0 : 10.0.2.2 }; } chain p { type nat hook postrouting priority 100; meta mark & 0x4000 != 0x4000 return; meta mark set meta mark ^ 0x4000; masquerade; } }',
  },
  { name: "podlan's own chains", commands: [podlan()] },
  {
    name: "podlan's own chains under kube-proxy's mark",
    commands: [podlan()],
    script:
      'table inet m { chain p { type filter hook prerouting priority -150; udp dport 53 meta mark set 0x4000; } }',
  },
  {
    name: "iptables: Docker's policy",
    commands: ['iptables-nft -P FORWARD DROP', 'iptables-nft -A FORWARD -i veth+ -o out0 -p udp -j ACCEPT'],
  },
  {
    name: 'iptables: masquerade with a comment',
    commands: [
      'iptables-nft -t nat -A POSTROUTING -s 10.0.1.0/24 ! -d 224.0.0.0/4 -m comment --comment flanneld -j MASQUERADE',
    ],
  },
  {
    name: 'iptables: marks and rejections',
    commands: [
      'iptables-nft -A FORWARD -m mark ! --mark 0x0/0x4000 -j DROP',
      'iptables-nft -N X',
      'iptables-nft -A FORWARD -p tcp --dport 80 -j X',
      'iptables-nft -A X -j REJECT',
    ],
  },
];
