/** Trains through real sockets and a real TAP, and how few system calls carry them. */
import { type IpAddress, ipToMappedBytes, parseIpAddress } from '@podlan/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TapDevice } from '../src/tap.js';
import { TrainPacker } from '../src/train-packer.js';
import { UdpSocket } from '../src/udp-socket.js';
import { frameBatch, type TestBatch, testBatch } from './batch.js';
import { type OwnNetns, ownNetns } from './own-netns.js';

const ip = (text: string) => parseIpAddress(text) as IpAddress;
let own: OwnNetns;

beforeAll(async () => {
  own = await ownNetns(`linux-trains-${process.pid}`);
  await own.ip('link set lo up');
});
afterAll(() => own.dispose());

interface Train {
  readonly bytes: number;
  /** 0: one datagram. */
  readonly segment?: number;
  readonly to?: string;
  readonly port?: number;
  readonly trafficClass?: number;
}

function batchOf(trains: readonly Train[], room = 140_000): TestBatch {
  const batch = testBatch(trains.length, room);
  for (const [slot, train] of trains.entries()) {
    const { bytes, segment = 0, to = '127.0.0.1', port = 20_002, trafficClass = 0 } = train;
    batch.put(
      slot,
      Uint8Array.from({ length: bytes }, (_, i) => slot * 31 + i * 7 + (i >> 8)),
    );
    batch.segments[slot] = segment;
    batch.addresses.set(ipToMappedBytes(ip(to)), slot * 16);
    batch.ports[slot] = port;
    batch.classes[slot] = trafficClass;
  }
  return batch;
}

/** Datagrams of each message that the slots are packed into. */
function packed(trains: readonly Train[]): number[] {
  const packer = new TrainPacker(4);
  packer.begin(batchOf(trains), trains.length);
  const sizes: number[] = [];
  for (let count = packer.pack(); count > 0; count = packer.pack()) {
    sizes.push(...packer.datagrams.subarray(0, count));
  }
  return sizes;
}

/** What a super-packet of 64 KiB becomes on an underlay of 1500 bytes: 46 datagrams, the last one shorter. */
const SUPER = { bytes: 45 * 1472 + 900, segment: 1472 };

test.each<[string, readonly Train[], number[]]>([
  ['a datagram is a message', [{ bytes: 100 }], [1]],
  ['nothing is none', [{ bytes: 0 }], []],
  ['a train of more than 65,507 bytes is cut', [SUPER], [44, 2]],
  ['a train is continued by the next slot', [{ bytes: 10 * 1472, segment: 1472 }, SUPER], [44, 12]],
  ['equal datagrams are a train', Array(64).fill({ bytes: 64 }), [64]],
  ['64 datagrams are the most', Array(130).fill({ bytes: 64 }), [64, 64, 2]],
  ['a shorter one ends it', [{ bytes: 64 }, { bytes: 64 }, { bytes: 60 }, { bytes: 60 }], [3, 1]],
  ['a longer one begins another', [{ bytes: 64 }, { bytes: 65 }], [1, 1]],
  ['so does another address', [{ bytes: 64 }, { bytes: 64, to: '127.0.0.2' }], [1, 1]],
  ['and another port', [{ bytes: 64 }, { bytes: 64, port: 9 }], [1, 1]],
  ['and another traffic class', [{ bytes: 64 }, { bytes: 64, trafficClass: 2 }], [1, 1]],
  ['of the other family none', [{ bytes: 64, to: '::1' }, { bytes: 64 }], [1]],
  [
    'more messages than fit are packed in turns',
    Array(300).fill({ bytes: 9 }).map(alternate),
    Array(300).fill(1),
  ],
  ['a long train of short datagrams too', [{ bytes: 130_000, segment: 130 }], [...Array(15).fill(64), 40]],
])('%s', (_, trains, expected) => {
  expect(packed(trains)).toEqual(expected);
});

function alternate(train: Train, i: number): Train {
  return { ...train, port: 1000 + (i % 2) };
}

test('a megabyte of full datagrams is 16 messages, handed over in one call', () => {
  const supers = Array(16).fill({ bytes: 44 * 1472, segment: 1472 });
  expect(packed(supers).length).toBe(16);
  const packer = new TrainPacker(4);
  packer.begin(batchOf(supers), supers.length);
  expect([packer.pack(), packer.pack()]).toEqual([16, 0]);
});

