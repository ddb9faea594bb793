/** What an agent asks of nftables by its flags, and what it tells people that it can't see to itself. */
import type { NodeOptions } from '@podlan/fabric';
import { run } from '@podlan/linux';
import { parseIpPrefix } from '@podlan/wire';
import { describe, expect, test } from 'vitest';
import { forwardingNotices, hostRules, nftProblem } from '../dist/agent/host-rules.js';

const networks = ['10.244.0.0/16', 'fd00:244::/48'].map((text) => parseIpPrefix(text)!);
const subnets = [parseIpPrefix('10.244.1.0/24')!];
const flags = { ipMasq: false, ipMasqFullyRandomDisable: false, iptablesForwardRules: true };
const chainsOf = ({ hostRows }: Pick<NodeOptions, 'hostRows'>) =>
  hostRows?.({ subnets, attributes: { backendType: 'vxlan', endpoints: [] } }).map((row) =>
    row.kind === 'chain' ? row.name : row.kind,
  );

test.each([
  [{}, undefined, ['forward']],
  [{ ipMasq: true }, undefined, ['postrouting', 'forward']],
  [{ ipMasq: true, iptablesForwardRules: false }, undefined, ['postrouting']],
  [{ iptablesForwardRules: false }, undefined, []],
  [{}, 'nft is missing', undefined],
  [{ ipMasq: true }, 'nft is missing', ['postrouting', 'forward']],
])('%j, problem %j: chains %j', (changed, problem, chains) => {
  expect(chainsOf(hostRules({ ...flags, ...changed }, networks, problem))).toEqual(chains);
});

test('whether nft can be used is found out, and why not', async () => {
  expect(await nftProblem()).toBeUndefined();
  expect(await nftProblem(async () => ({ code: 1, stdout: '', stderr: 'Protocol not supported\n' }))).toBe(
    'Protocol not supported',
  );
  const missing = await nftProblem(() => run(['no-such-nft']));
  expect(missing).toContain('not found');
});

describe('notices', () => {
  const notices = (
    files: Readonly<Record<string, string>>,
    changed = {},
    nftProblem?: string,
    closedChains: string[] = [],
  ) =>
    forwardingNotices(
      { ...flags, ...changed },
      networks,
      { nftProblem, closedChains },
      (path) => files[path] ?? '',
    );

  test('none where all is well', () => {
    expect(notices({ '/proc/sys/net/ipv4/ip_forward': '1\n', '/proc/net/ip_tables_names': 'nat\n' })).toEqual(
      [],
    );
  });

  test('forwarding that is off, by family', () => {
    expect(notices({ '/proc/sys/net/ipv4/ip_forward': '0\n' })).toEqual([
      expect.stringMatching(/^net\.ipv4\.ip_forward is 0.*sysctl -w net\.ipv4\.ip_forward=1/),
    ]);
    expect(notices({ '/proc/sys/net/ipv6/conf/all/forwarding': '0\n' })).toEqual([
      expect.stringMatching(/^net\.ipv6\.conf\.all\.forwarding is 0/),
    ]);
  });

  test("iptables-legacy's filter table, which nothing of nftables' can see", () => {
    const files = { '/proc/net/ip_tables_names': 'nat\nfilter\n' };
    expect(notices(files)).toEqual([
      expect.stringContaining('iptables-legacy -A FORWARD -s 10.244.0.0/16 -j ACCEPT'),
    ]);
    expect(notices(files, { iptablesForwardRules: false })).toEqual([]);
  });

  test('a chain that drops and that only its owner can change', () => {
    expect(notices({}, {}, undefined, ['inet firewalld filter_FORWARD'])).toEqual([
      expect.stringMatching(
        /^inet firewalld filter_FORWARD drops.*accept 10\.244\.0\.0\/16 and fd00:244::\/48$/,
      ),
    ]);
  });

  test('forward rules that can’t be kept', () => {
    expect(notices({}, {}, 'nft: not found')).toEqual([
      expect.stringMatching(/no forward rules.*nft: not found/),
    ]);
    expect(notices({}, { iptablesForwardRules: false }, 'nft: not found')).toEqual([]);
  });
});
