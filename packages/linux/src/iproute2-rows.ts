/** From iproute2's JSON to rows: what the kernel made by itself, and what no row can say, is left out. */
import {
  type IpPrefix,
  type MacAddress,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
} from '@podlan/wire';
import * as v from 'valibot';
import * as json from './iproute2-json.js';
import { type Link, ROUTE_PROTOCOL, type Row, type Scope } from './model.js';
import { defaultMetric } from './rows.js';

/** rtnetlink.h: RTPROT_KERNEL, RTPROT_BOOT, RTPROT_RA. */
const PROTOCOL = { kernel: 2, boot: 3, routerAdvertisement: 9 };

export function linkRows(output: unknown, scope: Scope): Row[] {
  return v
    .parse(json.linksJson, output)
    .filter(({ ifname }) => scope.devices.includes(ifname ?? ''))
    .flatMap((link) => linkRow(link) ?? []);
}

function linkRow(link: json.LinkJson): Link | undefined {
  const base = {
    kind: 'link',
    name: link.ifname ?? '',
    ...macOf(link),
    mtu: link.mtu,
    up: link.flags.includes('UP'),
    ...(link.master === undefined ? {} : { master: link.master }),
    ...hairpinOf(link),
  } as const;
  const details = linkDetails(link);
  return details && ({ ...base, ...details } as Link);
}

function macOf(link: json.LinkJson): { mac?: MacAddress } {
  const mac = parseMacAddress(link.address ?? '');
  return mac === undefined ? {} : { mac };
}

function hairpinOf({ linkinfo }: json.LinkJson): { hairpin?: true } {
  if (linkinfo?.info_slave_kind !== 'bridge') return {};
  return v.parse(json.bridgePortJson, linkinfo.info_slave_data).hairpin ? { hairpin: true } : {};
}

/** The part of a link that depends on its type; undefined for types podlan makes none of. */
function linkDetails(link: json.LinkJson): object | undefined {
  const data = link.linkinfo?.info_data;
  switch (link.linkinfo?.info_kind) {
    case 'vxlan':
      return vxlanDetails(v.parse(json.vxlanJson, data));
    case 'tun':
      return { type: v.parse(json.tunJson, data).type };
    case 'bridge':
      return { type: 'bridge' };
    case 'veth':
      return { type: 'veth', ...(link.link ? { peer: { name: link.link } } : {}) };
    default:
      return undefined;
  }
}

function vxlanDetails(data: v.InferOutput<typeof json.vxlanJson>): object {
  const { id: vni, port, link: dev, learning, gbp } = data;
  return {
    type: 'vxlan',
    vni,
    port,
    local: parseIpAddress(data.local ?? data.local6 ?? ''),
    dev,
    learning,
    gbp,
  };
}

export function addressRows(output: unknown, scope: Scope): Row[] {
  return v.parse(json.addressesJson, output).flatMap(({ ifname: dev = '', addr_info }) =>
    addr_info.flatMap(({ local = '', prefixlen, scope: reach, dynamic }): Row[] => {
      const kernelMade = dynamic || (reach === 'link' && local.includes(':'));
      const address = parseInterfaceAddress(`${local}/${prefixlen}`);
      if (kernelMade || address === undefined || !scope.devices.includes(dev)) return [];
      return [{ kind: 'address', dev, address }];
    }),
  );
}

/** `family` tells which default route a `default` is. */
export function routeRows(output: unknown, scope: Scope, family: 4 | 6): Row[] {
  return v.parse(json.routesJson, output).flatMap((route) => routeRow(route, scope, family) ?? []);
}

function routeRow(route: json.RouteJson, scope: Scope, family: 4 | 6): Row | undefined {
  const { dev } = route;
  const protocol = Number(route.protocol);
  const prefix = routePrefix(route.dst, family);
  if (prefix === undefined || dev === undefined || route.type === 'multicast') return undefined;
  if (protocol === PROTOCOL.kernel || protocol === PROTOCOL.routerAdvertisement) return undefined;
  if (protocol !== ROUTE_PROTOCOL && !scope.devices.includes(dev)) return undefined;
  const via = parseIpAddress(route.gateway ?? '');
  const metric = route.metric === defaultMetric({ prefix }) ? undefined : route.metric;
  return {
    kind: 'route',
    prefix,
    dev,
    ...(via === undefined ? {} : { via }),
    ...(route.flags.includes('onlink') ? { onlink: true } : {}),
    ...(metric === undefined ? {} : { metric }),
    ...(protocol === PROTOCOL.boot ? {} : { protocol }),
  };
}

function routePrefix(dst: string, family: 4 | 6): IpPrefix | undefined {
  if (dst === 'default') return parseIpPrefix(family === 4 ? '0.0.0.0/0' : '::/0');
  return parseIpPrefix(dst.includes('/') ? dst : `${dst}/${family === 4 ? 32 : 128}`);
}

export function neighborRows(output: unknown, scope: Scope): Row[] {
  return v.parse(json.neighborsJson, output).flatMap(({ dst = '', dev = '', lladdr = '', state }): Row[] => {
    const address = parseIpAddress(dst);
    const mac = parseMacAddress(lladdr);
    if (!address || !mac || !state.includes('PERMANENT') || !scope.devices.includes(dev)) return [];
    return [{ kind: 'neighbor', dev, address, mac }];
  });
}

export function fdbRows(output: unknown, scope: Scope): Row[] {
  return v
    .parse(json.fdbJson, output)
    .flatMap(({ mac: text = '', ifname: dev = '', dst: to = '', ...entry }): Row[] => {
      const mac = parseMacAddress(text);
      const dst = parseIpAddress(to);
      const permanent = entry.state === 'permanent' && entry.flags.includes('self');
      if (!mac || !dst || !permanent || !scope.devices.includes(dev)) return [];
      return [{ kind: 'fdb', dev, mac, dst }];
    });
}
