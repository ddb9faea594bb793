/** What is wrong between the hosts, or with those who should set them up. */
import { A_TO_B, B_TO_A, KERNEL_CLUSTER, killAgent, ping, run, startAgent, TWO_HOSTS } from './ground';
import type { Scenario } from './scenario';

const layer = 'underlay';
const cluster = KERNEL_CLUSTER;

const cutCable: Scenario = {
  id: 'cut-cable',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, { do: 'cut', host: 'host-b' }],
  cause: 'underlay-down',
  goal: { through: [A_TO_B, B_TO_A] },
  mending: [{ do: 'mend', host: 'host-b' }],
  tempting: [
    run('host-b', 'ip link set eth0 down', 'ip link set eth0 up'),
    [killAgent('host-b'), startAgent('host-b')],
  ],
  page: 'docs/course/debug#narrow-down',
  text: {
    en: {
      title: 'Not everything is software',
      story:
        'Since the night shift moved racks, nobody reaches the pods of host-b. All rows on all hosts are right, the agents are content, and on the console of host-b even its own pods answer.',
      hints: [
        'Before pods: does host-a reach host-b at all?',
        'ip link show eth0 on host-b: NO-CARRIER is nothing that a command mends.',
        'Plug the cable in: the host has a button for it.',
      ],
      why: 'An overlay is as good as the network below it. Who begins with the hosts saves looking through tables that are right.',
      seen: 'ip link show eth0 says NO-CARRIER and state DOWN; pings between hosts fail as those between pods do.',
    },
    'zh-Hans': {
      title: '不都是软件的事',
      story:
        '自从夜班挪过机柜，谁也到不了 host-b 的 pod。所有宿主机上的表项都没有错，agent 也没有异议；在 host-b 的控制台上，它自己的 pod 甚至还能应答。',
      hints: [
        '先别看 pod：host-a 能到 host-b 吗？',
        '在 host-b 上运行 ip link show eth0：NO-CARRIER 不是哪条命令能修的。',
        '把网线插上：宿主机上有这个按钮。',
      ],
      why: '覆盖网络再好，也好不过它下面的网络。先查宿主机之间，就不用去翻那些本来就对的表。',
      seen: 'ip link show eth0 显示 NO-CARRIER 和 state DOWN；宿主机之间的 ping 和 pod 之间的一样失败。',
    },
  },
};

const narrowUnderlay: Scenario = {
  id: 'narrow-underlay',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, ...run('host-b', 'ip link set eth0 mtu 1400')],
  cause: 'mtu-exceeds-underlay',
  goal: { through: [{ ...A_TO_B, size: 1450, dontFragment: true }, A_TO_B, B_TO_A] },
  mending: run('host-b', 'ip link set eth0 mtu 1500'),
  tempting: [
    run('host-b', 'ip link set flannel.1 mtu 1500'),
    run('pod-b1', 'ip link set eth0 mtu 1500'),
    run('host-b', 'ip link set cni0 mtu 1400'),
  ],
  page: 'docs/course/mtu#exceeded',
  text: {
    en: {
      title: 'Small ones pass, big ones do not',
      story:
        'Logins work, uploads hang. Small packets get to the pods of host-b, but full ones of 1450 bytes vanish, though pods and flannel.1 have an MTU of 1450. Something on host-b was “adapted to the VPN”, which is gone since.',
      hints: [
        'Send a packet of 1450 bytes that must not be fragmented, and see how big it is once it is encapsulated.',
        '1450 bytes and 50 of VXLAN make 1500. Which device on host-b takes less?',
        'ip link show eth0 on host-b; the underlay carries 1500: ip link set eth0 mtu 1500.',
      ],
      why: 'flannel’s MTU is that of the underlay less the headers, and is settled when the agent starts. An interface that shrinks later takes no frames as large as its peers still send, and the link tells nobody.',
      seen: 'ping -M do -s 1422 between pods fails, with smaller sizes it works; TCP hangs after the handshake.',
    },
    'zh-Hans': {
      title: '小的能过，大的不行',
      story:
        '登录没问题，上传就卡住。小数据包能到 host-b 的 pod，1450 字节的满包却消失了，虽然 pod 和 flannel.1 的 MTU 就是 1450。host-b 上有什么东西曾经“为 VPN 调整过”，而那个 VPN 早就没了。',
      hints: [
        '发一个 1450 字节、不许分片的数据包，看它封装之后有多大。',
        '1450 字节加上 VXLAN 的 50 字节，正好 1500。host-b 上哪个设备容不下？',
        '在 host-b 上看 ip link show eth0；底层网络能走 1500：ip link set eth0 mtu 1500。',
      ],
      why: 'flannel 的 MTU 等于底层的 MTU 减去各层头，在 agent 启动时定下来。接口后来变小，就收不下对端仍按原来大小发来的帧，而链路不会告诉任何人。',
      seen: 'pod 之间 ping -M do -s 1422 失败，再小一些就行；TCP 握手之后卡住。',
    },
  },
};

