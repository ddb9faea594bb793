/** Names that reach the kernel's tools, each checked: text from a lease or a file never gets there otherwise. */

/** A device name as podlan accepts it: a subset of the kernel's (dev_valid_name), shorter than IFNAMSIZ. */
const DEVICE = /^[a-zA-Z0-9_.-]{1,15}$/;
const NETNS = /^[a-zA-Z0-9_./-]{1,255}$/;
const SYSCTL = /^net(\/[a-zA-Z0-9_.-]+)+$/;
const CHAIN = /^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/;

export function deviceName(name: string): string {
  if (DEVICE.test(name) && name !== '.' && name !== '..') return name;
  throw unexpected('device', 'a device name', name);
}

export function netnsName(name: string): string {
  if (NETNS.test(name)) return name;
  throw unexpected('netns', 'a namespace name or path', name);
}

export function sysctlKey(key: string): string {
  if (SYSCTL.test(key) && !key.split('/').includes('..')) return key;
  throw unexpected('sysctl', 'a key such as net/ipv4/ip_forward', key);
}

export function chainName(name: string): string {
  if (CHAIN.test(name)) return name;
  throw unexpected('chain', 'a plain name', name);
}

export const unexpected = (what: string, expected: string, got: unknown): TypeError =>
  new TypeError(`${what}: expected ${expected}, got ${JSON.stringify(got)}`);
