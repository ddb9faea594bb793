/** `sysctl`: shows and sets what is simulated of /proc/sys/net. */
import { setSysctl } from '../kernel/ipv6-switch.js';
import type { Netns } from '../kernel/netns.js';
import type { Arguments } from './arguments.js';
import { type CommandError, notSimulated, refused } from './command-error.js';

const OPTIONS: ReadonlySet<string> = new Set([
  '-w',
  '-q',
  '-n',
  '-qw',
  '-wq',
  '--write',
  '--quiet',
  '--values',
]);
/** Those of one place. */
const PLAIN: ReadonlySet<string> = new Set([
  'net/ipv4/ip_forward',
  'net/ipv4/ip_default_ttl',
  'net/ipv4/icmp_echo_ignore_all',
  'net/ipv6/icmp/echo_ignore_all',
  'net/bridge/bridge-nf-call-iptables',
  'net/bridge/bridge-nf-call-ip6tables',
]);
/** Those that `all`, `default` and every device have. */
const OF_DEVICES: Readonly<Record<string, readonly string[]>> = {
  ipv4: ['forwarding', 'rp_filter', 'accept_local', 'src_valid_mark', 'arp_ignore', 'proxy_arp'],
  ipv6: ['forwarding', 'disable_ipv6'],
};
const DEVICE_KEY = /^net\/(ipv[46])\/conf\/([^/]+)\/([^/]+)$/;

export function sysctlCommand(netns: Netns, args: Arguments): string[] {
  const options = new Set<string>();
  while (args.peek()?.startsWith('-')) options.add(readOption(args.next()!));
  const isQuiet = [...options].some((one) => /^-w?qw?$|^--quiet$/.test(one));
  const writes = [...options].some((one) => /^-q?wq?$|^--write$/.test(one));
  const isBare = options.has('-n') || options.has('--values');
  if (args.isEmpty) throw notSimulated('a variable', 'none', knownNames());
  const lines = args.rest.map((word) => {
    const at = word.indexOf('=');
    if (at < 0 && writes) throw refused('sysctl: command line(0): invalid syntax, continuing...');
    const name = at < 0 ? word : word.slice(0, at);
    const key = at < 0 ? knownKey(netns, name) : set(netns, name, word.slice(at + 1));
    return { text: isBare ? netns.sysctls.get(key) : line(netns, key), isShown: at < 0 || !isQuiet };
  });
  return lines.filter(({ isShown }) => isShown).map(({ text }) => text);
}

function readOption(word: string): string {
  if (OPTIONS.has(word)) return word;
  throw notSimulated('an option of sysctl', word, ['-w', '-q', '-n']);
}

function set(netns: Netns, name: string, value: string): string {
  const key = knownKey(netns, name);
  if (!/^\d{1,9}$/.test(value)) throw refused(`sysctl: setting key "${dotted(key)}": Invalid argument`);
  setSysctl(netns, key, String(Number(value)));
  netns.watchers.wake('sysctl');
  return key;
}

const line = (netns: Netns, key: string): string => `${dotted(key)} = ${netns.sysctls.get(key)}`;

/** As procps writes it: dots between, and a slash where a device has a dot. */
const dotted = (key: string): string => key.replaceAll(/[./]/g, (one) => (one === '/' ? '.' : '/'));

/** The first separator says which of the two it is. */
function slashed(name: string): string {
  const separator = /[./]/.exec(name)?.[0];
  return separator === '.' ? dotted(name) : name;
}

function knownKey(netns: Netns, name: string): string {
  const key = slashed(name);
  if (PLAIN.has(key)) return key;
  const [, family, device, variable] = DEVICE_KEY.exec(key) ?? [];
  if (family === undefined || !OF_DEVICES[family]!.includes(variable!))
    throw notSimulated('a variable that is simulated', name, knownNames());
  if (device !== 'all' && device !== 'default' && netns.device(device!) === undefined) throw missing(key);
  return key;
}

const missing = (key: string): CommandError =>
  refused(`sysctl: cannot stat /proc/sys/${key}: No such file or directory`);

const knownNames = (): string[] => [
  ...[...PLAIN].map(dotted),
  ...Object.entries(OF_DEVICES).flatMap(([family, names]) =>
    names.map((one) => `net.${family}.conf.DEVICE.${one}`),
  ),
];
