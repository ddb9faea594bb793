/** What a reason for a loss and what a finding means, in the reader's language; English is the simulator's own. */
import { DROP_MEANINGS, type DropReason, FINDING_MEANINGS, type FindingCode } from '@podlan/simulator';
import type { Language } from '../language';

const DROPS_ZH: Readonly<Record<DropReason, string>> = {
  'other-host': '这个帧的目的 MAC 是另一个设备的',
  'device-down': '设备已关闭，或者不存在了',
  'no-carrier': '设备的另一端没有接任何东西',
  'lost-on-link': '在链路上随机丢失',
  'no-route': '没有路由通向目的地址',
  'blackhole-route': '一条 blackhole 路由吞掉所有去往那里的数据包',
  'unreachable-route': '一条 unreachable 路由拒绝所有去往那里的数据包',
  'prohibit-route': '一条 prohibit 路由拒绝所有去往那里的数据包',
  'not-forwarding': '数据包是给另一台主机的，而这台主机不转发',
  'martian-source': '源地址就是收到它的这台主机自己的地址',
  'reverse-path': '按 rp_filter 检查，没有路由经收到它的设备回到源地址',
  'ipv6-disabled': '这个设备上的 IPv6 已关闭（disable_ipv6）',
  'ttl-exceeded': 'TTL 用完了：经过的路由器太多，或者路由成环',
  'too-big': '超过设备能承载的大小，又不允许分片',
  filtered: 'netfilter 的一条规则拦下了它',
  'neighbor-unresolved': '没有人应答下一跳的 MAC 地址是什么',
  'no-fdb-entry': 'VXLAN 设备的 FDB 里没有表项说明这个 MAC 在哪台宿主机后面',
  'bridge-port-isolated': '网桥把这两个端口隔离开了',
  'bridge-port-state': '网桥端口处于不转发帧的状态',
  'no-hairpin': '网桥不会把帧从收到它的端口送回去',
  'no-tunnel': '转发器没有通向目的地址所在节点的隧道',
  'forwarder-refused': '转发器不接受它',
  'no-vni': '这台宿主机上没有使用这个 VNI 的 VXLAN 设备',
  'own-frame': '宿主机收到了自己发出的帧',
  'no-socket': '没有程序监听这个端口',
  'no-source-address': '发送方没有这个地址族的源地址',
  'echo-ignored': '主机不应答 echo request（icmp_echo_ignore_all）',
  malformed: '不是所属协议的完整数据包',
  'not-for-this-host': '内容只给一台主机，却放在发给所有主机的帧里',
  'fragment-missing': '分片没有到齐',
  'forwarding-loop': '在环路里打转',
  'not-simulated': '这里会发生什么无法得知：设备的类型没有模拟，或者没有快照包含这个位置',
};

const FINDINGS_ZH: Readonly<Record<keyof typeof FINDING_MEANINGS, string>> = {
  'no-route': '没有路由通向目的地址',
  'peer-route-missing': '对端子网没有自己的路由，发往它的数据包走了默认路由',
  'peer-route-wrong-via': '通向对端子网的路由指向了别的主机，或者指向不存在的下一跳',
  'next-hop-unreachable': '路由的下一跳不在同一链路上',
  'rogue-route': '一条路由把发给本机 pod 的数据包带离了网桥',
  'routing-rule': '在查路由表之前，一条策略路由规则就拒绝了数据包',
  'routing-loop': '宿主机之间把数据包来回发送，直到 TTL 用完',
  'duplicate-subnet': '两台宿主机用了同一个 pod 子网',
  'duplicate-address': '两个 pod 用了同一个地址',
  'netmask-too-wide': 'pod 的掩码太宽，把其他宿主机上的 pod 当成了同一链路上的邻居',
  'gateway-address-missing': '网桥没有 pod 子网里的网关地址',
  'neighbor-missing': '邻居表里没有对端隧道设备的 MAC',
  'neighbor-mac-wrong': '邻居表项里的 MAC 属于另一个设备，而不是拥有这个地址的设备',
  'vtep-mac-stale': '邻居表项和 FDB 表项里的 MAC，对端的隧道设备已经不用了',
  'fdb-entry-missing': '隧道设备的 FDB 不知道这个 MAC 在哪台宿主机后面',
  'fdb-entry-stale': 'FDB 表项指向一个没有宿主机使用的地址',
  'fdb-entry-wrong-host': 'FDB 表项指向了另一台宿主机，而不是 pod 所在的那台',
  'tunnel-missing': '转发器没有通向这个子网的隧道',
  'tunnel-stale': '转发器的一条隧道指向一个没有宿主机使用的地址',
  'tunnel-wrong-host': '转发器的一条隧道指向了另一台宿主机，而不是 pod 所在的那台',
  'vtep-missing': '宿主机缺少其他宿主机都有的隧道设备',
  'vtep-down': '隧道设备处于关闭状态',
  'vtep-address-missing': '隧道设备没有地址，宿主机访问 pod 时用了别的源地址',
  'vni-differs': '两台宿主机处在不同的 VXLAN 网络（VNI 不同）',
  'vxlan-port-differs': '两台宿主机的 VXLAN 使用不同的 UDP 端口',
  'vxlan-port-blocked': '防火墙丢弃宿主机之间的 VXLAN 数据包',
  'udp-port-blocked': '防火墙丢弃宿主机之间 udp 后端的数据报',
  'forwarder-stopped': '没有转发器读取 TAP 或 TUN 设备：agent 没有运行',
  'bridge-down': 'pod 所在的网桥处于关闭状态',
  'port-off-bridge': 'pod 的 veth pair 在宿主机的一端没有接到任何网桥',
  'port-down': 'pod 的 veth pair 在宿主机的一端处于关闭状态',
  'port-isolated': '网桥的端口被相互隔离',
  'interface-down': 'pod 自己的网络接口处于关闭状态',
  'underlay-down': '宿主机通往其他宿主机的接口处于关闭状态',
  'underlay-port-down': '交换机上接这台宿主机的端口处于关闭状态',
  'underlay-port-isolated': '交换机把各宿主机的端口隔离开了',
  'frame-for-nobody': '帧的目的 MAC 不属于链路上的任何设备',
  'neighbor-unresolved': '下一跳没有应答',
  'forwarding-off': '宿主机不转发数据包（ip_forward 为 0）',
  'forward-policy-drop': '一条 forward 链丢弃了没有被规则放行的数据包',
  'nft-drop': 'netfilter 的一条规则丢弃了数据包',
  'nft-reject': 'netfilter 的一条规则拒绝了数据包',
  'masquerade-without-exception': 'MASQUERADE 改写了 pod 之间数据包的源地址',
  'rp-filter': '源地址校验（rp_filter）丢弃了来路与回路不同的数据包',
  'mtu-exceeds-underlay': '封装后的数据包超过底层网络的 MTU',
  'exceeds-mtu': '数据包超过途中的 MTU，又不允许分片',
  'ttl-exceeded': '到达目的地之前 TTL 已经用完',
  'echo-ignored': '目的主机不应答 echo request',
};

export const dropMeaning = (reason: DropReason, language: Language): string =>
  (language === 'en' ? DROP_MEANINGS : DROPS_ZH)[reason];

export function findingMeaning(code: FindingCode, language: Language): string {
  if (code in FINDINGS_ZH) {
    const known = code as keyof typeof FINDING_MEANINGS;
    return (language === 'en' ? FINDING_MEANINGS : FINDINGS_ZH)[known];
  }
  return dropMeaning(code as DropReason, language);
}
