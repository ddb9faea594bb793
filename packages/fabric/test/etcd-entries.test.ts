import { beforeEach, describe, expect, test } from 'vitest';
import { EtcdEntries } from '../src/stores/etcd/entries.js';
import { Written } from '../src/stores/written.js';

const VALUE = '{"PublicIP":"192.168.1.1","BackendType":"vxlan"}';
const KEY = '/p/subnets/10.244.1.0-24';
const SUBNETS = ['10.244.1.0/24'];

let warnings: string[];
let entries: EtcdEntries;
beforeEach(() => {
  warnings = [];
  entries = new EtcdEntries('/p/subnets', new Written(), (message) => warnings.push(message));
});

const stored = (key: string, value = VALUE, lease = '7') => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
  mod_revision: '5',
  lease,
});
const put = (key: string, value?: string) => [{ type: 'PUT' as const, kv: stored(key, value) }];
const gone = (key: string) => [{ type: 'DELETE' as const, kv: stored(key, '') }];

describe('a change', () => {
  test('is told with the end of a lease that this client made', () => {
    expect(entries.follow(put(KEY))).toMatchObject([{ type: 'put', lease: { subnets: SUBNETS } }]);
    entries.granted('7', 1234);
    expect(entries.follow(put(KEY))).toMatchObject([{ lease: { expiresAtMs: 1234 } }]);
  });

  test('to garbage is told nobody but the operator, once', () => {
    entries.follow(put(KEY));
    expect(entries.follow(put(KEY, 'garbage'))).toEqual([]);
    expect(entries.follow(put(KEY, 'garbage'))).toEqual([]);
    expect(entries.ignored).toBe(1);
    expect(warnings).toEqual([
      expect.stringMatching(/^entry ignored: lease 10.244.1.0-24: expected a JSON object/),
    ]);
    expect(entries.follow(put(KEY))).toHaveLength(1);
    expect(entries.follow(put(KEY, 'garbage'))).toEqual([]);
    expect(entries.ignored).toBe(2);
  });

  test('of a stranger’s key is no lease’s', () => {
    const strange = [
      '/p/subnets-extra',
      '/p/subnets/',
      '/p/subnets/a/10.244.1.0-24',
      '/p/subnets10.244.1.0-24',
    ];
    for (const key of strange) {
      expect(entries.follow(put(key))).toEqual([]);
      expect(entries.follow(gone(key))).toEqual([]);
    }
    expect(entries.ignored).toBe(strange.length);
  });

  test('that takes a lease away is told even when a list came first that lacks it', () => {
    entries.follow(put(KEY));
    expect(entries.read([], 9n, true).entries).toEqual([]);
    expect(entries.follow(gone(KEY))).toMatchObject([{ type: 'delete', lease: { subnets: SUBNETS } }]);
  });
});

test('what turned to garbage is its last good lease in a list, and taken in any case', () => {
  entries.follow(put(KEY));
  const listing = entries.read([stored(KEY, 'x'), stored('/p/subnets/10.244.2.0-24', 'x')], 9n, true);
  expect(listing.entries.map(({ lease }) => lease?.subnets)).toEqual([SUBNETS, undefined]);
  expect(entries.taken(listing, []).map(({ subnets }) => subnets)).toEqual([SUBNETS, ['10.244.2.0/24']]);
});

test('a lease without an end is a reservation, and one with an end none', () => {
  const listing = entries.read([stored(KEY, VALUE, '0'), stored('/p/subnets/10.244.2.0-24')], 9n, true);
  const ends = entries.taken(listing, []).map(({ expiresAtMs }) => expiresAtMs !== undefined);
  expect(ends).toEqual([false, true]);
});
