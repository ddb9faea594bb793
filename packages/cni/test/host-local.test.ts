import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressCount, contains, nthAddress } from '@podlan/linux/prefix';
import { type IpAddress, parseIpAddress, parseIpPrefix } from '@podlan/wire';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CNI_CODE, type CniError, HostLocal } from '../src/host-local.js';

const address = (text: string) => parseIpAddress(text)!;
const prefix = (text: string) => parseIpPrefix(text)!;
const SUBNET = prefix('10.244.1.0/24');
const GATEWAY = address('10.244.1.1');

let dataDir: string;
let ipam: HostLocal;
const file = (name: string) => join(ipam.directory, name);
const write = (name: string, text: string) => {
  mkdirSync(ipam.directory, { recursive: true });
  writeFileSync(file(name), text);
};

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'podlan-cni-'));
  ipam = new HostLocal({ dataDir, network: 'cbr0' });
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const pod = (containerId: string, interfaceName = 'eth0') => ({ containerId, interfaceName });
const allocate = (containerId: string, subnet = SUBNET, gateway = GATEWAY) =>
  ipam.allocate({ ...pod(containerId), subnet, gateway });

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: CniError) => error.code,
  );

describe('the files are host-local’s', () => {
  test('one per address, with container ID, CR LF and interface name', async () => {
    expect(await allocate('abc')).toBe('10.244.1.2');
    expect(readdirSync(ipam.directory).sort()).toEqual(['10.244.1.2', 'last_reserved_ip.0', 'lock']);
    expect(readFileSync(file('10.244.1.2'), 'utf8')).toBe('abc\r\neth0');
    expect(readFileSync(file('last_reserved_ip.0'), 'utf8')).toBe('10.244.1.2');
  });

  test('what host-local wrote is honoured', async () => {
    write('10.244.1.2', 'other\r\neth0');
    write('last_reserved_ip.0', '10.244.1.2');
    expect(await allocate('abc')).toBe('10.244.1.3');
    expect(await ipam.list()).toContainEqual({ address: '10.244.1.2', ...pod('other') });
  });

  test('files of before interface names were written are released too', async () => {
    write('10.244.1.9', 'old');
    expect(await ipam.release(pod('old'))).toEqual(['10.244.1.9']);
    expect(existsSync(file('10.244.1.9'))).toBe(false);
  });

  test('IPv6 is written as Go prints it', async () => {
    expect(await allocate('abc', prefix('fd00:244:1::/64'), address('fd00:244:1::1'))).toBe('fd00:244:1::2');
    expect(existsSync(file('fd00:244:1::2'))).toBe(true);
  });

  test('each range remembers its own last address', async () => {
    await allocate('abc');
    const second = { subnet: prefix('fd00:244:1::/64'), gateway: address('fd00:244:1::1'), range: 1 };
    await ipam.allocate({ ...pod('abc'), ...second });
    expect(readFileSync(file('last_reserved_ip.0'), 'utf8')).toBe('10.244.1.2');
    expect(readFileSync(file('last_reserved_ip.1'), 'utf8')).toBe('fd00:244:1::2');
  });
});

