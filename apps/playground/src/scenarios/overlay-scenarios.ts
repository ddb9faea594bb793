/** What is wrong between the tunnels: routes, neighbors, FDB entries, flannel.1 itself. */
import {
  A_TO_B,
  B_TO_A,
  KERNEL_CLUSTER,
  killAgent,
  ping,
  run,
  startAgent,
  THREE_HOSTS,
  TWO_HOSTS,
  VTEP_MAC,
} from './ground';
import type { Scenario } from './scenario';

const layer = 'overlay';
const cluster = KERNEL_CLUSTER;
const ROUTE_TO_B = '10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink proto 80';

const routeMissing: Scenario = {
  id: 'route-missing',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, killAgent('host-a'), ...run('host-a', 'ip route del 10.244.2.0/24')],
  cause: 'peer-route-missing',
  goal: { through: [A_TO_B, B_TO_A] },
  mending: run('host-a', `ip route add ${ROUTE_TO_B}`),
  tempting: [
    run('host-a', 'ip route add 10.244.2.0/24 dev eth0'),
    run('host-b', 'sysctl -w net.ipv4.ip_forward=1'),
  ],
  page: 'docs/course/arp-fdb-routes#missing',
  text: {
    en: {
      title: 'The subnet that is not on the map',
      story:
        'Since this morning pod-a1 gets no answer from pod-b1. The agent on host-a is stopped for an upgrade, and a colleague has tidied up “routes nobody needs” there.',
      hints: [
        'Send a packet from pod-a1 to pod-b1, and look where host-a sends it.',
        'On host-a, ip route get 10.244.2.2 tells which route is taken: it should lead to flannel.1.',
        'host-b tells how such a route is written: ip route show dev flannel.1. It needs onlink, as 10.244.2.0 lies in no subnet of flannel.1.',
      ],
      why: 'Without a route of its own the subnet of a peer falls to the default route: the packet leaves by eth0, not encapsulated, and no router outside knows pods.',
      seen: 'ip route get POD-ADDRESS on the sending host names eth0 and the gateway in place of flannel.1; tcpdump on eth0 shows bare pod addresses.',
    },
    'zh-Hans': {
      title: '地图上没有的子网',
      story:
        '从今天早上起，pod-a1 就收不到 pod-b1 的应答。host-a 上的 agent 为升级停着，有位同事在那里清理过“没人用的路由”。',
      hints: [
        '从 pod-a1 向 pod-b1 发一个数据包，看 host-a 把它送到哪里。',
        '在 host-a 上运行 ip route get 10.244.2.2，看选中了哪条路由：它本应指向 flannel.1。',
        '这样的路由怎么写，可以看 host-b：ip route show dev flannel.1。onlink 不能少，因为 10.244.2.0 不在 flannel.1 的任何子网里。',
      ],
      why: '对端的子网没有自己的路由，就落到默认路由上：数据包不经封装就从 eth0 出去，而外面的路由器不认识 pod。',
      seen: '在发送方宿主机上运行 ip route get POD 地址，看到的是 eth0 和网关，而不是 flannel.1；在 eth0 上用 tcpdump 能看到裸露的 pod 地址。',
    },
  },
};

