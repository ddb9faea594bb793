/**
 * The types of a result as each version of the specification words them, key by key: written down here by hand, without
 * the code under test. `undefined` keys do not occur in JSON.
 */
import { isIP, isIPv4 } from 'node:net';

type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, { readonly is: Check; readonly required?: boolean }>>;

const text: Check = (value) => typeof value === 'string' && value !== '';
const whole: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
const ip: Check = (value) => isIP(String(value)) !== 0;
const cidr: Check = (value) => {
  const [address = '', length = '', ...more] = String(value).split('/');
  return (
    ip(address) && /^\d+$/.test(length) && more.length === 0 && Number(length) <= (isIPv4(address) ? 32 : 128)
  );
};
const mac: Check = (value) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(String(value));
const texts: Check = (value) => Array.isArray(value) && value.every(text);

const interfaceSince03: Shape = {
  name: { is: text, required: true },
  mac: { is: mac },
  sandbox: { is: text },
};
const interfaceSince11: Shape = {
  ...interfaceSince03,
  mtu: { is: whole },
  socketPath: { is: text },
  pciID: { is: text },
};
const ipSince10: Shape = {
  address: { is: cidr, required: true },
  gateway: { is: ip },
  interface: { is: whole },
};
const ipSince03: Shape = {
  ...ipSince10,
  version: { is: (value) => value === '4' || value === '6', required: true },
};
const routeSince03: Shape = { dst: { is: cidr, required: true }, gw: { is: ip } };
const routeSince11: Shape = {
  ...routeSince03,
  mtu: { is: whole },
  advmss: { is: whole },
  priority: { is: whole },
  table: { is: whole },
  scope: { is: whole },
};
const dns: Shape = {
  nameservers: { is: texts },
  domain: { is: text },
  search: { is: texts },
  options: { is: texts },
};

const SHAPES: Record<string, { interface: Shape; ip: Shape; route: Shape }> = {
  '0.3.0': { interface: interfaceSince03, ip: ipSince03, route: routeSince03 },
  '0.3.1': { interface: interfaceSince03, ip: ipSince03, route: routeSince03 },
  '0.4.0': { interface: interfaceSince03, ip: ipSince03, route: routeSince03 },
  '1.0.0': { interface: interfaceSince03, ip: ipSince10, route: routeSince03 },
  '1.1.0': { interface: interfaceSince11, ip: ipSince10, route: routeSince11 },
};

function shapeFaults(where: string, value: unknown, shape: Shape): string[] {
  if (typeof value !== 'object' || value === null) return [`${where}: no object`];
  const entries = Object.entries(value);
  const wrong = entries.flatMap(([key, one]) => {
    if (!(key in shape)) return [`${where}.${key}: no such key`];
    return shape[key]!.is(one) ? [] : [`${where}.${key}: ${JSON.stringify(one)}`];
  });
  const missing = Object.entries(shape).filter(([key, { required }]) => required && !(key in value));
  return [...wrong, ...missing.map(([key]) => `${where}.${key}: missing`)];
}

const listFaults = (where: string, value: unknown, shape: Shape): string[] =>
  Array.isArray(value)
    ? value.flatMap((one, index) => shapeFaults(`${where}.${index}`, one, shape))
    : [`${where}: no list`];

/** What in a printed result `version` of the specification has not, or has otherwise. */
export function resultFaults(result: unknown, version: string): string[] {
  const { cniVersion, interfaces, ips, routes, dns: resolver, ...more } = result as Record<string, unknown>;
  const shapes = SHAPES[version]!;
  const count = Array.isArray(interfaces) ? interfaces.length : 0;
  const indexes = (Array.isArray(ips) ? ips : []).flatMap(({ interface: of }) =>
    of === undefined || of < count ? [] : [of],
  );
  return [
    ...(cniVersion === version ? [] : [`cniVersion: ${cniVersion}`]),
    ...(interfaces === undefined ? [] : listFaults('interfaces', interfaces, shapes.interface)),
    ...(ips === undefined ? [] : listFaults('ips', ips, shapes.ip)),
    ...(routes === undefined ? [] : listFaults('routes', routes, shapes.route)),
    ...(resolver === undefined ? [] : shapeFaults('dns', resolver, dns)),
    ...Object.keys(more).map((key) => `${key}: no such key`),
    ...indexes.map((index) => `ips: interface ${index} of ${count}`),
  ];
}