describe('allocation', () => {
  test('goes round and does not give a released address out at once', async () => {
    await allocate('a');
    await ipam.release(pod('a'));
    expect(await allocate('b')).toBe('10.244.1.3');
  });

  test('starts over at the end, and skips network, gateway and broadcast', async () => {
    const tiny = prefix('10.0.0.0/29');
    const given: IpAddress[] = [];
    for (let round = 0; round < 12; round++) {
      given.push(await allocate(`pod${round}`, tiny, address('10.0.0.4')));
      await ipam.release(pod(`pod${round}`));
    }
    const once = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.5', '10.0.0.6'];
    expect(given).toEqual([...once, ...once, ...once].slice(0, 12));
  });

  test('a full subnet is a clear error, and a released address helps', async () => {
    const tiny = prefix('10.0.0.0/30');
    const gateway = address('10.0.0.1');
    await allocate('a', tiny, gateway);
    const error = await allocate('b', tiny, gateway).catch((caught: CniError) => caught);
    expect(error).toMatchObject({
      code: CNI_CODE.NO_FREE_ADDRESS,
      details: expect.stringContaining('10.0.0.0/30'),
    });
    await ipam.release(pod('a'));
    expect(await allocate('b', tiny, gateway)).toBe('10.0.0.2');
  });

  test('one interface of a container gets one address; another interface its own', async () => {
    await allocate('a');
    expect(await codeOf(allocate('a'))).toBe(CNI_CODE.ALREADY_ATTACHED);
    expect(await ipam.allocate({ ...pod('a', 'net1'), subnet: SUBNET, gateway: GATEWAY })).toBe('10.244.1.3');
  });

  test.each([
    ['a subnet of two', '10.0.0.0/31', '10.0.0.1'],
    ['a gateway elsewhere', '10.0.0.0/24', '10.0.1.1'],
    ['a gateway of the other family', '10.0.0.0/24', 'fd00::1'],
  ])('%s is an invalid configuration', async (_name, subnet, gateway) => {
    expect(await codeOf(allocate('a', prefix(subnet), address(gateway)))).toBe(
      CNI_CODE.INVALID_NETWORK_CONFIG,
    );
  });

  test.each(['', '../a', 'a/b', 'a\r\nb', '-a', 'a b'])('container ID %j is refused', async (containerId) => {
    expect(await codeOf(allocate(containerId))).toBe(CNI_CODE.INVALID_ENVIRONMENT);
  });

  test.each(['', 'eth0\r\nx', 'a/b', '..', 'x'.repeat(16)])(
    'interface name %j is refused',
    async (interfaceName) => {
      const request = { containerId: 'a', interfaceName, subnet: SUBNET, gateway: GATEWAY };
      expect(await codeOf(ipam.allocate(request))).toBe(CNI_CODE.INVALID_ENVIRONMENT);
    },
  );

  test('a network name that leads elsewhere is refused', () => {
    expect(() => new HostLocal({ dataDir, network: '../etc' })).toThrow('invalid network');
  });
});

describe('release', () => {
  test('takes only what the holder has, and twice is no error', async () => {
    await allocate('a');
    await allocate('ab');
    expect(await ipam.release(pod('a'))).toEqual(['10.244.1.2']);
    expect(await ipam.release(pod('a'))).toEqual([]);
    expect(await ipam.list()).toEqual([{ address: '10.244.1.3', ...pod('ab') }]);
  });

  test('another interface of the same container keeps its address', async () => {
    await allocate('a');
    expect(await ipam.release(pod('a', 'net1'))).toEqual([]);
    expect(await ipam.list()).toHaveLength(1);
  });
});

describe('an address that is asked for', () => {
  const ask = (containerId: string, wanted: string) =>
    ipam.allocate({ ...pod(containerId), subnet: SUBNET, gateway: GATEWAY, wanted: address(wanted) });

  test('is given, and where it is taken the message says by whom', async () => {
    expect(await ask('a', '10.244.1.77')).toBe('10.244.1.77');
    const error = await ask('b', '10.244.1.77').catch((caught: CniError) => caught);
    expect(error).toMatchObject({
      code: CNI_CODE.NO_FREE_ADDRESS,
      details: '10.244.1.77 is held by a eth0; ask for another',
    });
  });

  test.each(['10.244.1.0', '10.244.1.1', '10.244.1.255', '10.244.2.7', 'fd00::7'])(
    '%s is none for a pod',
    async (wanted) => {
      expect(await codeOf(ask('a', wanted))).toBe(CNI_CODE.INVALID_NETWORK_CONFIG);
    },
  );
});

describe('releasing all but what is still there', () => {
  test('keeps the addresses of those named, and tells which it gave back', async () => {
    for (const id of ['a', 'b', 'c']) await allocate(id);
    expect(await ipam.releaseAllBut([pod('b')])).toEqual([
      { address: '10.244.1.2', ...pod('a') },
      { address: '10.244.1.4', ...pod('c') },
    ]);
    expect(await ipam.list()).toEqual([{ address: '10.244.1.3', ...pod('b') }]);
  });

  test('another interface of a container that is still there goes', async () => {
    await allocate('a');
    expect(await ipam.releaseAllBut([pod('a', 'net1')])).toHaveLength(1);
  });

  test('a file of before interface names stays with its container', async () => {
    write('10.244.1.9', 'old');
    expect(await ipam.releaseAllBut([pod('old')])).toEqual([]);
  });

  test('takes what crashes left: empty files, and files not yet renamed', async () => {
    write('10.244.1.5', '');
    write('.10.244.1.6.partial', 'a');
    await ipam.releaseAllBut([]);
    expect(readdirSync(ipam.directory)).toEqual(['lock']);
  });
});

