import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSnapshot, SnapshotError } from '../../dist/snapshot/index.js';
import { type Path, pathsOf, SAMPLE, sample, valueAt, withValue } from './sample.js';

/** What it was refused with; undefined where it was not. Anything but a SnapshotError fails the test. */
function refusal(text: string): SnapshotError | undefined {
  try {
    parseSnapshot(text);
    return undefined;
  } catch (error) {
    if (error instanceof SnapshotError) return error;
    throw error;
  }
}

const refusalWith = (path: Path, value: unknown) => refusal(JSON.stringify(withValue(sample(), path, value)));

describe('a snapshot that is whole', () => {
  test('comes back as it was written', () => {
    expect(parseSnapshot(SAMPLE)).toEqual(sample());
  });

  test('has addresses in their usual writing', () => {
    const odd = withValue(sample(), ['namespaces', 0, 'neighbors', 0, 'dst'], 'FD00:0:0::1');
    expect(parseSnapshot(JSON.stringify(odd)).namespaces[0]!.neighbors[0]!.dst).toBe('fd00::1');
  });

  test('loses what no version knows, and keeps what nft alone knows', () => {
    const odd = sample() as never as Record<string, unknown>;
    odd.processes = ['sleep'];
    const kept = parseSnapshot(JSON.stringify(odd));
    expect(kept).toEqual(sample());
    const flow = {
      flowtable: { family: 'ip', name: 'f', table: 'filter', hook: 'ingress', prio: 0, dev: 'eth0' },
    };
    const rules = withValue(sample(), ['namespaces', 0, 'nftables'], [flow]);
    expect(parseSnapshot(JSON.stringify(rules)).namespaces[0]!.nftables).toEqual([flow]);
  });
});