const neighborMissing: Scenario = {
  id: 'neighbor-missing',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, killAgent('host-a'), ...run('host-a', 'ip neigh del 10.244.2.0 dev flannel.1')],
  cause: 'neighbor-missing',
  goal: { through: [A_TO_B, B_TO_A] },
  mending: run(
    'host-a',
    `ip neigh replace 10.244.2.0 lladdr ${VTEP_MAC['host-b']} dev flannel.1 nud permanent`,
  ),
  tempting: [
    run('host-a', 'ip neigh replace 10.244.2.0 lladdr 02:00:00:00:00:99 dev flannel.1'),
    run('host-a', `ip neigh replace 10.244.2.2 lladdr ${VTEP_MAC['host-b']} dev flannel.1`),
  ],
  page: 'docs/course/arp-fdb-routes#missing',
  text: {
    en: {
      title: 'Nobody answers on flannel.1',
      story:
        'pod-a1 cannot reach pod-b1. The route on host-a is there and is right. The agent of host-a crashed in the night, and somebody flushed a table “to get rid of stale entries”.',
      hints: [
        'The packet finds its route. Follow it one step further: what does host-a have to know of the next hop?',
        'The next hop is 10.244.2.0, the VTEP of host-b. ip neigh show dev flannel.1 on host-a should have its MAC.',
        'ip link show flannel.1 on host-b tells the MAC; the entry has to be permanent, as nobody answers ARP there.',
      ],
      why: 'Nobody answers ARP on the tunnel: flannel writes the MAC of each peer into the neighbor table, and without it packets wait until they are given up.',
      seen: 'ip neigh show dev flannel.1 has FAILED or nothing for the peer’s VTEP; pods get “Destination Host Unreachable” after three seconds.',
    },
    'zh-Hans': {
      title: 'flannel.1 上没人应答',
      story:
        'pod-a1 到不了 pod-b1。host-a 上的路由在，而且是对的。host-a 的 agent 夜里崩溃了，有人“为了去掉过期表项”清空过一张表。',
      hints: [
        '数据包找到了路由。再往下走一步：关于下一跳，host-a 还得知道什么？',
        '下一跳是 10.244.2.0，也就是 host-b 的 VTEP。在 host-a 上，ip neigh show dev flannel.1 里应该有它的 MAC。',
        '在 host-b 上运行 ip link show flannel.1 就能看到 MAC；表项必须是 permanent，因为那里没人应答 ARP。',
      ],
      why: '隧道上没人应答 ARP：每个对端的 MAC 都由 flannel 写进邻居表，缺了它，数据包就一直等到被放弃。',
      seen: 'ip neigh show dev flannel.1 里，对端 VTEP 的状态是 FAILED，或者根本没有；三秒后 pod 收到 “Destination Host Unreachable”。',
    },
  },
};

const fdbStale: Scenario = {
  id: 'fdb-stale',
  ...{ layer, cluster },
  actions: [
    ...TWO_HOSTS,
    killAgent('host-a'),
    ...run(
      'host-a',
      `bridge fdb replace ${VTEP_MAC['host-b']} dev flannel.1 dst 192.168.77.99 self permanent`,
    ),
  ],
  cause: 'fdb-entry-stale',
  goal: { through: [A_TO_B, B_TO_A] },
  mending: run(
    'host-a',
    `bridge fdb replace ${VTEP_MAC['host-b']} dev flannel.1 dst 192.168.77.12 self permanent`,
  ),
  tempting: [
    run('host-a', 'ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink'),
    run('host-a', `bridge fdb del ${VTEP_MAC['host-b']} dev flannel.1`),
  ],
  page: 'docs/course/arp-fdb-routes#who-fills',
  text: {
    en: {
      title: 'Sent to the old address',
      story:
        'host-b was given a new address on the underlay. Every host learned of it but host-a, whose agent hangs. pod-a1 gets no answer from pod-b1; from pod-b1 to pod-a1 requests do arrive.',
      hints: [
        'Look at the outer destination of the VXLAN packet that host-a sends.',
        'That address comes from the forwarding database: bridge fdb show dev flannel.1 on host-a.',
        'host-b is 192.168.77.12 now: bridge fdb replace MAC dev flannel.1 dst 192.168.77.12 self permanent.',
      ],
      why: 'The FDB of flannel.1 says behind which host a MAC is. An address that nobody has any more swallows every packet, and nothing comes back.',
      seen: 'Compare bridge fdb show dev flannel.1 with kubectl get nodes -o wide; tcpdump on eth0 shows ARP requests for the old address.',
    },
    'zh-Hans': {
      title: '寄到了旧地址',
      story:
        'host-b 在底层网络换了地址。所有宿主机都知道了，只有 host-a 不知道，它的 agent 卡住了。pod-a1 收不到 pod-b1 的应答；从 pod-b1 发往 pod-a1 的请求倒是能到。',
      hints: [
        '看 host-a 发出的 VXLAN 数据包：外层目的地址是什么？',
        '这个地址来自转发表：在 host-a 上运行 bridge fdb show dev flannel.1。',
        'host-b 现在是 192.168.77.12：bridge fdb replace MAC dev flannel.1 dst 192.168.77.12 self permanent。',
      ],
      why: 'flannel.1 的 FDB 记着一个 MAC 在哪台宿主机后面。指向没人再用的地址，每个数据包都会石沉大海，什么也回不来。',
      seen: '把 bridge fdb show dev flannel.1 和 kubectl get nodes -o wide 对照；在 eth0 上用 tcpdump 能看到对旧地址的 ARP 请求。',
    },
  },
};

