/** Flows that somebody could not be told: each packet is in an event, or among those that were lost. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Forwarder, slotRoom } from '@podlan/dataplane';
import type { ForwarderRow } from '@podlan/linux/model';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FlowRecords } from '../dist/agent/worker-messages.js';
import { FlowListener, lineOf } from '../dist/flows/flow-listener.js';
import { type LossPlace, type LostEvent, NO_LOSSES } from '../dist/flows/flow-losses.js';
import type { FlowEvent } from '../dist/flows/flow-report.js';
import { lostText } from '../dist/flows/flow-text.js';
import { FlowWatch } from '../dist/flows/flow-watch.js';
import { eventually } from './test-lab.js';

type Told = FlowEvent | LostEvent;

const ROW = { kind: 'forwarder', dev: 'flannel0', type: 'udp' } as unknown as ForwarderRow;
const HEADER_BYTES = 20;

/** A real forwarder without a network: packets without a tunnel are flows, too. */
class Traffic {
  packets = 0;
  readonly #forwarder: Forwarder;

  private constructor(forwarder: Forwarder) {
    this.#forwarder = forwarder;
  }

  static async start(flows: number): Promise<Traffic> {
    const forwarder = await Forwarder.create({ slots: 1, flows });
    forwarder.configure({
      ...{ type: 'udp', address: '10.244.1.0', networks: ['10.244.0.0/16'], subnets: ['10.244.1.0/24'] },
    });
    return new Traffic(forwarder);
  }

