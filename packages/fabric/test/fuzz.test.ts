// Every parser of text that others write: whatever it is given, it answers or refuses, and says so in its own way.
import { parseIpPrefix } from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatLeaseKey,
  formatLeaseValue,
  formatSubnetEnv,
  type Lease,
  LeaseError,
  parseLease,
  parseLeaseKey,
  parseNetworkConfig,
  parseSubnetEnv,
} from '../src/index.js';
import { testAttributes } from '../src/testing.js';
import { Cluster, CONFIG } from './cluster.js';

const KEY = '10.244.10.0-24&fd00:244:0:4b::-64';
const VALUE = formatLeaseValue({ subnets: [], attributes: testAttributes(1) });
const ENV =
  'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.3.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n';
const CONFIG_TEXT =
  '{"Network":"10.244.0.0/16","SubnetLen":24,"SubnetMin":"10.244.1.0","Backend":{"Type":"vxlan","VNI":1}}';

/** Valid text with a few places changed, cut or doubled. */
function mutated(text: string): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(text.length),
    length: fc.nat(6),
    insert: fc.oneof(
      fc.string({ maxLength: 4 }),
      fc.constantFrom('0', '-1', '{', 'null', '"', ':', '/', '\n', '&', '999'),
    ),
  });
  return fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce(
        (result, { at, length, insert }) => result.slice(0, at) + insert + result.slice(at + length),
        text,
      ),
    );
}

function refusesOnlyWith(code: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(LeaseError);
    expect(error).toMatchObject({ code });
  }
}

const RUNS = { numRuns: 50_000 };

test('network configs', () => {
  const parse = (text: unknown) => refusesOnlyWith('bad-config', () => parseNetworkConfig(text));
  fc.assert(fc.property(mutated(CONFIG_TEXT), parse), RUNS);
  fc.assert(
    fc.property(fc.jsonValue(), (value) => parse({ Network: '10.0.0.0/8', Backend: value })),
    { numRuns: 10_000 },
  );
});

test('lease keys: what is accepted is written the same way', () => {
  const check = (text: string) => {
    const subnets = parseLeaseKey(text);
    if (subnets !== undefined) expect(parseLeaseKey(formatLeaseKey(subnets))).toEqual(subnets);
  };
  fc.assert(fc.property(mutated(KEY), check), RUNS);
});

test('lease values: what is accepted survives being written and read', () => {
  const check = (text: string) =>
    refusesOnlyWith('corrupt', () => {
      const lease = parseLease(KEY, text);
      expect(parseLease(KEY, formatLeaseValue(lease))).toEqual(lease);
    });
  fc.assert(fc.property(mutated(VALUE), check), RUNS);
});

test('subnet.env', () => {
  const check = (text: string) => {
    const { networks, subnets, mtu, ipMasq } = parseSubnetEnv(text);
    if (networks.length !== 1 || subnets.length !== 1 || mtu === undefined || ipMasq === undefined) return;
    const env = { networks, subnets, mtu, ipMasq };
    if (!subnets[0]!.endsWith('/32')) expect(parseSubnetEnv(formatSubnetEnv(env))).toEqual(env);
  };
  fc.assert(fc.property(mutated(ENV), check), RUNS);
});

test('backend data of peers: rows are made of a valid MAC, or not at all', () => {
  const backend = new Cluster(CONFIG).backend(1);
  const own: Lease = {
    subnets: [parseIpPrefix('10.244.1.0/24')!],
    attributes: backend.leaseAttributes(undefined),
  };
  const data = fc.oneof(
    fc.jsonValue(),
    fc.record({ VNI: fc.jsonValue(), VtepMAC: fc.oneof(fc.string(), mutated('02:00:00:00:00:01')) }),
  );
  const check = (data: unknown) => {
    const [{ publicIp }] = testAttributes(2).endpoints as [{ publicIp: never }];
    const attributes = { backendType: 'vxlan', endpoints: [{ publicIp, data }] };
    const rows = backend.peerState(own, { subnets: [parseIpPrefix('10.244.2.0/24')!], attributes });
    for (const row of rows) if ('mac' in row) expect(row.mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
    expect([0, 3]).toContain(rows.length);
  };
  fc.assert(fc.property(data, check), { numRuns: 10_000 });
});