const remake = (port: number, vni: number): string[] => [
  'ip link del flannel.1',
  `ip link add flannel.1 address ${VTEP_MAC['host-b']} mtu 1450 type vxlan id ${vni} dev eth0 local 192.168.77.12 dstport ${port} nolearning`,
  'ip addr add 10.244.2.0/32 dev flannel.1',
  'ip link set flannel.1 up',
  `ip neigh replace 10.244.1.0 lladdr ${VTEP_MAC['host-a']} dev flannel.1 nud permanent`,
  `bridge fdb replace ${VTEP_MAC['host-a']} dev flannel.1 dst 192.168.77.11 self permanent`,
  'ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink proto 80',
];

const portDiffers: Scenario = {
  id: 'vxlan-port-differs',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, killAgent('host-b'), ...run('host-b', ...remake(4789, 1))],
  cause: 'vxlan-port-differs',
  goal: { through: [A_TO_B, B_TO_A] },
  mending: run('host-b', ...remake(8472, 1)),
  tempting: [
    run('host-b', 'ip link set flannel.1 down', 'ip link set flannel.1 up'),
    run('host-b', 'ip route flush dev flannel.1'),
  ],
  page: 'docs/course/vxlan#udp',
  text: {
    en: {
      title: 'Two ports, both called standard',
      story:
        'After host-b was reinstalled from somebody’s script, nothing passes between its pods and those of host-a. Both hosts have flannel.1, it is up, and all the rows are there. The script made the device by hand; no agent runs on host-b.',
      hints: [
        'The packet gets to host-b. What does host-b do with a UDP datagram to port 8472?',
        'Compare ip -d link show flannel.1 on both hosts, word by word.',
        'The port of a vxlan device can’t be changed: delete it and make it anew, with its neighbor, FDB entry and route. Or let the agent do it.',
      ],
      why: 'IANA’s port for VXLAN is 4789, Linux’s own default, and flannel’s, is 8472. A host listens only on the port of its device; datagrams to the other find no socket.',
      seen: 'ip -d link show flannel.1 shows dstport; tcpdump shows “ICMP udp port 8472 unreachable” in return to every VXLAN packet.',
    },
    'zh-Hans': {
      title: '两个端口，都叫标准',
      story:
        'host-b 用别人的脚本重装之后，它的 pod 和 host-a 的 pod 之间什么都不通。两台宿主机都有 flannel.1，都是 up，表项一行不缺。设备是脚本手工建的；host-b 上没有运行 agent。',
      hints: [
        '数据包到了 host-b。收到发往 8472 端口的 UDP 数据报，host-b 会怎么办？',
        '在两台宿主机上分别运行 ip -d link show flannel.1，逐字对照。',
        'vxlan 设备的端口改不了：只能删掉重建，再补上邻居表项、FDB 表项和路由。或者让 agent 来做。',
      ],
      why: 'IANA 给 VXLAN 的端口是 4789，Linux 自己的默认值，也是 flannel 用的，是 8472。宿主机只在自己设备的端口上接收；发往另一个端口的数据报找不到套接字。',
      seen: 'ip -d link show flannel.1 会显示 dstport；tcpdump 里每个 VXLAN 数据包都换来一个 “ICMP udp port 8472 unreachable”。',
    },
  },
};

