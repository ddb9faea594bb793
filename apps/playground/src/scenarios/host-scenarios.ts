/** What is wrong on a host beside its tunnel: forwarding, firewalls, address translation, source validation. */
import { A_TO_B, B_TO_A, KERNEL_CLUSTER, killAgent, ping, run, TWO_HOSTS } from './ground';
import type { Scenario } from './scenario';

const layer = 'host';
const cluster = KERNEL_CLUSTER;

const forwardingOff: Scenario = {
  id: 'forwarding-off',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, killAgent('host-b'), ...run('host-b', 'sysctl -w net.ipv4.ip_forward=0')],
  cause: 'forwarding-off',
  goal: { through: [A_TO_B, ping('host-b', 'pod-a1')] },
  mending: run('host-b', 'sysctl -w net.ipv4.ip_forward=1'),
  tempting: [
    run('host-b', 'ip route add 10.244.2.2/32 dev cni0'),
    run('host-a', 'sysctl -w net.ipv4.ip_forward=1'),
  ],
  page: 'docs/course/packet#host-b',
  text: {
    en: {
      title: 'A host that is no router',
      story:
        'A hardening script ran on host-b over night. host-a and host-b reach one another, host-b reaches its own pod, and yet pod-a1 gets nothing from pod-b1. The agent of host-b was stopped by the same script.',
      hints: [
        'The packet comes out of flannel.1 on host-b. What has host-b to do with it then?',
        'It is not for host-b itself, so it has to be forwarded: sysctl net.ipv4.ip_forward.',
        'sysctl -w net.ipv4.ip_forward=1 on host-b; to last, it belongs into /etc/sysctl.d.',
      ],
      why: 'A host with pods is a router between flannel.1 and cni0. Without ip_forward the kernel drops whatever is not for itself, and tells nobody.',
      seen: 'sysctl net.ipv4.ip_forward is 0; tcpdump shows packets come out of flannel.1, and none on cni0.',
    },
    'zh-Hans': {
      title: '不当路由器的宿主机',
      story:
        '夜里，host-b 上跑过一个安全加固脚本。host-a 和 host-b 互相能通，host-b 也能到自己的 pod，可是 pod-a1 收不到 pod-b1 的应答。host-b 的 agent 也被这个脚本停掉了。',
      hints: [
        '数据包从 host-b 的 flannel.1 出来了。接下来 host-b 该拿它怎么办？',
        '它不是给 host-b 自己的，所以要转发：看 sysctl net.ipv4.ip_forward。',
        '在 host-b 上运行 sysctl -w net.ipv4.ip_forward=1；要长期有效，还得写进 /etc/sysctl.d。',
      ],
      why: '有 pod 的宿主机就是 flannel.1 和 cni0 之间的路由器。没有 ip_forward，凡不是给自己的，内核一律丢弃，也不告诉任何人。',
      seen: 'sysctl net.ipv4.ip_forward 是 0；用 tcpdump 能看到数据包从 flannel.1 出来，在 cni0 上却没有。',
    },
  },
};

const SITE = 'add table inet site';
const FORWARD_DROP =
  "nft 'add chain inet site forward { type filter hook forward priority 0; policy drop; }'";

