import { contains, prefixAround } from '@podlan/linux/prefix';
import { type IpAddress, ipFromBytes, ipToBytes, parseIpAddress, parseIpPrefix } from '@podlan/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type NodeSnapshot, newRedactKey, parseSnapshot, redactSnapshot } from '../../dist/snapshot/index.js';
import { pathsOf, sample, valueAt } from './sample.js';

const KEY = '00112233445566778899aabbccddeeff';

/** Addresses go in by a neighbor table, and come out of it: what the package shows of redaction. */
async function redactAll(addresses: readonly string[], key = KEY): Promise<IpAddress[]> {
  const bare = sample();
  bare.namespaces[0]!.neighbors = addresses.map((dst) => ({ dst: dst as IpAddress, state: [] }));
  const { namespaces } = await redactSnapshot(bare, key);
  return namespaces[0]!.neighbors.map(({ dst }) => dst);
}

function bitsInCommon(one: IpAddress, other: IpAddress): number {
  const [a, b] = [one, other].map((address) =>
    [...ipToBytes(address)].map((byte) => byte.toString(2).padStart(8, '0')).join(''),
  );
  let bits = 0;
  while (bits < a!.length && a![bits] === b![bits]) bits++;
  return bits;
}

const address = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((drawn) => ipFromBytes(drawn));
/** Two that differ from some bit on, as random ones seldom do late. */
const near = (bytes: number) =>
  fc.tuple(address(bytes), fc.nat(bytes * 8 - 1)).map(([one, depth]): [IpAddress, IpAddress] => {
    const other = ipToBytes(one).slice();
    other[depth >> 3]! ^= 0x80 >> (depth & 7);
    return [one, ipFromBytes(other)];
  });

describe('addresses', () => {
  test.each([
    ['IPv4', 4],
    ['IPv6', 16],
  ])('of %s have as much in common after as before', async (_, bytes) => {
    await fc.assert(
      fc.asyncProperty(near(bytes), address(bytes), async ([one, other], third) => {
        const [a, b, c] = await redactAll([one, other, third]);
        expect(bitsInCommon(a!, b!)).toBe(bitsInCommon(one, other));
        expect(bitsInCommon(a!, c!)).toBe(bitsInCommon(one, third));
      }),
    );
  });

  test.each([
    ...['0.0.0.0', '127.0.0.1', '127.0.0.53', '224.0.0.1', '239.1.2.3', '255.255.255.255', '255.255.255.0'],
    ...['::', '::1', 'fe80::1', 'ff02::1', 'ff02::2', '::ffff:127.0.0.1'],
  ])('%s means something, and stays', async (text) => {
    expect(await redactAll([parseIpAddress(text)!])).toEqual([parseIpAddress(text)]);
  });

  test.each([
    ...[
      '10.0.0.1',
      '1.0.0.1',
      '126.0.0.1',
      '192.168.77.11',
      '172.17.0.1',
      '100.64.0.1',
      '169.254.169.254',
      '8.8.8.8',
    ],
    ...[
      'fd00:77::11',
      '2001:db8::1',
      '64:ff9b::10.0.0.1',
      '::ffff:10.0.0.1',
      'fe80::858:aff:fef4:101',
      'ff02::1:ff28:a9ff',
    ],
  ])('%s never stays itself', async (text) => {
    const before = parseIpAddress(text)!;
    const seen = await Promise.all(Array.from({ length: 20 }, () => redactAll([before], newRedactKey())));
    expect(seen.flat().filter((after) => after === before)).toEqual([]);
    expect(new Set(seen.flat()).size).toBeGreaterThan(1);
  });

  test.each([
    ['10.244.1.0', 24],
    ['10.244.0.0', 16],
    ['172.17.0.0', 16],
    ['192.168.77.64', 26],
    ['fd00:244:0:1::', 64],
    ['fd00:244::', 48],
  ])('the first and the last of %s/%i are so after, too', async (first, length) => {
    const network = parseIpPrefix(`${first}/${length}`)!;
    const bytes = ipToBytes(parseIpAddress(first)!).map((byte, at) => byte | lastBits(at, length));
    const [a, z] = await redactAll([first, ipFromBytes(bytes)]);
    const after = prefixAround(a!, length);
    expect(after).toBe(parseIpPrefix(`${a}/${length}`));
    expect(contains(after, z!)).toBe(true);
    expect(ipToBytes(z!).every((byte, at) => (byte & lastBits(at, length)) === lastBits(at, length))).toBe(
      true,
    );
    expect(contains(network, a!)).toBe(false);
  });

  /** Ones in place of the host's bits of the byte. */
  const lastBits = (at: number, length: number) => 0xff >> Math.min(8, Math.max(0, length - at * 8));
});