const vniDiffers: Scenario = {
  id: 'vni-differs',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, killAgent('host-b'), ...run('host-b', ...remake(8472, 2))],
  cause: 'vni-differs',
  goal: { through: [A_TO_B, B_TO_A] },
  mending: [startAgent('host-b')],
  tempting: [
    run('host-b', 'ip link set flannel.1 down', 'ip link set flannel.1 up'),
    run('host-a', 'ip neigh flush dev flannel.1'),
  ],
  page: 'docs/course/vxlan#vxlan',
  text: {
    en: {
      title: 'The same wire, another network',
      story:
        'A second overlay was tried out on host-b and taken back “as it was”. Since then its pods are alone. tcpdump on host-b shows VXLAN coming in on the right port, and yet nothing comes out of flannel.1.',
      hints: [
        'Open the VXLAN header of a packet that host-a sends: eight bytes, and four of them mean something.',
        'The VNI in the packet has to be that of the device: ip -d link show flannel.1.',
        'A VNI can’t be changed in place. The agent of host-b knows how its device should be: start it.',
      ],
      why: 'A VXLAN packet says which network it belongs to. A host that has no device of this VNI drops it without a word.',
      seen: 'ip -d link show flannel.1 differs in “vxlan id”; nstat and the device’s own counters show nothing, which is telling in itself.',
    },
    'zh-Hans': {
      title: '同一条线，另一个网络',
      story:
        '有人在 host-b 上试过另一个覆盖网络，然后“恢复了原样”。从那以后，它的 pod 就成了孤岛。在 host-b 上用 tcpdump 能看到 VXLAN 从正确的端口进来，可是 flannel.1 上什么也没出来。',
      hints: [
        '打开 host-a 发出的数据包的 VXLAN 头：八个字节，其中四个有意义。',
        '数据包里的 VNI 必须和设备的一致：ip -d link show flannel.1。',
        'VNI 不能就地修改。host-b 的 agent 知道设备应该是什么样：把它启动起来。',
      ],
      why: 'VXLAN 数据包写明自己属于哪个网络。没有这个 VNI 的设备，宿主机就一声不响地丢掉它。',
      seen: '两边 ip -d link show flannel.1 的 “vxlan id” 不同；nstat 和设备自己的计数器都没有动静，这本身就是线索。',
    },
  },
};

const vtepDown: Scenario = {
  id: 'vtep-down',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, killAgent('host-b'), ...run('host-b', 'ip link set flannel.1 down')],
  cause: 'vtep-down',
  goal: { through: [A_TO_B, B_TO_A] },
  mending: run(
    'host-b',
    'ip link set flannel.1 up',
    'ip route replace 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink proto 80',
  ),
  tempting: [run('host-b', 'ip link set flannel.1 up'), run('host-b', 'ip link set cni0 up')],
  page: 'docs/course/flannel#device',
  text: {
    en: {
      title: 'Up again, and still silent',
      story:
        'For a measurement somebody took flannel.1 of host-b down, while its agent was stopped. pod-a1 does not reach pod-b1. “I have set it up again, that was not it”, says the colleague, and sets it down once more.',
      hints: [
        'ip link show flannel.1 on host-b: what is missing between the angle brackets?',
        'Set it up, and send the packet again: it arrives now. What becomes of the answer?',
        'With a device that goes down its routes go, and they don’t come back with it: put the route to 10.244.1.0/24 back.',
      ],
      why: 'The kernel deletes the routes of a device that goes down. Permanent neighbors and FDB entries stay; routes have to be made again.',
      seen: 'ip link show flannel.1 says state DOWN; after setting it up, ip route show dev flannel.1 is still empty.',
    },
    'zh-Hans': {
      title: '启用了，还是不通',
      story:
        '有人为了做测量，趁 agent 停着，把 host-b 的 flannel.1 关了。pod-a1 到不了 pod-b1。那位同事说：“我重新启用过，不是它的问题。”然后又把它关上了。',
      hints: [
        '在 host-b 上运行 ip link show flannel.1：尖括号里少了什么？',
        '启用它，再发一次数据包：现在到了。应答又怎么样了？',
        '设备一关，它的路由也跟着没了，而且启用时不会回来：把到 10.244.1.0/24 的路由加回去。',
      ],
      why: '设备关闭时，内核会删掉它的路由。permanent 的邻居表项和 FDB 表项还在，路由却要重新写。',
      seen: 'ip link show flannel.1 显示 state DOWN；启用之后，ip route show dev flannel.1 仍然是空的。',
    },
  },
};