const forwardPolicy: Scenario = {
  id: 'forward-policy',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, killAgent('host-b'), ...run('host-b', `nft ${SITE}`, FORWARD_DROP)],
  cause: 'forward-policy-drop',
  goal: {
    through: [A_TO_B, B_TO_A],
    keeps: [{ at: 'host-b', text: 'inet site forward: policy drop' }],
  },
  mending: run(
    'host-b',
    'nft add rule inet site forward ip saddr 10.244.0.0/16 accept',
    'nft add rule inet site forward ip daddr 10.244.0.0/16 accept',
  ),
  tempting: [
    run('host-b', "nft 'add chain inet site forward { policy accept; }'"),
    run('host-b', 'nft delete table inet site'),
    run('host-b', 'nft add rule inet site forward ip daddr 10.244.2.2 tcp dport 80 accept'),
  ],
  page: 'docs/course/debug#silent',
  text: {
    en: {
      title: 'Accepted, and dropped all the same',
      story:
        'Security has given host-b a table of its own, inet site, which forwards nothing that is not allowed. Since then pods of host-b talk to each other only. The policy is a requirement and stays; pods must get through nevertheless. The agent of host-b is stopped.',
      hints: [
        'Which hook, and which chain, ends the packet on host-b?',
        'nft list ruleset on host-b: podlan’s own chain accepts the packet. Each chain at a hook is asked, though, and any of them may drop.',
        'Allow the pod network where it is dropped: nft add rule inet site forward ip saddr 10.244.0.0/16 accept, and the same for ip daddr.',
      ],
      why: 'In nftables “accept” ends only the chain it stands in: the chains of other tables at the same hook are asked all the same, and a policy of drop is the last word. It is what Docker does to the FORWARD chain, too.',
      seen: 'nft list ruleset (or iptables -S FORWARD) shows a policy of drop; its counter grows with every ping.',
    },
    'zh-Hans': {
      title: '放行了，还是被丢弃',
      story:
        '安全部门给 host-b 加了一张自己的表 inet site，凡是没有明确允许的一律不转发。从那以后，host-b 的 pod 只能彼此通信。这个策略是硬性要求，必须保留；但 pod 也得能通。host-b 的 agent 停着。',
      hints: [
        '在 host-b 上，数据包是在哪个 hook、哪条链上被丢掉的？',
        '在 host-b 上运行 nft list ruleset：podlan 自己的链放行了这个数据包。但同一个 hook 上的每条链都会被问到，任何一条都可以丢弃。',
        '在丢弃它的地方允许 pod 网络：nft add rule inet site forward ip saddr 10.244.0.0/16 accept，ip daddr 同样来一条。',
      ],
      why: '在 nftables 里，accept 只结束它所在的那条链：同一个 hook 上其他表的链照样会被问到，而 drop 策略说了算。Docker 对 FORWARD 链做的也是这件事。',
      seen: 'nft list ruleset（或者 iptables -S FORWARD）显示策略是 drop；每 ping 一次，计数器就增加。',
    },
  },
};

const vxlanBlocked: Scenario = {
  id: 'vxlan-blocked',
  ...{ layer, cluster },
  actions: [
    ...TWO_HOSTS,
    ...run(
      'host-b',
      `nft ${SITE}`,
      "nft 'add chain inet site input { type filter hook input priority 0; policy drop; }'",
      'nft add rule inet site input ct state established,related accept',
      'nft add rule inet site input ip protocol icmp accept',
      'nft add rule inet site input tcp dport 22 accept',
    ),
  ],
  cause: 'vxlan-port-blocked',
  goal: {
    through: [A_TO_B, { ...A_TO_B, protocol: 'tcp', port: 80 }],
    keeps: [{ at: 'host-b', text: 'inet site input: policy drop' }],
  },
  mending: run('host-b', 'nft add rule inet site input udp dport 8472 accept'),
  tempting: [
    run('host-b', 'nft add rule inet site input tcp dport 8472 accept'),
    run('host-b', 'nft add rule inet site input ip saddr 10.244.0.0/16 accept'),
    run('host-b', "nft 'add chain inet site input { policy accept; }'"),
  ],
  page: 'docs/course/vxlan#udp',
  text: {
    en: {
      title: 'The firewall lets ping and SSH in',
      story:
        'host-b has a firewall now. Administrators are content: ping and SSH to host-b work. But from host-a nothing gets to its pods any more. The firewall stays closed to all that has no reason to come in.',
      hints: [
        'What does the firewall of host-b see: a packet to 10.244.2.2, or another?',
        'Encapsulated it is a UDP datagram to host-b itself, so it meets the input hook.',
        'flannel’s port is 8472: nft add rule inet site input udp dport 8472 accept.',
      ],
      why: 'VXLAN makes of every packet between pods a UDP datagram between hosts. Rules about pod addresses don’t match it on its way in; the port has to be open.',
      seen: 'tcpdump on eth0 of host-b shows VXLAN come in, and flannel.1 stays silent; the input chain’s policy counts.',
    },
    'zh-Hans': {
      title: '防火墙放行了 ping 和 SSH',
      story:
        'host-b 上了防火墙。管理员很满意：ping 和 SSH 到 host-b 都行。可是从 host-a 再也到不了它的 pod。没有理由进来的，防火墙仍然一律不放。',
      hints: [
        'host-b 的防火墙看到的是什么：发往 10.244.2.2 的数据包，还是别的？',
        '封装之后，它是发给 host-b 自己的 UDP 数据报，所以遇到的是 input hook。',
        'flannel 的端口是 8472：nft add rule inet site input udp dport 8472 accept。',
      ],
      why: 'VXLAN 把 pod 之间的每个数据包都变成宿主机之间的 UDP 数据报。进来的时候，针对 pod 地址的规则匹配不上；要放行的是端口。',
      seen: '在 host-b 的 eth0 上用 tcpdump 能看到 VXLAN 进来，flannel.1 却没有动静；input 链的策略在计数。',
    },
  },
};

