/**
 * Every parser of text that others write: whatever it is given, it answers or refuses, and says so in its own way.
 * What it answers is what it wrote itself: it survives being written and read. FUZZ_SEED repeats a run.
 */
import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { addressValue, contains } from '@podlan/linux/prefix';
import { familyOf, parseIpPrefix, prefixAddress, prefixLength } from '@podlan/wire';
import { expect, test } from 'vitest';
import {
  formatLeaseKey,
  formatLeaseValue,
  formatSubnetEnv,
  type Lease,
  LeaseError,
  type NetworkConfig,
  type NetworkRange,
  parseLease,
  parseLeaseKey,
  parseNetworkConfig,
  parseSubnetEnv,
} from '../src/index.js';
import { testAttributes } from '../src/testing.js';
import { Cluster, CONFIG } from './cluster.js';
import { eachMutant, mutatedJson, mutatedText, pick } from './mutation.js';

const INPUTS = 1_000_000;
const TIMEOUT = { timeout: 120_000 };

const KEYS = ['10.244.10.0-24&fd00:244:0:4b::-64', '10.244.10.0-24', '0.0.0.0-0&fd00:244:0:4b::-64'];
const KEY = KEYS[0]!;
const VALUES = [
  formatLeaseValue({ subnets: [], attributes: testAttributes(1) }),
  '{"PublicIP":"192.168.77.12","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}}',
];
const ENVS = [
  'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.3.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
  'FLANNEL_IPV6_NETWORK=fd00::/48\nFLANNEL_IPV6_SUBNET="fd00::1:0:0:0:1/64"\nFLANNEL_MTU=1430\nFLANNEL_IPMASQ=false\n',
];
const CONFIGS = [
  '{"Network":"10.244.0.0/16","SubnetLen":24,"SubnetMin":"10.244.1.0","Backend":{"Type":"vxlan","VNI":1}}',
  '{"EnableIPv6":true,"Network":"10.0.0.0/8","IPv6Network":"fd00:244::/48","IPv6SubnetLen":64,"SubnetMax":"10.9.9.0",' +
    '"Backend":{"Type":"vxlan","VNI":7,"Port":4789,"MTU":1400,"DirectRouting":false,"Dataplane":"wasm"}}',
];

/** Undefined where `work` refuses in the one way it may. */
function unlessRefused<T>(code: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof LeaseError && error.code === code) return undefined;
    throw error;
  }
}

/** Mutants that are all refused at the first character would test nothing. */
const enough = (accepted: number): void => expect(accepted).toBeGreaterThan(INPUTS / 100);

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function checkRange({ network, subnetLength, first, last }: NetworkRange): void {
  check(parseIpPrefix(network) === network && prefixLength(network) > 0, 'a network that is none');
  check(subnetLength >= prefixLength(network) + 2, 'fewer than four subnets');
  check(subnetLength <= (familyOf(network) === 4 ? 30 : 126), 'no room for pods');
  for (const bound of [first, last]) {
    check(contains(network, bound), 'a bound outside the network');
    check(prefixAddress(parseIpPrefix(`${bound}/${subnetLength}`)!) === bound, 'a bound inside a subnet');
  }
  check(addressValue(first) <= addressValue(last), 'bounds in the wrong order');
}

function checkConfig({ networks, backend }: NetworkConfig): void {
  check(networks.length === 1 || networks.length === 2, 'no network');
  networks.forEach(checkRange);
  if (backend.type === 'host-gw') return;
  const { port } = backend;
  check(Number.isInteger(port) && port > 0 && port < 2 ** 16, `port ${port}`);
  if (backend.type === 'udp') return;
  const { vni, mtu = 1500, dataplane = 'wasm' } = backend;
  check(Number.isInteger(vni) && vni >= 0 && vni < 2 ** 24, `VNI ${vni}`);
  check(Number.isInteger(mtu) && mtu > 0 && mtu < 2 ** 16, `MTU ${mtu}`);
  check(dataplane === 'wasm' || dataplane === 'kernel', `dataplane ${dataplane}`);
}