describe('a file that is no snapshot', () => {
  const ns: Path = ['namespaces', 0];
  test.each<[string, Path, unknown, string, string, string]>([
    ['a version to come', ['version'], 2, 'version', '1', '2'],
    ['a version as text', ['version'], '1', 'version', '1', '"1"'],
    ['another schema', ['schema'], 'pcap', 'schema', '"podlan-snapshot"', '"pcap"'],
    ['no namespaces', ['namespaces'], [], 'namespaces', 'the host, then its pods', 'a list of 0'],
    ['a name with a slash', ['node'], 'a/b', 'node', 'a name without spaces and slashes', '"a/b"'],
    ['no time', ['takenAt'], 'now', 'takenAt', 'a time such as 2030-01-31T12:00:00.000Z', '"now"'],
    ['an MTU as text', [...ns, 'links', 1, 'mtu'], '1500', 'namespaces[0].links[1].mtu', 'number', '"1500"'],
    ['half an MTU', [...ns, 'links', 1, 'mtu'], 0.5, 'namespaces[0].links[1].mtu', 'a whole number', '0.5'],
    [
      'an address beyond 255',
      [...ns, 'addresses', 0, 'addr_info', 0, 'local'],
      '10.0.0.256',
      'namespaces[0].addresses[0].addr_info[0].local',
      'an IP address',
      '"10.0.0.256"',
    ],
    [
      'a route to a name',
      [...ns, 'routes', 0, 'dst'],
      'home',
      'namespaces[0].routes[0].dst',
      'default, an IP address or an IP prefix',
      '"home"',
    ],
    ['a neighbor null', [...ns, 'neighbors', 0], null, 'namespaces[0].neighbors[0]', 'Object', 'null'],
    [
      'a tunnel to nowhere',
      ['control', 'tunnels', 0, 'prefix'],
      '10.0.0.1/8',
      'control.tunnels[0].prefix',
      'an IP prefix without host bits',
      '"10.0.0.1/8"',
    ],
    [
      'the key __proto__',
      [...ns, '__proto__'],
      { polluted: true },
      'namespaces[0].__proto__',
      'no such key',
      'the key __proto__',
    ],
    [
      'the key constructor in a rule',
      [...ns, 'nftables', 0, 'constructor'],
      {},
      'namespaces[0].nftables[0].constructor',
      'no such key',
      'the key constructor',
    ],
    [
      'a sysctl named prototype',
      [...ns, 'sysctls', 'prototype'],
      '1',
      'namespaces[0].sysctls.prototype',
      'no such key',
      'the key prototype',
    ],
  ])('%s is refused with its place', (_, path, value, place, expected, found) => {
    const error = refusalWith(path, value)!;
    expect([error.path, error.expected, error.found]).toEqual([place, expected, found]);
    expect(error.message).toContain(`at ${place}: expected ${expected}, found ${found}`);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test.each([
    ['nothing', ''],
    ['spaces', '  \n'],
    ['words', 'kernel panic'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '1e999'],
    ['a picture', '\u0089PNG\r\n\u001a\n'],
  ])('%s is refused as a whole', (_, text) => {
    expect(refusal(text)).toMatchObject({ path: '' });
  });

  test('one that is cut off is said to be', () => {
    expect(refusal(SAMPLE.slice(0, 5000))?.message).toContain('cut off');
  });
});

describe('a file meant to do harm', () => {
  const rules: Path = ['namespaces', 0, 'nftables'];
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const text = (path: Path, raw: string) =>
    JSON.stringify(withValue(sample(), path, '@')).replace('"@"', () => raw);

  test.each<[string, () => string, RegExp]>([
    ['levels without end', () => text(rules, nested(1_000_000)), /at most 64 levels/],
    ['levels at the top', () => nested(1_000_000), /at most 64 levels/],
    [
      'a list of a million',
      () => text(['namespaces', 0, 'links'], `[${'0,'.repeat(999_999)}0]`),
      /a list of at most 200000, found one of 1000000/,
    ],
    [
      'a text of a million',
      () => text(['kernel'], JSON.stringify('a'.repeat(1_000_000))),
      /kernel: expected a text of at most 4096 characters/,
    ],
    [
      'a key of a million',
      () => text(['kernel'], `{"${'k'.repeat(1_000_000)}": 1}`),
      /a text of at most 4096/,
    ],
    [
      'keys without end',
      () =>
        text(
          ['namespaces', 0, 'sysctls'],
          `{${Array.from({ length: 30_000 }, (_, i) => `"k${i}":"1"`).join()}}`,
        ),
      /at most 20000 keys/,
    ],
    ['more characters than fit', () => ' '.repeat(65 * 1024 * 1024), /at most 67108864 characters/],
  ])('%s are refused, and soon', (_, write, message) => {
    const hostile = write();
    const startMs = performance.now();
    const error = refusal(hostile);
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect(error?.message).toMatch(message);
    expect(error!.message.length).toBeLessThan(1000);
  });
});

describe('a file that was changed', () => {
  test('at any of fifty places cut off is refused', () => {
    for (let part = 0; part < 50; part++) {
      const cut = SAMPLE.trimEnd().slice(0, Math.floor((SAMPLE.trimEnd().length * part) / 50));
      expect(refusal(cut), `${part}/50`).toBeInstanceOf(SnapshotError);
    }
  });

  /** What may be anything: nft's own matters. */
  const isOpen = (path: Path) => path[2] === 'nftables' && path.length > 4;
  const paths = pathsOf(sample());

  test('at any one place to another type is refused there, or nearer to the top', () => {
    for (const path of paths.filter((one) => !isOpen(one))) {
      const old = valueAt(sample(), path);
      const error = refusalWith(path, typeof old === 'object' ? 'text' : { an: 'object' });
      expect(error, path.join('/')).toBeInstanceOf(SnapshotError);
    }
  });

  test('in any way is read or refused with a SnapshotError', () => {
    const places = fc.constantFrom(...paths);
    fc.assert(
      fc.property(places, fc.jsonValue(), (path, value) => {
        const error = refusalWith(path, value);
        expect(error === undefined || error.message.length < 1000).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('in any character is read or refused with a SnapshotError', () => {
    fc.assert(
      fc.property(fc.nat(SAMPLE.length - 1), fc.string({ maxLength: 3 }), (at, put) => {
        refusal(SAMPLE.slice(0, at) + put + SAMPLE.slice(at + 1));
      }),
      { numRuns: 300 },
    );
  });
});