describe('a redacted snapshot', () => {
  const redactedUnder = (key: string, snapshot = sample()) => redactSnapshot(snapshot, key);

  test('can be read, and says that it is one', async () => {
    const redacted = await redactedUnder(KEY);
    expect(parseSnapshot(JSON.stringify(redacted))).toEqual(redacted);
    expect(redacted.redacted).toBe(true);
  });

  test('has no address, MAC or name of before', async () => {
    const text = JSON.stringify(await redactedUnder(KEY));
    const before = strings(sample()).flatMap((one) => one.split(/[\s/]/));
    const addresses = before.filter((one) => parseIpAddress(one) !== undefined && !isSpecial(one));
    const macs = before.filter(
      (one) => /^([0-9a-f]{2}:){5}/.test(one) && !/^(00:00:00|ff:ff|33:33:00|01:)/.test(one),
    );
    expect(new Set(addresses).size).toBeGreaterThan(15);
    expect(new Set(macs).size).toBeGreaterThan(5);
    const found = [...addresses, ...macs, 'host-a', 'pod-a1'].filter((one) =>
      new RegExp(`(?<![0-9a-f.:])${one.replaceAll('.', '\\.')}(?![0-9a-f.:])`).test(text),
    );
    expect([...new Set(found)]).toEqual([]);
  });

  test('is the same but for these', async () => {
    const redacted = await redactedUnder(KEY);
    const { redacted: _, ...rest } = redacted;
    expect(pathsOf(rest).map(String).sort()).toEqual(pathsOf(sample()).map(String).sort());
    for (const path of pathsOf(sample())) {
      const [old, now] = [valueAt(sample(), path), valueAt(redacted, path)];
      if (typeof old === 'number' || typeof old === 'boolean') expect(now, path.join('/')).toBe(old);
    }
  });

  test('says equal things equally, and different ones differently', async () => {
    const redacted = await redactedUnder(KEY);
    const renamed = new Map<string, Set<string>>();
    for (const path of pathsOf(sample())) {
      const [old, now] = [valueAt(sample(), path), valueAt(redacted, path)];
      // Where a length stands beside it, an address is a network's.
      if (typeof old !== 'string' || path.includes('nftables')) continue;
      renamed.set(old, (renamed.get(old) ?? new Set()).add(String(now)));
    }
    expect([...renamed].filter(([, to]) => to.size > 1)).toEqual([]);
    expect(new Set([...renamed.values()].map((to) => [...to][0])).size).toBe(renamed.size);
  });

  test('keeps hosts on link, gateways in their subnets, and tunnels inside of the network', async () => {
    const { control, namespaces } = await redactedUnder(KEY);
    const [host, pod] = namespaces;
    const cni0 = host!.addresses.find(({ ifname }) => ifname === 'cni0')!.addr_info[0]!;
    const eth0 = pod!.addresses.find(({ ifname }) => ifname === 'eth0')!.addr_info[0]!;
    const subnet = prefixAround(cni0.local, cni0.prefixlen);
    expect(contains(subnet, eth0.local)).toBe(true);
    expect(control!.subnets).toContain(subnet);
    expect(control!.networks.some((network) => contains(network, control!.tunnels[0]!.prefix))).toBe(true);
    expect(pod!.routes.find(({ dst }) => dst === 'default')?.gateway).toBe(cni0.local);
  });

  test('agrees with others under its key, and with none under another', async () => {
    const peer: NodeSnapshot = { ...sample(), node: 'host-b' };
    const [own, other] = [await redactedUnder(KEY), await redactedUnder(KEY, peer)];
    expect(other.namespaces[0]!.routes).toEqual(own.namespaces[0]!.routes);
    expect(other.node).not.toBe(own.node);
    const strange = await redactedUnder(newRedactKey());
    expect(strange.namespaces[0]!.addresses).not.toEqual(own.namespaces[0]!.addresses);
  });

  test('has other names for devices that are called by somebody', async () => {
    const named = sample();
    const [eth0] = named.namespaces[0]!.links.filter(({ ifname }) => ifname === 'eth0');
    const text = JSON.stringify(named).replaceAll('veth1ae14854', 'acme-uplink');
    const redacted = await redactedUnder(KEY, parseSnapshot(text));
    expect(JSON.stringify(redacted)).not.toContain('acme');
    const { links, addresses, routes, nftables } = redacted.namespaces[0]!;
    const device = links.find(({ master }) => master === 'cni0')!.ifname;
    expect(device).toMatch(/^dev[0-9a-f]{8}$/);
    expect(addresses.map(({ ifname }) => ifname)).toContain(device);
    expect(routes.map(({ dev }) => dev)).toContain(device);
    expect(JSON.stringify(nftables)).toContain(`"${device}"`);
    expect(links.map(({ ifname }) => ifname)).toContain(eth0!.ifname);
  });

  test('has the networks of rules without host bits', async () => {
    const ruled = sample();
    ruled.namespaces[0]!.rules.push({
      family: 'inet',
      priority: 5,
      src: '10.244.16.0',
      srclen: 20,
      table: 'acme',
    });
    const { rules, nftables } = (await redactedUnder(KEY, ruled)).namespaces[0]!;
    const { src, srclen, table } = rules.at(-1)!;
    expect(parseIpPrefix(`${src}/${srclen}`)).toBeDefined();
    expect(table).toMatch(/^table-/);
    expect(JSON.stringify(nftables)).toMatch(/"addr":"\d+\.\d+\.0\.0","len":16/);
  });

  test.each([
    '10.244.1.2',
    'from 10.244.1.2:80',
    'acme:10.244.1.2: ',
    '10.244.0.0/16-',
    '<fd00:244::1>',
    'fd00:244::1: ',
    'fd00:244::',
    'fd00:244::/48 and fd00:244::9',
    '::ffff:10.244.1.2',
    'mac 02:42:ac:11:00:02: ',
    'pod-a1 on host-a',
  ])('has nothing of the log prefix %j', async (prefix) => {
    const logging = sample();
    logging.namespaces[0]!.nftables.push({
      rule: { family: 'ip', table: 'filter', chain: 'FORWARD', expr: [{ log: { prefix } }] },
    });
    const { nftables } = (await redactedUnder(KEY, logging)).namespaces[0]!;
    const text = JSON.stringify(nftables.at(-1));
    for (const word of ['10.244', 'fd00:244:', '42:ac:11', 'pod-a1', 'host-a'])
      expect(text).not.toContain(word);
    expect(text).not.toContain(JSON.stringify(prefix));
  });

  test('has short names of devices in rules, where they are names', async () => {
    const renamed = JSON.stringify(sample()).replaceAll('veth1ae14854', 'ip');
    const { links, nftables } = (await redactedUnder(KEY, parseSnapshot(renamed))).namespaces[0]!;
    const device = links.find(({ master }) => master === 'cni0')!.ifname;
    const text = JSON.stringify(nftables);
    expect(text).toContain(`"right":"${device}"`);
    expect(text).toContain('"family":"ip"');
  });

  /** Where rules have names and texts that somebody chose. */
  const planted = (secret: string) => {
    const at = { family: 'ip', table: secret };
    const match = (left: unknown, right: unknown) => ({ match: { op: '==', left, right } });
    const iifname = { meta: { key: 'iifname' } };
    const raw = { payload: { base: 'nh', offset: 96, len: 32 } };
    const expr = [
      match(iifname, `${secret}*`),
      match(iifname, secret),
      match(iifname, { set: [secret, `${secret}*`] }),
      match({ payload: { protocol: 'ip', field: 'saddr' } }, `@${secret}`),
      match(raw, 0x0a141e28),
      { counter: secret },
      { log: { prefix: `token=${secret}` } },
      { jump: { target: secret } },
    ];
    return [
      { table: { family: 'ip', name: secret } },
      { chain: { ...at, name: secret, comment: secret } },
      { set: { ...at, name: secret, type: 'ifname', elem: [`${secret}`] } },
      { counter: { ...at, name: secret } },
      { rule: { ...at, chain: secret, comment: secret, expr } },
    ];
  };

  test('has nothing of a word that somebody put into names and texts of rules', async () => {
    const secrets = fc.stringMatching(/^[a-z]{6}_[a-z]{5}$/);
    await fc.assert(
      fc.asyncProperty(secrets, async (secret) => {
        const told = sample();
        told.namespaces[0]!.nftables.push(...(planted(secret) as never[]));
        const text = JSON.stringify(await redactedUnder(KEY, told));
        expect(text).not.toContain(secret);
        expect(text).not.toContain(`${0x0a141e28}`);
      }),
      { numRuns: 20 },
    );
  });

  test('tells that an agent is not ready, and not in which words', async () => {
    const told = sample();
    const unready = 'ip route add 10.1.2.0/24 dev payroll0 failed';
    const redacted = await redactedUnder(KEY, { ...told, control: { ...told.control!, unready } });
    expect(redacted.control!.unready).toBe('');
  });

  test('wants a key that nobody guesses', async () => {
    await expect(redactedUnder('secret')).rejects.toThrow(/at least 16 characters, got 6/);
  });
});

const strings = (value: unknown): string[] =>
  pathsOf(value).flatMap((path) => {
    const found = valueAt(value, path);
    return typeof found === 'string' ? [found] : [];
  });

const isSpecial = (text: string) => /^(0\.|127\.|2[2-5]\d\.|::1?$|ff|fe80::$)/.test(text);
