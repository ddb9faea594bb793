/** What is wrong between a host and its pods. */
import { A_TO_B, B_TO_A, KERNEL_CLUSTER, ping, run, TWO_HOSTS } from './ground';
import type { Scenario } from './scenario';

const layer = 'pod';
const cluster = KERNEL_CLUSTER;

const podWithoutRoute: Scenario = {
  id: 'pod-without-route',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, ...run('pod-a1', 'ip route del default', 'ip route del 10.244.0.0/16')],
  cause: 'no-route',
  goal: { through: [A_TO_B, ping('pod-a1', 'host-b')] },
  mending: run('pod-a1', 'ip route add default via 10.244.1.1'),
  tempting: [
    run('pod-a1', 'ip route add default dev eth0'),
    run('pod-a1', 'ip route add 10.244.2.0/24 via 10.244.1.1'),
    run('host-a', 'ip route add 10.244.1.2/32 dev cni0'),
  ],
  page: 'docs/course/packet#pod-a1',
  text: {
    en: {
      title: 'Network is unreachable',
      story:
        'An application in pod-a1 says “Network is unreachable” for every address but those of its own subnet. An init container with NET_ADMIN had “set the network up” before it. Other pods of host-a are fine. It must reach pods and the outside again.',
      hints: [
        'The packet does not even leave the pod. Look at the routes inside of pod-a1.',
        'There is only the route to its own subnet. Everything else needs a gateway: the address of cni0.',
        'In the pod: ip route add default via 10.244.1.1.',
      ],
      why: 'A pod’s own kernel tables decide first. The CNI plugin writes the default route via the bridge when the pod is made, and nobody puts it back later.',
      seen: 'nsenter -t PID -n ip route shows one line only; connect() fails at once with ENETUNREACH.',
    },
    'zh-Hans': {
      title: 'Network is unreachable',
      story:
        'pod-a1 里的应用，除了自己子网的地址，对什么地址都报 “Network is unreachable”。在它之前，一个带 NET_ADMIN 的 init 容器“设置过网络”。host-a 上的其他 pod 都正常。要让它重新能到其他 pod 和外部。',
      hints: [
        '数据包连 pod 都没出。看看 pod-a1 里面的路由。',
        '只剩到自己子网的路由了。其余的都要有网关：cni0 的地址。',
        '在 pod 里运行 ip route add default via 10.244.1.1。',
      ],
      why: '先做决定的是 pod 自己的内核表。默认路由指向网桥，由 CNI 插件在创建 pod 时写好，之后没有谁会把它补回来。',
      seen: 'nsenter -t PID -n ip route 只显示一行；connect() 立刻以 ENETUNREACH 失败。',
    },
  },
};

const gatewayLost: Scenario = {
  id: 'gateway-lost',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, ...run('host-b', 'ip addr del 10.244.2.1/24 dev cni0')],
  cause: 'gateway-address-missing',
  goal: { through: [A_TO_B, B_TO_A, ping('host-b', 'pod-b1')] },
  mending: run('host-b', 'ip addr add 10.244.2.1/24 dev cni0'),
  tempting: [
    run('host-b', 'ip route add 10.244.2.0/24 dev cni0'),
    run('host-b', 'ip addr add 10.244.2.1/32 dev cni0'),
  ],
  page: 'docs/course/bridge-and-veth#bridge-as-interface',
  text: {
    en: {
      title: 'The bridge forgot its name',
      story:
        'A network manager on host-b has “taken cni0 under its care” and configured it: as it knew no address for it, it has none now. Pods of host-b still reach each other, and nobody else does. The agent runs, and finds nothing wrong with what is its own.',
      hints: [
        'VXLAN comes out of flannel.1 on host-b. Where does host-b send it on?',
        'ip addr show cni0, and ip route: with the address went the route to 10.244.2.0/24.',
        'Pods have 10.244.2.1 for their gateway: ip addr add 10.244.2.1/24 dev cni0.',
      ],
      why: 'The gateway address on cni0 does two things: it makes the route to the local pods, and it answers their ARP for the gateway. Without it the host is no part of its pods’ subnet.',
      seen: 'ip addr show cni0 has no inet line; pods have FAILED for their gateway in ip neigh. NetworkManager has to be told that cni0 is unmanaged.',
    },
    'zh-Hans': {
      title: '网桥忘了自己的名字',
      story:
        'host-b 上的网络管理程序把 cni0 “接管”了，并做了配置：它不知道该用什么地址，所以现在一个也没有。host-b 的 pod 之间还能通，别的都不行。agent 在运行，属于它的都没有问题。',
      hints: [
        'VXLAN 在 host-b 上从 flannel.1 出来了。host-b 接着把它送到哪里？',
        '看 ip addr show cni0，再看 ip route：地址没了，到 10.244.2.0/24 的路由也跟着没了。',
        'pod 的网关是 10.244.2.1：ip addr add 10.244.2.1/24 dev cni0。',
      ],
      why: 'cni0 上的网关地址做两件事：产生到本机 pod 的路由，并应答 pod 对网关的 ARP。没有它，宿主机就不在自己 pod 的子网里。',
      seen: 'ip addr show cni0 里没有 inet 这一行；pod 里的 ip neigh 对网关显示 FAILED。要告诉 NetworkManager 不要管理 cni0。',
    },
  },
};

const offTheBridge: Scenario = {
  id: 'off-the-bridge',
  ...{ layer, cluster },
  actions: [...TWO_HOSTS, ...run('host-b', 'ip link set veth1 nomaster')],
  cause: 'port-off-bridge',
  goal: { through: [A_TO_B, B_TO_A] },
  mending: run('host-b', 'ip link set veth1 master cni0'),
  tempting: [
    run('host-b', 'ip link set veth1 down', 'ip link set veth1 up'),
    run('host-b', 'ip addr add 10.244.2.1/24 dev veth1'),
  ],
  page: 'docs/course/bridge-and-veth#three-parts',
  text: {
    en: {
      title: 'A cable in the air',
      story:
        'pod-b1 has lost all contact, to its own host as well. Its interface is up and has its address and routes. Before that a script had rebuilt bridges on host-b.',
      hints: [
        'Look at both ends of the veth pair: where does what pod-b1 sends come out, and who takes it?',
        'bridge link on host-b lists the ports of cni0.',
        'ip link set veth1 master cni0.',
      ],
      why: 'A veth pair is a cable. Its end on the host has to be plugged into the bridge, or what comes out of it meets the host itself, which knows nothing of that device.',
      seen: 'ip link show master cni0 lacks the pod’s veth; in the pod, eth0 has a carrier all the same.',
    },
    'zh-Hans': {
      title: '悬空的网线',
      story:
        'pod-b1 和谁都失去了联系，连自己的宿主机也不例外。它的接口是 up，地址和路由都在。在那之前，有个脚本在 host-b 上重建过网桥。',
      hints: [
        '看 veth 的两端：pod-b1 发出的东西从哪里出来，又由谁接收？',
        '在 host-b 上运行 bridge link，列出 cni0 的端口。',
        'ip link set veth1 master cni0。',
      ],
      why: '一对 veth 就是一根网线。宿主机这一端必须插在网桥上，否则出来的东西遇到的是宿主机本身，而宿主机对这个设备一无所知。',
      seen: 'ip link show master cni0 里少了这个 pod 的 veth；pod 里的 eth0 却仍然有载波。',
    },
  },
};

export const POD_SCENARIOS: readonly Scenario[] = [podWithoutRoute, gatewayLost, offTheBridge];
