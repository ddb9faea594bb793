/** What may give flannel's devices another MAC than their makers did: systemd-udevd's .link files, and NetworkManager. */
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LinkSnapshot, MacPolicy } from '@podlan/simulator/snapshot';
import { globMatches, type IniEntry } from './ini.js';
import { entriesOf, settingFiles } from './setting-files.js';

const LINK_DIRECTORIES = ['etc', 'run', 'usr/local/lib', 'usr/lib', 'lib'];
const MANAGER = 'NetworkManager';
const MANAGER_DIRECTORIES = ['etc', 'run', 'usr/lib'];
/** /sys/class/net/DEVICE/addr_assign_type. */
const ASSIGNED = ['permanent', 'random', 'stolen', 'set'] as const;

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** `root`: `/`, but for tests. Undefined where neither of the two runs. */
export async function readMacPolicies(
  root: string,
  devices: readonly LinkSnapshot[],
): Promise<MacPolicy[] | undefined> {
  const [udev, manager] = await Promise.all([
    isThere(join(root, 'run/udev/control')),
    isThere(join(root, 'run', MANAGER)),
  ]);
  if (!udev && !manager) return undefined;
  const policies = await Promise.all([
    ...(udev ? [linkPolicies(root, devices)] : []),
    ...(manager ? [managedDevices(root, devices)] : []),
  ]);
  return policies.flat();
}

/** The first file that is for a device is the only one. */
async function linkPolicies(root: string, devices: readonly LinkSnapshot[]): Promise<MacPolicy[]> {
  const directories = LINK_DIRECTORIES.map((prefix) => join(root, prefix, 'systemd/network'));
  const files = await settingFiles(directories, '.link');
  const policies = devices.map(async (device): Promise<MacPolicy[]> => {
    const file = files.find(({ entries }) => isFor(entries, device));
    const policy = file?.entries.findLast(
      ({ section, key }) => section === 'Link' && key === 'MACAddressPolicy',
    )?.value;
    if (file === undefined || (policy !== 'persistent' && policy !== 'random')) return [];
    const assigned = await assignedOf(root, device.ifname);
    return [{ file: file.name, policy, ifname: device.ifname, ...(assigned && { assigned }) }];
  });
  return (await Promise.all(policies)).flat();
}

async function assignedOf(root: string, ifname: string): Promise<MacPolicy['assigned']> {
  const path = join(root, 'sys/class/net', ifname, 'addr_assign_type');
  return ASSIGNED[Number(await readFile(path, 'utf8').catch(() => 'none'))];
}

/** All that [Match] says (systemd.link(5)); what no tunnel device has, such as a path, is not matched. */
function isFor(entries: readonly IniEntry[], device: LinkSnapshot): boolean {
  const match = new Map<string, string>();
  for (const { section, key, value } of entries)
    if (section === 'Match') match.set(key, value === '' ? '' : `${match.get(key) ?? ''} ${value}`.trim());
  return [...match].every(([key, value]) => value === '' || isOneOf(value, wordsOf(device)[key]));
}

function wordsOf({ ifname, linkinfo }: LinkSnapshot): Record<string, string> {
  const { info_kind: kind = '', info_data: data } = linkinfo ?? {};
  const names = { OriginalName: ifname, Driver: kind };
  return kind === 'tun' ? { ...names, Kind: data?.type ?? kind } : { ...names, Kind: kind, Type: kind };
}

/** A `!` before the first is before them all. */
function isOneOf(list: string, word: string | undefined): boolean {
  const isNot = list.startsWith('!');
  const patterns = (isNot ? list.slice(1) : list).split(/\s+/);
  return word !== undefined && patterns.some((pattern) => globMatches(pattern, word)) !== isNot;
}

async function managedDevices(root: string, devices: readonly LinkSnapshot[]): Promise<MacPolicy[]> {
  const directories = MANAGER_DIRECTORIES.map((prefix) => join(root, prefix, MANAGER, 'conf.d'));
  const [main, added] = await Promise.all([
    entriesOf(join(root, 'etc', MANAGER, `${MANAGER}.conf`)),
    settingFiles(directories, '.conf'),
  ]);
  const entries = [...main, ...added.flatMap((file) => file.entries)];
  return devices
    .filter((device) => !isUnmanaged(entries, device))
    .map(({ ifname }) => ({ file: MANAGER, policy: 'managed', ifname }));
}

/** By `unmanaged-devices` of [keyfile], or a section for devices that says `managed=0` (NetworkManager.conf(5)). */
function isUnmanaged(entries: readonly IniEntry[], device: LinkSnapshot): boolean {
  let listed = '';
  for (const { section, key, value } of entries) {
    if (section !== 'keyfile') continue;
    if (key === 'unmanaged-devices') listed = value;
    if (key === 'unmanaged-devices+') listed = `${listed};${value}`;
  }
  const sections = new Set(entries.map(({ section }) => section).filter((name) => /^device\b/.test(name)));
  const isOff = [...sections].some((name) => {
    const of = (wanted: string) =>
      entries.findLast(({ section, key }) => section === name && key === wanted)?.value;
    return /^(0|false|no|off)$/i.test(of('managed') ?? '') && isListed(of('match-device') ?? '*', device);
  });
  return isOff || isListed(listed, device);
}

/** `except:` takes out what another word has put in. */
function isListed(list: string, device: LinkSnapshot): boolean {
  const words = list.split(/[;,]/).map((word) => word.trim());
  const isNamed = words.some((word) => isSpecOf(word, device));
  return isNamed && !words.some((word) => word.startsWith('except:') && isSpecOf(word.slice(7), device));
}

function isSpecOf(spec: string, { ifname, address, linkinfo }: LinkSnapshot): boolean {
  const [, kind, value = ''] = /^(interface-name|mac|type|driver):=?(.*)$/.exec(spec) ?? [];
  if (kind === undefined) return spec === '*';
  if (kind === 'interface-name') return globMatches(value, ifname);
  if (kind === 'mac') return value.toLowerCase() === address?.toLowerCase();
  return globMatches(value, linkinfo?.info_kind ?? '');
}