const agentDead: Scenario = {
  id: 'agent-dead',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, killAgent('host-a'), { do: 'join' }, { do: 'add-pod', host: 'host-c' }],
  cause: 'peer-route-missing',
  goal: { through: [ping('pod-a1', 'pod-c1'), ping('pod-c1', 'pod-a1'), A_TO_B] },
  mending: [startAgent('host-a')],
  tempting: [
    [killAgent('host-c'), startAgent('host-c')],
    run('host-a', 'ip route add 10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink'),
  ],
  page: 'docs/course/arp-fdb-routes#keeping',
  text: {
    en: {
      title: 'The newcomer that one host does not know',
      story:
        'host-c joined an hour ago. pod-b1 and pod-c1 talk, but pod-a1 and pod-c1 do not. Between host-a and host-b everything goes on as before, so host-c must be the culprit, says the chat.',
      hints: [
        'What do host-a and host-b have that leads to host-c?',
        'host-a has no route, neighbor or FDB entry of host-c. Who writes these?',
        'The agent of host-a does not run: what it made before lives on, but it hears of nobody new. Start it.',
      ],
      why: 'Rows in the kernel outlive the agent, which is good: a restart interrupts nothing. It also hides that it is dead, until the next host comes or goes.',
      seen: 'systemctl status or kubectl -n kube-flannel get pods; ip route on one node has fewer peers than on others.',
    },
    'zh-Hans': {
      title: '有一台不认识新来的',
      story:
        'host-c 一小时前加入。pod-b1 和 pod-c1 能通，pod-a1 和 pod-c1 却不通。host-a 和 host-b 之间一切照旧，所以群里都说，问题一定在 host-c。',
      hints: [
        'host-a 和 host-b 上，各有哪些表项是通往 host-c 的？',
        'host-a 上没有 host-c 的路由、邻居表项和 FDB 表项。这些由谁来写？',
        'host-a 的 agent 没有运行：它以前写的还在起作用，但新来的它不知道。把它启动起来。',
      ],
      why: '内核里的表项比 agent 活得久，这是好事：重启不会中断任何通信。但这也掩盖了它已经不在，直到下一台宿主机加入或离开。',
      seen: 'systemctl status，或者 kubectl -n kube-flannel get pods；某个节点上的 ip route 比其他节点少了对端。',
    },
  },
};

const hostGwAcrossRouter: Scenario = {
  id: 'host-gw-across-router',
  layer,
  cluster: { ...KERNEL_CLUSTER, backend: 'host-gw', segments: 2 },
  actions: TWO_HOSTS,
  cause: 'peer-route-missing',
  goal: { through: [A_TO_B, B_TO_A] },
  mending: run(
    'underlay',
    'ip route add 10.244.1.0/24 via 192.168.77.11',
    'ip route add 10.244.2.0/24 via 192.168.78.12',
  ),
  tempting: [
    run('host-a', 'ip route add 10.244.2.0/24 via 192.168.77.1'),
    run('host-a', 'ip route add 10.244.2.0/24 via 192.168.78.12 dev eth0 onlink'),
  ],
  page: 'docs/course/host-gw#needs',
  text: {
    en: {
      title: 'A router in between',
      story:
        'The cluster runs on host-gw, the fastest of all. The second rack has a subnet of its own, with a router between the two. host-b came up there without complaint, and no pod of either rack reaches the other rack. The router is yours, too; changing the backend is for next year.',
      hints: [
        'host-gw sends packets as they are, to the peer as next hop. Does host-a have host-b on its link?',
        'Without such a route packets follow the default route to the router. What does the router, underlay, know of 10.244.0.0/16?',
        'Tell the router both subnets: ip route add 10.244.2.0/24 via 192.168.78.12, and the same for 10.244.1.0/24 via 192.168.77.11.',
      ],
      why: 'host-gw needs all hosts on one link, for a next hop has to be a neighbor. Across a router the router must know each host’s pod subnet, as static routes or by BGP, or packets have to be wrapped: VXLAN.',
      seen: 'ip route has no entry for peers of the other rack, and the agent’s log says that they are not on the link; traceroute ends at the router.',
    },
    'zh-Hans': {
      title: '中间有台路由器',
      story:
        '集群用的是 host-gw，最快的一种。第二个机柜有自己的子网，两边之间是一台路由器。host-b 在那里顺利起来了，没有任何异议，可是两个机柜的 pod 互相到不了。路由器也归你管；换后端是明年的事。',
      hints: [
        'host-gw 原样发送数据包，以对端为下一跳。host-b 和 host-a 在同一条链路上吗？',
        '没有这样的路由，数据包就沿默认路由走到路由器。路由器（underlay）知道 10.244.0.0/16 吗？',
        '把两个子网都告诉路由器：ip route add 10.244.2.0/24 via 192.168.78.12，以及 10.244.1.0/24 via 192.168.77.11。',
      ],
      why: 'host-gw 要求所有宿主机在同一条链路上，因为下一跳必须是邻居。隔着路由器，要么让路由器知道每台宿主机的 pod 子网（静态路由或者 BGP），要么就得封装：VXLAN。',
      seen: 'ip route 里没有另一个机柜的对端，agent 的日志说它们不在链路上；traceroute 停在路由器那里。',
    },
  },
};

export const UNDERLAY_SCENARIOS: readonly Scenario[] = [
  cutCable,
  agentDead,
  narrowUnderlay,
  hostGwAcrossRouter,
];
