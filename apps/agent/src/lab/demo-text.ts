/** The words of the demo, a function of what was measured. Both languages have the same keys: the type sees to it. */

const en = {
  title: 'podlan: pods on different hosts, one flat network',
  intro: {
    lab: 'Every "host" and "pod" below is a real network namespace on this machine.\nEvery packet is carried by the real kernel and one WebAssembly module.',
    simulation:
      'This is a SIMULATION: hosts, pods and kernels are objects in this one process.\nNode loop, packets and WebAssembly module are those of a real host. Time is\nsimulated: programs take none, and the cable of a host 0.25 ms each way.',
  },
  ms: {
    lab: (ms: string) => `${ms} ms`,
    simulation: (ms: string) => `${ms} simulated ms`,
  },
  up: 'Two hosts come up',
  upHost: (name: string, time: string) => `${name}: agent running, lease held, pod attached (${time})`,
  tables: 'What the agent put on host-a',
  flannel1:
    'flannel.1 is a TAP device. What the kernel sends there, the WebAssembly module\nreads, wraps in VXLAN and sends by UDP. MTU 1450 = 1500 - 50 for outer headers.',
  routes: (subnet: string) =>
    `"${subnet} via ... dev flannel.1 onlink": host-b's pods are behind flannel.1;\nthe neighbor entry gives the MAC of host-b's flannel.1, so nobody needs ARP.`,
  tunnels: 'The module has a table of its own: behind which host a subnet is.',
  traffic: 'pod-a1 talks to pod-b1',
  ping: (replies: number, count: number, median: string) =>
    `ping: ${replies} of ${count} replies, median ${median}`,
  tcp: (megabytes: number, seconds: string, gbps: string) =>
    `TCP: ${megabytes} MB in ${seconds} s = ${gbps} Gbit/s, SHA-256 equal at both ends`,
  handshake: (time: string) => `TCP: SYN sent, SYN and ACK back after ${time}; streams are not simulated`,
  hops: "One ping's way, as captured at every device",
  hopsNote:
    'On the underlay the frame has grown by 50 bytes: outer Ethernet 14 + IPv4 20 +\nUDP 8 + VXLAN 8. VNI 1 and port 8472 are what flannel uses on Linux.',
  bytes: (count: number) => `${count} bytes`,
  join: 'host-c joins',
  joined: (total: string, afterLease: string) =>
    `first reply from pod-c1 ${total} after host-c was plugged in;\nits agent had the lease and its pod was attached ${afterLease} before that.`,
  before: 'before',
  after: 'after',
  leave: 'host-b leaves',
  left: 'its route, neighbor and tunnel are gone from the others; the rest still talks:',
  cleanup: 'Clean-up',
  cleaned: {
    lab: 'all namespaces, devices and processes of the demo are gone.',
    simulation: 'the simulated agents have ended; this machine itself was never touched.',
  },
  next: 'Try next:',
  nextLines: {
    lab: [
      ['lab up', 'a cluster that stays'],
      ['lab exec pod-a1 -- ip route', 'look around in a pod'],
      ['lab join --dataplane kernel', "a host on the kernel's vxlan"],
      ['lab status', 'who is where'],
      ['lab down', 'end it'],
    ],
    simulation: [
      ['lab demo', 'the same on Linux, for real'],
      ['lab up', 'on Linux: a cluster that stays'],
    ],
  },
};

export type DemoText = typeof en;

const zh: DemoText = {
  title: 'podlan:不同主机上的 Pod,同一个扁平网络',
  intro: {
    lab: '下面每个“主机”和“Pod”都是本机上真实的网络命名空间,\n每个数据包都由真实的内核和一个 WebAssembly 模块转发。',
    simulation:
      '这是模拟:主机、Pod 和内核都是本进程里的对象;节点循环、数据包和\nWebAssembly 模块与真实主机上的相同。时间也是模拟的:程序不耗时,\n每台主机的网线单程 0.25 ms。',
  },
  ms: {
    lab: (ms) => `${ms} ms`,
    simulation: (ms) => `模拟 ${ms} ms`,
  },
  up: '启动两台主机',
  upHost: (name, time) => `${name}:agent 已运行,已取得租约,Pod 已接入(${time})`,
  tables: 'agent 在 host-a 上做了什么',
  flannel1:
    'flannel.1 是一个 TAP 设备:内核发到这里的帧由 WebAssembly 模块读出,\n加上 VXLAN 头后经 UDP 发走。MTU 1450 = 1500 - 外层头部 50 字节。',
  routes: (subnet) =>
    `“${subnet} via ... dev flannel.1 onlink”:host-b 的 Pod 在 flannel.1 后面;\n邻居表项给出 host-b 的 flannel.1 的 MAC,因此不需要 ARP。`,
  tunnels: '模块自己有一张表:哪个子网在哪台主机后面。',
  traffic: 'pod-a1 与 pod-b1 通信',
  ping: (replies, count, median) => `ping:${count} 个请求收到 ${replies} 个回应,中位数 ${median}`,
  tcp: (megabytes, seconds, gbps) =>
    `TCP:${megabytes} MB 用时 ${seconds} s = ${gbps} Gbit/s,两端 SHA-256 一致`,
  handshake: (time) => `TCP:发出 SYN,${time} 后收到 SYN 和 ACK;数据流不做模拟`,
  hops: '一个 ping 包的路程,在每个设备上抓到的样子',
  hopsNote:
    '在底层网络上帧长了 50 字节:外层以太网 14 + IPv4 20 + UDP 8 + VXLAN 8。\nVNI 1 和端口 8472 正是 flannel 在 Linux 上使用的值。',
  bytes: (count) => `${count} 字节`,
  join: 'host-c 加入',
  joined: (total, afterLease) =>
    `host-c 接入后 ${total},pod-c1 回应了第一个 ping;\n其中 agent 取得租约、Pod 接入之后只用了 ${afterLease}。`,
  before: '之前',
  after: '之后',
  leave: 'host-b 离开',
  left: '其他主机上它的路由、邻居和隧道表项都已消失,其余 Pod 照常通信:',
  cleanup: '清理',
  cleaned: {
    lab: '演示用的命名空间、设备和进程都已清除。',
    simulation: '模拟的 agent 都已结束;这台机器本身从未被改动。',
  },
  next: '接下来可以试试:',
  nextLines: {
    lab: [
      ['lab up', '启动一个保留的集群'],
      ['lab exec pod-a1 -- ip route', '到 Pod 里看看'],
      ['lab join --dataplane kernel', '加入一台用内核 vxlan 的主机'],
      ['lab status', '谁在哪里'],
      ['lab down', '结束'],
    ],
    simulation: [
      ['lab demo', '在 Linux 上看真实的同一个演示'],
      ['lab up', '在 Linux 上:启动一个保留的集群'],
    ],
  },
};

export const DEMO_TEXT = { en, zh };