describe.each(['127.0.0.1', '::1'])('over %s', (text) => {
  const local = ip(text);
  const trains: Train[] = [
    { bytes: 20 * 1472 + 300, segment: 1472, to: text },
    { bytes: 40, to: text },
    { bytes: 3 * 500, segment: 500, to: text, trafficClass: 2 },
    { bytes: 100, to: text, trafficClass: 1 },
  ];

  function carry(
    from: UdpSocket,
    to: UdpSocket,
  ): { bytes: Uint8Array[]; segments: number[]; classes: number[] } {
    const out = batchOf(trains);
    expect(from.send(out, trains.length)).toBe(21 + 1 + 3 + 1);
    const into = testBatch(64, 66_000);
    const count = to.receive(into);
    return {
      bytes: Array.from({ length: count }, (_, i) => into.data(i)),
      segments: [...into.segments.subarray(0, count)],
      classes: [...into.classes.subarray(0, count)],
    };
  }

  const sent = () => {
    const out = batchOf(trains);
    return Buffer.concat(trains.map((_, i) => out.data(i)));
  };

  test('trains arrive as trains, with their traffic classes', () => {
    using a = UdpSocket.bind(local, 20_001);
    using b = UdpSocket.bind(local, 20_002);
    const { bytes, segments, classes } = carry(a, b);
    expect(bytes.length).toBe(4);
    expect(segments).toEqual([1472, 0, 500, 0]);
    expect(classes).toEqual([0, 0, 2, 1]);
    expect(Buffer.compare(Buffer.concat(bytes), sent())).toBe(0);
  });

  test.each([false, true])(
    'where datagrams have to be fragmented they go one by one, with DF on others: %s',
    async (dontFragment) => {
      await own.ip('link set lo mtu 1400');
      try {
        using a = UdpSocket.bind(local, 20_001, { dontFragment });
        using b = UdpSocket.bind(local, 20_002);
        const { bytes } = carry(a, b);
        expect(bytes.length).toBeGreaterThan(20);
        expect(Buffer.compare(Buffer.concat(bytes), sent())).toBe(0);
      } finally {
        await own.ip('link set lo mtu 65536');
      }
    },
  );
});

let number = 0;

/** `ip`: where the IP header begins in a frame. */
describe.each([
  { type: 'tap', ip: 14 },
  { type: 'tun', ip: 0 },
] as const)('a $type', ({ type, ip: at }) => {
  let name: string;
  const make = (kind: string) =>
    own.ip(
      `tuntap add dev ${name} mode ${type} ${kind}`,
      `link set ${name} mtu 1450 up`,
      `addr add 10.9.${number}.1/24 dev ${name}`,
      ...(type === 'tap'
        ? [`neigh replace 10.9.${number}.2 lladdr 02:00:00:00:00:02 dev ${name} nud permanent`]
        : []),
    );
  beforeEach(() => {
    name = `${type}${++number}`;
  });

  test.each(['vnet_hdr', ''])('hands a train of UDP over whole, and takes one whole (%s)', async (kind) => {
    await make(kind);
    using tap = TapDevice.open(name, { type });
    expect(tap.merged).toEqual({ tcp: true, udp: true });
    await own.carrier(name);
    using socket = UdpSocket.bind(ip(`10.9.${number}.1`), 4000);
    const batch = testBatch(8, 66_000);
    while (tap.read(batch) > 0);
    expect(
      socket.send(batchOf([{ bytes: 2500, segment: 1000, to: `10.9.${number}.2`, port: 4000 }]), 1),
    ).toBe(3);
    expect(tap.read(batch)).toBe(1);
    const header = batch.header(0).slice();
    expect([...header]).toEqual([1, 5, at + 28, 0, 1000 & 255, 1000 >> 8, at + 20, 0, 6, 0]);

    // Back where it came from: MACs and addresses change places, which no sum minds.
    const frame = batch.data(0).slice();
    if (type === 'tap') frame.set([...frame.slice(6, 12), ...frame.slice(0, 6)], 0);
    frame.set([...frame.slice(at + 16, at + 20), ...frame.slice(at + 12, at + 16)], at + 12);
    const [one, two] = [at + 28 + 1000, at + 28 + 2000];
    const pieces = [frame.subarray(0, one), frame.subarray(one, two), frame.subarray(two)];
    expect(tap.write(frameBatch({ header, pieces }), 1)).toBe(1);
    const into = testBatch(8, 66_000);
    expect(socket.receive(into)).toBe(1);
    expect([into.lengths[0], into.segments[0]]).toEqual([2500, 1000]);
    expect(Buffer.compare(into.data(0), frame.subarray(at + 28))).toBe(0);
  });
});