  /** A packet to one of the pods of others. */
  send(pod: number, nowMs: number): void {
    const [third, fourth] = [2 + (pod >> 8), pod & 0xff];
    const packet = [
      0x45,
      0,
      0,
      HEADER_BYTES,
      0,
      0,
      0,
      0,
      64,
      253,
      0,
      0,
      10,
      244,
      1,
      2,
      10,
      244,
      third,
      fourth,
    ];
    const sum = packet.reduce((total, byte, at) => total + (at % 2 === 0 ? byte << 8 : byte), 0);
    const folded = (sum & 0xffff) + (sum >> 16);
    packet[10] = (~folded >> 8) & 0xff;
    packet[11] = ~folded & 0xff;
    slotRoom(this.#forwarder.tx, 0).set(packet);
    this.#forwarder.tx.lengths[0] = packet.length;
    this.#forwarder.encap(1, nowMs);
    this.packets++;
  }

  records(idleSinceMs = 0): FlowRecords {
    const ended = this.#forwarder.flows.drainRecords(idleSinceMs);
    return { live: this.#forwarder.flows.records(), ended, counters: this.#forwarder.flows.counters() };
  }
}

/** Told of by hand, not by the clock. */
function watchOf(file?: { append(lines: readonly string[]): number }) {
  const forwarders = {
    askFlows: async () => {},
    onFlows: (..._: [ForwarderRow, FlowRecords, boolean]) => {},
  };
  const lost = { forwarder: 0, log: 0, follower: 0 };
  const onLost = (place: LossPlace, count: number) => {
    lost[place] += count;
  };
  const options = { flows: 8, dataplane: 'wasm', file: file as never, onLost } as const;
  const watch = new FlowWatch(forwarders, options);
  const tell = (records: FlowRecords, isLast = false) => forwarders.onFlows(ROW, records, isLast);
  return { watch, tell, lost };
}

const packetsOf = (told: readonly Told[]): number => {
  const events = told.filter((one) => one.event !== 'lost');
  const [last] = told.filter((one) => one.event === 'lost').slice(-1);
  const sum = events.reduce((total, { packetDeltaCount }) => total + packetDeltaCount, 0);
  return sum + (last?.notSentPacketTotalCount ?? 0);
};

describe('flows that end faster than the forwarder can hand them over', () => {
  test.each([1, 2, 3, 4, 5])('every packet is told or counted as lost, seed %i', async (seed) => {
    const traffic = await Traffic.start(8);
    const told: Told[] = [];
    const { watch, tell, lost } = watchOf({
      append: (lines) => told.push(...lines.map((line) => JSON.parse(line) as Told)) && lines.length,
    });
    try {
      const random = randomFrom(seed);
      for (let nowMs = 1000; nowMs < 4000; nowMs++) {
        traffic.send(1 + Math.floor(random() * 100), nowMs);
        if (random() < 0.02) tell(traffic.records(nowMs - 200));
      }
      const { lost: reported } = await watch.report();
      tell(traffic.records(Number.POSITIVE_INFINITY), true);
      expect(packetsOf(told)).toBe(traffic.packets);
      const [last] = told.filter((one) => one.event === 'lost').slice(-1);
      expect(last!.notSentFlowTotalCount).toBe(lost.forwarder);
      expect(last!.notSentOctetTotalCount).toBe(last!.notSentPacketTotalCount * HEADER_BYTES);
      expect(reported.flows).toBeGreaterThan(0);
      expect(reported.packets).toBeLessThanOrEqual(last!.notSentPacketTotalCount);
    } finally {
      watch.close();
    }
  });

  test('a forwarder that comes after another counts from zero', async () => {
    const { watch, tell, lost } = watchOf();
    try {
      for (const _ of [1, 2]) {
        const traffic = await Traffic.start(8);
        for (let pod = 1; pod <= 100; pod++) traffic.send(pod, 1000 + pod);
        tell(traffic.records(Number.POSITIVE_INFINITY), true);
      }
      // Of each 100 flows 8 were in their places, and 8 in the ring.
      expect((await watch.report()).lost.flows).toBe(2 * (100 - 16));
      expect(lost.forwarder).toBe(2 * (100 - 16));
    } finally {
      watch.close();
    }
  });
});

/** As mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('one who follows and does not read', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'podlan-follower-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('hears how much it has missed, once it reads on, and misses nothing more', async () => {
    const { watch, tell, lost } = watchOf();
    const socketPath = join(folder, 'agent.sock');
    const server = createServer((_, outgoing: ServerResponse) => watch.follow(outgoing)).listen(socketPath);
    await once(server, 'listening');
    const asked = request({ socketPath }).end();
    const [incoming] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    const traffic = await Traffic.start(1024);
    let nowMs = 1000;
    const round = () => {
      for (let pod = 1; pod <= 500; pod++) traffic.send(pod, ++nowMs);
      tell(traffic.records(Number.POSITIVE_INFINITY));
    };
    await eventually(
      async () => {
        round();
        return lost.follower;
      },
      (count) => count > 1000,
      30_000,
    );
    const told: Told[] = [];
    createInterface({ input: incoming }).on('line', (line) => told.push(JSON.parse(line)));
    await eventually(
      async () => {
        round();
        return told.some(({ event }) => event === 'lost');
      },
      (isTold) => isTold,
      30_000,
    );
    watch.close();
    await once(incoming, 'end');
    server.close();
    const [last] = told.filter((one) => one.event === 'lost').slice(-1);
    expect(last!.notSentFlowTotalCount).toBe(lost.follower);
    expect(packetsOf(told)).toBe(traffic.packets);
  });
});

test('one who never reads on is told at the end', () => {
  const taken: string[] = [];
  let isOpen = false;
  const listener = new FlowListener((lines) => (isOpen ? taken.push(...lines) && lines.length : 0));
  const event = { event: 'start', packetDeltaCount: 3, octetDeltaCount: 60 } as FlowEvent;
  expect(listener.tell([event, event], [lineOf(event), lineOf(event)], NO_LOSSES)).toBe(2);
  expect(listener.untold().map((line) => JSON.parse(line))).toEqual([
    {
      ...{ event: 'lost', observationTimeMilliseconds: expect.any(Number) },
      ...{ notSentFlowTotalCount: 2, notSentPacketTotalCount: 6, notSentOctetTotalCount: 120 },
    },
  ]);
  isOpen = true;
  expect(listener.tell([event], [lineOf(event)], NO_LOSSES)).toBe(0);
  expect(taken.map((line) => JSON.parse(line).event)).toEqual(['lost', 'start']);
  expect(listener.untold()).toEqual([]);
});

test('people read it as a sentence', () => {
  const lost: LostEvent = {
    ...{ event: 'lost', observationTimeMilliseconds: 0, notSentFlowTotalCount: 2 },
    ...{ notSentPacketTotalCount: 6, notSentOctetTotalCount: 120 },
  };
  expect(lostText(lost)).toBe('lost    so far 2 events with 6 packets and 120 octets could not be told');
});

describe('a log whose disk is full', () => {
  const script = fileURLToPath(new URL('full-flow-log.js', import.meta.url));
  const BYTES = 65_536;

  test('has whole lines, but for the one where room ended, and goes on after it; what is lost is known', async () => {
    const inside = `mount -t tmpfs -o size=${BYTES} none "$1" && exec "$2" "$3" "$1"`;
    const folder = mkdtempSync(join(tmpdir(), 'podlan-full-'));
    try {
      const args = ['--mount', 'sh', '-c', inside, 'sh', folder, process.execPath, script];
      const { stdout } = await promisify(execFile)('unshare', args);
      const { took, offered, complaints, text } = JSON.parse(stdout);
      const lines = (text as string).split('\n').filter((line) => line !== '');
      const whole = lines.filter((line) => isJson(line));
      expect(whole).toHaveLength(took);
      expect(took).toBeLessThan(offered);
      expect(lines.length - whole.length).toBe(1);
      expect(JSON.parse(whole.at(-1)!)).toEqual({ last: true });
      expect(complaints).toEqual([expect.stringMatching(/^--flow-log: ENOSPC/)]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function isJson(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