const EATS = 'ip saddr 10.244.1.0/24 masquerade';

const masqueradeEats: Scenario = {
  id: 'masquerade-eats-sources',
  ...{ layer, cluster },
  actions: [
    ...TWO_HOSTS,
    ...run(
      'host-a',
      `nft ${SITE}`,
      "nft 'add chain inet site postrouting { type nat hook postrouting priority 100; policy accept; }'",
      `nft add rule inet site postrouting ${EATS}`,
    ),
  ],
  cause: 'masquerade-without-exception',
  goal: {
    through: [A_TO_B, ping('pod-a1', 'host-b')],
    keeps: [{ at: 'host-a', text: `inet site postrouting: ${EATS}` }],
  },
  mending: run('host-a', 'nft insert rule inet site postrouting ip daddr 10.244.0.0/16 accept'),
  tempting: [
    run('host-a', 'nft add rule inet site postrouting ip daddr 10.244.0.0/16 accept'),
    run('host-a', 'nft flush chain inet site postrouting'),
    run('host-b', 'sysctl -w net.ipv4.conf.all.rp_filter=0'),
  ],
  page: 'docs/course/masquerade#not-between-pods',
  text: {
    en: {
      title: 'All pods have the same face',
      story:
        'Everything works, says everybody, but the network policy: pod-b1 sees each connection from host-a come from one and the same address. A rule was added on host-a so that pods reach the outside, and that has to stay as it is.',
      hints: [
        'Compare the source address of the packet when it leaves pod-a1, and when it arrives at pod-b1.',
        'The rule on host-a translates every packet from 10.244.1.0/24, wherever it goes.',
        'An exception has to come before the rule: nft insert puts it first, nft add last.',
      ],
      why: 'Masquerading is for what leaves the pod network. Between pods it takes away the source, by which policies, logs and services know who speaks.',
      seen: 'Logs in pods show the address of flannel.1 (10.244.1.0) in place of pods; nft list ruleset has a masquerade without “ip daddr != pod network” or an accept before it.',
    },
    'zh-Hans': {
      title: '所有 pod 都长一张脸',
      story:
        '大家都说一切正常，只有网络策略不对：在 pod-b1 看来，从 host-a 来的每个连接都出自同一个地址。host-a 上为了让 pod 能访问外部加过一条规则，这条规则必须原样保留。',
      hints: [
        '比较数据包离开 pod-a1 时和到达 pod-b1 时的源地址。',
        'host-a 上的那条规则，不管目的地是哪里，凡是来自 10.244.1.0/24 的都会转换。',
        '例外必须排在规则前面：nft insert 插在最前，nft add 加在最后。',
      ],
      why: '地址伪装是给离开 pod 网络的数据包用的。用在 pod 之间，就抹掉了源地址，而策略、日志和服务正是靠它知道谁在说话。',
      seen: 'pod 里的日志显示的是 flannel.1 的地址（10.244.1.0），而不是 pod；nft list ruleset 里有一条 masquerade，既没有“ip daddr != pod 网络”，前面也没有 accept。',
    },
  },
};