describe('garbage', () => {
  test.each([
    '',
    '\0\0\0',
    'not an address',
    '10.9.9.9',
    'fd00::1',
    '10.244.1.255',
    '10.244.1.0',
    '10.244.1',
  ])('a last reserved address of %j starts a search inside the subnet', async (text) => {
    write('last_reserved_ip.0', text);
    expect(await allocate('a')).toBe('10.244.1.2');
  });

  test('an empty file keeps its address', async () => {
    write('10.244.1.2', '');
    expect(await allocate('a')).toBe('10.244.1.3');
  });

  test('a folder named as an address keeps it, other names are left alone', async () => {
    mkdirSync(file('10.244.1.2'), { recursive: true });
    write('README', 'a\r\neth0');
    expect(await allocate('a')).toBe('10.244.1.3');
    await ipam.release(pod('a'));
    expect(readdirSync(ipam.directory).sort()).toEqual([
      '10.244.1.2',
      'README',
      'last_reserved_ip.0',
      'lock',
    ]);
  });

  test('a data directory that cannot be made is an I/O failure', async () => {
    const blocked = join(dataDir, 'file');
    writeFileSync(blocked, '');
    chmodSync(blocked, 0o400);
    const store = new HostLocal({ dataDir: blocked, network: 'cbr0' });
    expect(await codeOf(store.list())).toBe(CNI_CODE.IO_FAILURE);
  });
});

test('64 calls at once get 64 addresses', async () => {
  const given = await Promise.all(Array.from({ length: 64 }, (_, index) => allocate(`pod${index}`)));
  expect(new Set(given).size).toBe(64);
  expect(await ipam.list()).toHaveLength(64);
});

const operation = fc.oneof(
  { weight: 3, arbitrary: fc.record({ allocate: fc.integer({ min: 0, max: 20 }) }) },
  { weight: 2, arbitrary: fc.record({ release: fc.integer({ min: 0, max: 20 }) }) },
);

test('in any order of calls: strictly inside the subnet, never twice, full only when full', async () => {
  const subnets = fc.constantFrom('10.0.0.0/28', '10.0.0.16/29', '10.0.0.4/30', 'fd00::/124');
  const property = fc.asyncProperty(
    subnets,
    fc.array(operation, { maxLength: 40 }),
    async (text, operations) => {
      rmSync(ipam.directory, { recursive: true, force: true });
      const subnet = prefix(text);
      const gateway = nthAddress(subnet, 1);
      const broadcast = text.includes(':') ? 0n : 1n;
      const room = addressCount(subnet) - 2n - broadcast;
      const held = new Map<string, IpAddress>();
      for (const step of operations) {
        if ('release' in step) {
          const id = `pod${step.release}`;
          const had = held.get(id);
          expect(await ipam.release(pod(id))).toEqual(had === undefined ? [] : [had]);
          held.delete(id);
          continue;
        }
        const id = `pod${step.allocate}`;
        const got = await allocate(id, subnet, gateway).catch((error: CniError) => error.code);
        if (held.has(id)) expect(got).toBe(CNI_CODE.ALREADY_ATTACHED);
        else if (BigInt(held.size) === room) expect(got).toBe(CNI_CODE.NO_FREE_ADDRESS);
        else {
          expect(contains(subnet, got as IpAddress)).toBe(true);
          expect([...held.values(), gateway, nthAddress(subnet, 0)]).not.toContain(got);
          if (broadcast) expect(got).not.toBe(nthAddress(subnet, addressCount(subnet) - 1n));
          held.set(id, got as IpAddress);
        }
      }
    },
  );
  await fc.assert(property, { numRuns: 40 });
});
