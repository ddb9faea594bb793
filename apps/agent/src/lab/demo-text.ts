/** The words of the demo, a function of what was measured. Both languages have the same keys: the type sees to it. */

const en = {
  title: 'podlan: pods on different hosts, one flat network',
  intro:
    'Every "host" and "pod" below is a real network namespace on this machine.\nEvery packet is carried by the real kernel and one WebAssembly module.',
  up: 'Two hosts come up',
  upHost: (name: string, ms: number) => `${name}: agent running, lease held, pod attached (${ms} ms)`,
  tables: 'What the agent put on host-a',
  flannel1:
    'flannel.1 is a TAP device. What the kernel sends there, the WebAssembly module\nreads, wraps in VXLAN and sends by UDP. MTU 1450 = 1500 - 50 for outer headers.',
  routes: (subnet: string) =>
    `"${subnet} via ... dev flannel.1 onlink": host-b's pods are behind flannel.1;\nthe neighbor entry gives the MAC of host-b's flannel.1, so nobody needs ARP.`,
  traffic: 'pod-a1 talks to pod-b1',
  ping: (count: number, median: string) => `ping: ${count} of ${count} replies, median ${median} ms`,
  tcp: (megabytes: number, seconds: string, gbps: string) =>
    `TCP: ${megabytes} MB in ${seconds} s = ${gbps} Gbit/s, SHA-256 equal at both ends`,
  hops: "One ping's way, as captured at every device",
  hopsNote:
    'On the underlay the frame has grown by 50 bytes: outer Ethernet 14 + IPv4 20 +\nUDP 8 + VXLAN 8. VNI 1 and port 8472 are what flannel uses on Linux.',
  bytes: (count: number) => `${count} bytes`,
  join: 'host-c joins',
  joined: (total: number, afterLease: number) =>
    `first reply from pod-c1 ${total} ms after host-c was plugged in;\nits agent had the lease and its pod was attached ${afterLease} ms before that.`,
  before: 'before',
  after: 'after',
  leave: 'host-b leaves',
  left: 'its route, neighbor and tunnel are gone from the others; the rest still talks:',
  cleanup: 'Clean-up',
  cleaned: 'all namespaces, devices and processes of the demo are gone.',
  next: 'Try next:',
  nextLines: [
    ['lab up', 'a cluster that stays'],
    ['lab exec pod-a1 -- ip route', 'look around in a pod'],
    ['lab join --dataplane kernel', "a host on the kernel's vxlan"],
    ['lab status', 'who is where'],
    ['lab down', 'end it'],
  ],
};

export type DemoText = typeof en;

const zh: DemoText = {
  title: 'podlan:不同主机上的 Pod,同一个扁平网络',
  intro:
    '下面每个“主机”和“Pod”都是本机上真实的网络命名空间,\n每个数据包都由真实的内核和一个 WebAssembly 模块转发。',
  up: '启动两台主机',
  upHost: (name, ms) => `${name}:agent 已运行,已取得租约,Pod 已接入(${ms} ms)`,
  tables: 'agent 在 host-a 上做了什么',
  flannel1:
    'flannel.1 是一个 TAP 设备:内核发到这里的帧由 WebAssembly 模块读出,\n加上 VXLAN 头后经 UDP 发走。MTU 1450 = 1500 - 外层头部 50 字节。',
  routes: (subnet) =>
    `“${subnet} via ... dev flannel.1 onlink”:host-b 的 Pod 在 flannel.1 后面;\n邻居表项给出 host-b 的 flannel.1 的 MAC,因此不需要 ARP。`,
  traffic: 'pod-a1 与 pod-b1 通信',
  ping: (count, median) => `ping:${count} 个请求全部有回应,中位数 ${median} ms`,
  tcp: (megabytes, seconds, gbps) =>
    `TCP:${megabytes} MB 用时 ${seconds} s = ${gbps} Gbit/s,两端 SHA-256 一致`,
  hops: '一个 ping 包的路程,在每个设备上抓到的样子',
  hopsNote:
    '在底层网络上帧长了 50 字节:外层以太网 14 + IPv4 20 + UDP 8 + VXLAN 8。\nVNI 1 和端口 8472 正是 flannel 在 Linux 上使用的值。',
  bytes: (count) => `${count} 字节`,
  join: 'host-c 加入',
  joined: (total, afterLease) =>
    `host-c 接入后 ${total} ms,pod-c1 回应了第一个 ping;\n其中 agent 取得租约、Pod 接入之后只用了 ${afterLease} ms。`,
  before: '之前',
  after: '之后',
  leave: 'host-b 离开',
  left: '其他主机上它的路由、邻居和隧道表项都已消失,其余 Pod 照常通信:',
  cleanup: '清理',
  cleaned: '演示用的命名空间、设备和进程都已清除。',
  next: '接下来可以试试:',
  nextLines: [
    ['lab up', '启动一个保留的集群'],
    ['lab exec pod-a1 -- ip route', '到 Pod 里看看'],
    ['lab join --dataplane kernel', '加入一台用内核 vxlan 的主机'],
    ['lab status', '谁在哪里'],
    ['lab down', '结束'],
  ],
};

export const DEMO_TEXT = { en, zh };
