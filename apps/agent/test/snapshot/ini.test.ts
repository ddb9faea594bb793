/** Settings of systemd and NetworkManager as they are written, and which devices they are for. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { globMatches, parseIni } from '../../dist/snapshot/machine/ini.js';
import { readMacPolicies } from '../../dist/snapshot/machine/mac-policies.js';

test('sections, comments and joined lines', () => {
  const text =
    '# a\n[Match]\nOriginalName=eth* \\\n; within\n  flannel.1\n;b\nName =\n[Link]\nMACAddressPolicy=none\n';
  expect(parseIni(text)).toEqual([
    { section: 'Match', key: 'OriginalName', value: 'eth*    flannel.1' },
    { section: 'Match', key: 'Name', value: '' },
    { section: 'Link', key: 'MACAddressPolicy', value: 'none' },
  ]);
});

test.each([
  ['flannel*', 'flannel.1', true],
  ['flannel.?', 'flannel.1', true],
  ['flannel.?', 'flannelx1', false],
  ['[a-f]lannel*', 'flannel.1', true],
  ['[!a-f]lannel*', 'flannel.1', false],
  ['flannel', 'flannel.1', false],
])('%s and %s: %s', (pattern, name, is) => {
  expect(globMatches(pattern, name)).toBe(is);
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'podlan-mac-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const DEVICE = { ifindex: 7, ifname: 'flannel.1', flags: [], mtu: 1450, linkinfo: { info_kind: 'vxlan' } };

async function policiesWith(files: Readonly<Record<string, string>>): Promise<string[] | undefined> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  const policies = await readMacPolicies(root, [DEVICE]);
  return policies?.map(({ file, policy }) => `${file} ${policy}`);
}

const link = (match: string, policy = 'persistent') =>
  `[Match]\n${match}\n[Link]\nMACAddressPolicy=${policy}\n`;
const UDEV = { 'run/udev/control': '' };
const NETWORK = 'etc/systemd/network';

test.each<[string, Record<string, string>, string[] | undefined]>([
  ['neither of the two runs', { [`${NETWORK}/1.link`]: link('OriginalName=*') }, undefined],
  ['a device of another name', { ...UDEV, [`${NETWORK}/1.link`]: link('OriginalName=eth*') }, []],
  ['a name that is shut out', { ...UDEV, [`${NETWORK}/1.link`]: link('OriginalName=!eth* flannel*') }, []],
  [
    'a name that is not shut out',
    { ...UDEV, [`${NETWORK}/1.link`]: link('OriginalName=!eth*') },
    ['1.link persistent'],
  ],
  ['what only a card has', { ...UDEV, [`${NETWORK}/1.link`]: link('Path=pci-*') }, []],
  ['its kind', { ...UDEV, [`${NETWORK}/1.link`]: link('Kind=bridge vxlan') }, ['1.link persistent']],
  [
    'a file that is empty takes the place of another',
    { ...UDEV, [`${NETWORK}/1.link`]: '', 'usr/lib/systemd/network/1.link': link('OriginalName=*') },
    [],
  ],
  [
    'a drop-in has the last word',
    {
      ...{ ...UDEV, [`${NETWORK}/1.link`]: link('OriginalName=*') },
      'run/systemd/network/1.link.d/a.conf': '[Link]\nMACAddressPolicy=none\n',
    },
    [],
  ],
  ['NetworkManager as it comes', { 'run/NetworkManager/x': '' }, ['NetworkManager managed']],
  [
    'NetworkManager, all but some',
    {
      'run/NetworkManager/x': '',
      'etc/NetworkManager/NetworkManager.conf': '[keyfile]\nunmanaged-devices=*,except:type:ethernet\n',
    },
    [],
  ],
  [
    'NetworkManager, added to',
    {
      'run/NetworkManager/x': '',
      'etc/NetworkManager/NetworkManager.conf': '[keyfile]\nunmanaged-devices=interface-name:cni0\n',
      'usr/lib/NetworkManager/conf.d/a.conf': '[keyfile]\nunmanaged-devices+=interface-name:flannel.1\n',
    },
    [],
  ],
  [
    'NetworkManager, a section for devices',
    {
      'run/NetworkManager/x': '',
      'etc/NetworkManager/conf.d/a.conf': '[device-pods]\nmatch-device=interface-name:flannel*\nmanaged=0\n',
    },
    [],
  ],
])('policies of MACs: %s', async (_, files, wanted) => {
  expect(await policiesWith(files)).toEqual(wanted);
});