const duplicateSubnet: Scenario = {
  id: 'duplicate-subnet',
  ...{ layer, cluster },
  actions: [
    ...THREE_HOSTS,
    ...[killAgent('host-a'), killAgent('host-c')],
    ...run('host-a', 'ip route replace 10.244.2.0/24 via 10.244.3.0 dev flannel.1 onlink proto 80'),
    ...run('host-c', 'ip route del 10.244.2.0/24', 'ip addr add 10.244.2.1/24 dev cni0'),
  ],
  cause: 'duplicate-subnet',
  goal: { through: [A_TO_B, ping('pod-c1', 'pod-b1'), ping('pod-a1', 'pod-c1')] },
  mending: [
    ...run('host-c', 'ip addr del 10.244.2.1/24 dev cni0'),
    ...[startAgent('host-c'), startAgent('host-a')],
  ],
  tempting: [[startAgent('host-a')], run('host-a', `ip route replace ${ROUTE_TO_B}`)],
  page: 'docs/course/subnets#no-overlap',
  text: {
    en: {
      title: 'Two hosts, one subnet',
      story:
        'host-c was cloned from the disk of host-b. Ever since, some hosts reach pod-b1 and some do not: pod-a1 and pod-c1 don’t. The agents of host-a and host-c are stopped, so that “nothing changes until we know more”.',
      hints: [
        'To which host does host-a send what is for 10.244.2.2?',
        'host-c takes 10.244.2.0/24 for its own: ip addr show cni0 there.',
        'Take the second address off the bridge of host-c first; then the agents can put all the routes right.',
      ],
      why: 'A pod subnet belongs to one host. Where two have it, each peer believes whom it heard last, and what arrives at the wrong one finds no such pod.',
      seen: 'Two nodes with the same podCIDR, or two bridges with the same gateway address; ip route on peers names different hosts for one subnet.',
    },
    'zh-Hans': {
      title: '两台宿主机，一个子网',
      story:
        'host-c 是用 host-b 的磁盘克隆出来的。从那以后，有的宿主机能到 pod-b1，有的不能：pod-a1 和 pod-c1 就到不了。host-a 和 host-c 的 agent 都停着，“弄清楚之前什么都别动”。',
      hints: [
        '发往 10.244.2.2 的数据包，host-a 送给了哪台宿主机？',
        'host-c 把 10.244.2.0/24 当成了自己的：在那里看 ip addr show cni0。',
        '先把 host-c 网桥上的第二个地址去掉；之后 agent 就能把所有路由改对。',
      ],
      why: '一个 pod 子网只属于一台宿主机。两台都有的时候，每个对端都相信最后听到的那台，而送错地方的数据包在那里找不到这个 pod。',
      seen: '两个节点的 podCIDR 相同，或者两个网桥有同一个网关地址；不同对端上的 ip route，对同一个子网指向不同的宿主机。',
    },
  },
};

export const OVERLAY_SCENARIOS: readonly Scenario[] = [
  ...[routeMissing, neighborMissing, fdbStale, vtepDown],
  ...[portDiffers, vniDiffers, duplicateSubnet],
];