test(`${INPUTS} network configs`, TIMEOUT, () => {
  const accepted = eachMutant(
    INPUTS,
    (random) => mutatedJson(pick(random, CONFIGS), random),
    (text, deeply) => {
      const config = unlessRefused('bad-config', () => parseNetworkConfig(text));
      if (config !== undefined && deeply) checkConfig(config);
      return config !== undefined;
    },
  );
  enough(accepted);
});

test(`${INPUTS} lease keys`, TIMEOUT, () => {
  const accepted = eachMutant(
    INPUTS,
    (random) => mutatedText(pick(random, KEYS), random),
    (text) => {
      const subnets = parseLeaseKey(text);
      if (subnets === undefined) return false;
      check(subnets.length > 0 && subnets.every((subnet) => parseIpPrefix(subnet) === subnet), 'no subnets');
      check(isDeepStrictEqual(parseLeaseKey(formatLeaseKey(subnets)), subnets), 'read back differently');
      return true;
    },
  );
  enough(accepted);
});

function checkLease(lease: Lease): void {
  const { endpoints } = lease.attributes;
  const families = endpoints.map(({ publicIp }) => familyOf(publicIp));
  check(
    endpoints.every(({ publicIp }, at) => isIP(publicIp) === families[at]),
    'an address that is none',
  );
  check(new Set(families).size === families.length && families.length > 0, 'no endpoint, or two of a family');
  check(isDeepStrictEqual(parseLease(KEY, formatLeaseValue(lease)), lease), 'read back differently');
}

test(`${INPUTS} lease values`, TIMEOUT, () => {
  const accepted = eachMutant(
    INPUTS,
    (random) => mutatedJson(pick(random, VALUES), random),
    (text, deeply) => {
      const lease = unlessRefused('corrupt', () => parseLease(KEY, text));
      if (lease !== undefined && deeply) checkLease(lease);
      return lease !== undefined;
    },
  );
  enough(accepted);
});

test(`${INPUTS} subnet.env files`, TIMEOUT, () => {
  const accepted = eachMutant(
    INPUTS,
    (random) => mutatedText(pick(random, ENVS), random),
    (text, deeply) => {
      const { networks, subnets, mtu, ipMasq } = parseSubnetEnv(text);
      if (deeply)
        for (const prefix of [...networks, ...subnets]) check(parseIpPrefix(prefix) === prefix, 'no prefix');
      if (networks.length !== 1 || subnets.length !== 1 || mtu === undefined || ipMasq === undefined)
        return false;
      if (familyOf(networks[0]!) !== familyOf(subnets[0]!)) return false;
      const env = { networks, subnets, mtu, ipMasq };
      // The first usable address of a single one is the next subnet's.
      if (!deeply || /\/(32|128)$/.test(subnets[0]!)) return true;
      check(isDeepStrictEqual(parseSubnetEnv(formatSubnetEnv(env)), env), 'read back differently');
      return true;
    },
  );
  enough(accepted);
});

const MAC = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

test(`${INPUTS} peers' backend data: rows are made of a valid MAC, or not at all`, TIMEOUT, () => {
  const backend = new Cluster(CONFIG).backend(1);
  const own: Lease = {
    subnets: [parseIpPrefix('10.244.1.0/24')!],
    attributes: backend.leaseAttributes(undefined),
  };
  const subnets = [parseIpPrefix('10.244.2.0/24')!];
  const [{ publicIp }] = testAttributes(2).endpoints as [{ publicIp: never }];
  const accepted = eachMutant(
    INPUTS,
    (random) => mutatedJson('{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}', random),
    (text) => {
      let data: unknown = text;
      try {
        data = JSON.parse(text);
      } catch {
        // A string is backend data too, of another's making.
      }
      const attributes = { backendType: 'vxlan', endpoints: [{ publicIp, data }] };
      const rows = backend.peerState(own, { subnets, attributes });
      check(rows.length === 0 || rows.length === 3, `${rows.length} rows`);
      for (const row of rows) {
        if ('mac' in row)
          check(MAC.test(row.mac!) && Number.parseInt(row.mac!, 16) % 2 === 0, `MAC ${row.mac}`);
      }
      return rows.length > 0;
    },
  );
  enough(accepted);
});