const rpFilter: Scenario = {
  id: 'rp-filter',
  ...{ layer, cluster },
  actions: [
    ...TWO_HOSTS,
    killAgent('host-b'),
    ...run(
      'host-b',
      'sysctl -w net.ipv4.conf.flannel/1.rp_filter=1',
      'ip route replace 10.244.1.0/24 via 192.168.77.11 dev eth0',
    ),
  ],
  cause: 'rp-filter',
  goal: {
    through: [A_TO_B, B_TO_A],
    keeps: [{ at: 'host-b', text: 'net.ipv4.conf.flannel.1.rp_filter = 1' }],
  },
  mending: run('host-b', 'ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink proto 80'),
  tempting: [
    run('host-b', 'sysctl -w net.ipv4.conf.flannel/1.rp_filter=0'),
    run('host-b', 'sysctl -w net.ipv4.conf.all.rp_filter=0'),
    run('host-b', 'ip route del 10.244.1.0/24'),
  ],
  page: 'docs/course/debug#silent',
  text: {
    en: {
      title: 'In by one door, out by another',
      story:
        'To save the encapsulation, somebody sent the way back from host-b to host-a straight over the underlay. At first it worked. Then strict source validation was switched on, as the baseline demands, and pod-a1 hears nothing any more. The baseline stays. The agent of host-b is stopped.',
      hints: [
        'The packet is decapsulated on host-b, and ends right after that. What does the kernel ask of its source?',
        'With rp_filter=1 a packet must come in by the device that its source would be answered by: ip route get 10.244.1.2.',
        'Lead the way back through the tunnel again: ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink.',
      ],
      why: 'Strict reverse path filtering drops what comes in by another device than the one its answer would leave by. Ways that differ in their directions and rp_filter=1 don’t go together.',
      seen: 'nstat TcpExtIPReversePathFilter grows; with log_martians=1 the kernel log says “martian source”.',
    },
    'zh-Hans': {
      title: '一扇门进，另一扇门出',
      story:
        '有人为了省掉封装，让 host-b 到 host-a 的回程直接走底层网络。起初是通的。后来按安全基线打开了严格的源地址校验，pod-a1 就再也收不到应答。基线必须保留。host-b 的 agent 停着。',
      hints: [
        '数据包在 host-b 上解了封装，紧接着就没了。关于它的源地址，内核会问什么？',
        'rp_filter=1 时，数据包必须从“应答它的源地址时会用的那个设备”进来：看 ip route get 10.244.1.2。',
        '让回程重新走隧道：ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink。',
      ],
      why: '严格的反向路径过滤会丢弃这样的数据包：它进来的设备，不是应答它时要用的设备。来回不同路和 rp_filter=1 不能并存。',
      seen: 'nstat 的 TcpExtIPReversePathFilter 在增加；log_martians=1 时，内核日志里会有 “martian source”。',
    },
  },
};

const blackhole: Scenario = {
  id: 'blackhole-route',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, ...run('host-a', 'ip route add blackhole 10.244.2.0/25')],
  cause: 'blackhole-route',
  goal: { through: [A_TO_B, B_TO_A] },
  mending: run('host-a', 'ip route del blackhole 10.244.2.0/25'),
  tempting: [
    [{ do: 'start-agent', host: 'host-a' }],
    run('host-a', 'ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink proto 80'),
  ],
  page: 'docs/course/debug#with-errors',
  text: {
    en: {
      title: 'Left behind by another plugin',
      story:
        'The cluster used another network plugin before. On host-a something of it has stayed: agents run and are content, and pod-a1 still gets nothing from pod-b1, at once and without any error.',
      hints: [
        'The agent’s route to 10.244.2.0/24 is there. Is it the one that the packet takes?',
        'Of two routes the longer prefix wins: ip route show root 10.244.2.0/24.',
        'The agent leaves alone what it did not make: ip route del blackhole 10.244.2.0/25.',
      ],
      why: 'The longest prefix decides, and a blackhole drops without a word. The agent sees that its own routes are as they should be, and touches no others.',
      seen: 'ip route get of the pod answers “RTNETLINK answers: Invalid argument”; ip route has a blackhole inside of a peer’s subnet.',
    },
    'zh-Hans': {
      title: '上一个插件的遗物',
      story:
        '这个集群以前用的是另一个网络插件。它在 host-a 上留下了点什么：agent 都在运行，也没有异议，可是 pod-a1 仍然收不到 pod-b1 的应答，立刻就没了，也没有任何报错。',
      hints: [
        'agent 写的到 10.244.2.0/24 的路由还在。数据包走的是它吗？',
        '两条路由里，前缀长的优先：ip route show root 10.244.2.0/24。',
        '不是自己写的，agent 一概不碰：ip route del blackhole 10.244.2.0/25。',
      ],
      why: '最长前缀说了算，而 blackhole 会一声不响地丢弃。agent 只看到自己的路由都没问题，别人的它不动。',
      seen: '对这个 pod 运行 ip route get，得到 “RTNETLINK answers: Invalid argument”；ip route 里，对端的子网之内有一条 blackhole。',
    },
  },
};

export const HOST_SCENARIOS: readonly Scenario[] = [
  ...[forwardingOff, blackhole, forwardPolicy, vxlanBlocked],
  ...[masqueradeEats, rpFilter],
];
