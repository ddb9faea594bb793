/** Rules and routes in iproute2's words. */
import { addressBits } from '@podlan/linux/prefix';
import { prefixAddress, prefixLength } from '@podlan/wire';
import { type FibMatch, type FibRule, TABLE_LOCAL, TABLE_MAIN } from './fib.js';
import { protocolText } from './route-protocols.js';

/** Of what a person made, and not worth telling. */
const BOOT = 3;

/** As `ip rule` shows it. */
export function ruleText({ priority, from, to, iif, oif, mark, action, table }: FibRule): string {
  return [
    `${priority}: from ${from ?? 'all'}`,
    to && `to ${to}`,
    mark && `fwmark 0x${mark.value.toString(16)}/0x${mark.mask.toString(16)}`,
    iif && `iif ${iif}`,
    oif && `oif ${oif}`,
    action === 'lookup' ? `lookup ${table}` : action,
  ]
    .filter(Boolean)
    .join(' ');
}

/** As `ip route` shows it. */
export function routeText({ route, table, rule }: FibMatch): string {
  if (rule !== undefined) return ruleText(rule);
  const isDefault = prefixLength(route.prefix) === 0;
  const bits = addressBits(route.prefix);
  const target = prefixLength(route.prefix) === bits ? prefixAddress(route.prefix) : route.prefix;
  return [
    route.type === 'unicast' ? undefined : route.type,
    isDefault ? 'default' : target,
    route.via && `via ${route.via}`,
    route.dev && `dev ${route.dev}`,
    table !== TABLE_MAIN && table !== TABLE_LOCAL && `table ${table}`,
    route.protocol !== undefined && route.protocol !== BOOT && `proto ${protocolText(route.protocol)}`,
    route.type === 'unicast' && bits === 32 && route.via === undefined && 'scope link',
    route.source && `src ${route.source}`,
    route.metric > 0 && `metric ${route.metric}`,
    route.onlink && 'onlink',
    route.mtu !== undefined && `mtu ${route.mtu}`,
  ]
    .filter(Boolean)
    .join(' ');
}
