/** An event touches one peer: what it costs does not grow with the number of nodes. Counted, not timed. */
import { type Change, type Kernel, MemoryKernel, type Row, type Scope } from '@podlan/linux/model';
import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type Backend,
  type Lease,
  type LeaseEvent,
  type LeaseStore,
  MemoryLeaseStore,
  parseNetworkConfig,
  runNode,
} from '../src/index.js';
import { FakeClock } from '../src/testing.js';
import { Wake } from '../src/wake.js';
import { Cluster } from './cluster.js';

const SIZES = [10, 1_000, 5_000];
const config = parseNetworkConfig({ Network: '10.0.0.0/8', SubnetLen: 24, Backend: { Type: 'vxlan' } });

let stop: AbortController;
beforeEach(() => {
  stop = new AbortController();
});
afterEach(() => stop.abort());

function peer(number: number): Lease {
  const [high, low] = [number >> 8, number & 0xff];
  const data = { VNI: 1, VtepMAC: `02:00:00:01:${hex(high)}:${hex(low)}` };
  const publicIp = parseIpAddress(`172.16.${high}.${low}`)!;
  return {
    subnets: [parseIpPrefix(`10.${100 + high}.${low}.0/24`)!],
    attributes: { backendType: 'vxlan', endpoints: [{ publicIp, data }] },
  };
}
const hex = (byte: number) => byte.toString(16).padStart(2, '0');

/** Says all leases at first, then what it is told to. */
class EventStore implements LeaseStore {
  readonly #store = new MemoryLeaseStore({ config });
  readonly #wake = new Wake();
  readonly #clock: FakeClock;
  #events: LeaseEvent[];

  constructor(clock: FakeClock, leases: readonly Lease[]) {
    this.#clock = clock;
    this.#events = [{ type: 'snapshot', leases }];
  }
  say(event: LeaseEvent) {
    this.#events.push(event);
    this.#wake.ring();
  }
  async *watch(signal: AbortSignal): AsyncGenerator<readonly LeaseEvent[]> {
    while (!signal.aborted) {
      if (this.#events.length > 0) yield this.#events.splice(0);
      await this.#wake.wait(this.#clock, Number.POSITIVE_INFINITY, signal);
    }
  }
  acquire = this.#store.acquire.bind(this.#store);
  renew = this.#store.renew.bind(this.#store);
  release = this.#store.release.bind(this.#store);
  close = this.#store.close.bind(this.#store);
}

/** What passes between a node and its kernel, and how often its backend is asked for rows. */
class Meter {
  changes: Change[] = [];
  rowsRead = 0;
  peersDerived = 0;

  kernel(kernel: Kernel): Kernel {
    return {
      snapshot: async (scope: Scope) => {
        const rows = await kernel.snapshot(scope);
        this.rowsRead += rows.length;
        return rows;
      },
      apply: (changes) => {
        this.changes.push(...changes);
        return kernel.apply(changes);
      },
      watch: (signal) => kernel.watch(signal),
    };
  }

  backend(backend: Backend): Backend {
    return {
      type: backend.type,
      mtu: backend.mtu,
      leaseAttributes: (previous) => backend.leaseAttributes(previous),
      hostState: (own) => backend.hostState(own),
      refusal: (own, lease) => backend.refusal(own, lease),
      peerState: (own, lease): Row[] => {
        this.peersDerived++;
        return backend.peerState(own, lease);
      },
    };
  }

  take() {
    const { rowsRead, peersDerived } = this;
    const changes = this.changes.map(({ op, row }) => `${op} ${row.kind}`);
    [this.changes, this.rowsRead, this.peersDerived] = [[], 0, 0];
    return { changes, rowsRead, peersDerived };
  }
}

test.each(SIZES)('beside %i peers an event costs what one peer costs', async (peers) => {
  const clock = new FakeClock(1_000_000);
  const store = new EventStore(
    clock,
    Array.from({ length: peers }, (_, i) => peer(i)),
  );
  const meter = new Meter();
  const backend = new Cluster(config).backend(1);
  const running = runNode({
    kernel: meter.kernel(new MemoryKernel()),
    backend: meter.backend(backend),
    store,
    clock,
    signal: stop.signal,
  });
  await clock.advance(1_000);
  expect(running.state().peers.map(({ status }) => status)).toEqual(Array(peers).fill('programmed'));
  expect(meter.take().changes).toHaveLength(2 + 3 * peers);

  const lease = peer(10_000);
  store.say({ type: 'put', lease });
  await clock.advance(0);
  const added = ['add neighbor', 'add fdb', 'add route'];
  expect(meter.take()).toEqual({ changes: added, rowsRead: 0, peersDerived: 1 });

  const [endpoint] = peer(10_001).attributes.endpoints;
  store.say({
    type: 'put',
    lease: { ...lease, attributes: { ...lease.attributes, endpoints: [endpoint!] } },
  });
  await clock.advance(0);
  const moved = ['replace neighbor', 'add fdb', 'delete fdb'];
  expect(meter.take()).toEqual({ changes: moved, rowsRead: 0, peersDerived: 1 });

  store.say({ type: 'delete', lease });
  await clock.advance(0);
  const removed = ['delete route', 'delete fdb', 'delete neighbor'];
  expect(meter.take()).toEqual({ changes: removed, rowsRead: 0, peersDerived: 0 });
});

test('looks at all rows that take long are made in a fifth of the time', async () => {
  const clock = new FakeClock(1_000_000);
  const kernel = new MemoryKernel();
  const slow: Kernel = {
    snapshot: (scope) => clock.sleep(500).then(() => kernel.snapshot(scope)),
    apply: (changes) => kernel.apply(changes),
    watch: (signal) => kernel.watch(signal),
  };
  const backend = new Cluster(config).backend(1);
  const store = new EventStore(clock, []);
  const running = runNode({ kernel: slow, backend, store, clock, signal: stop.signal });
  await clock.advance(3_000);
  const before = running.state().counters.reconciles;
  for (let call = 0; call < 100; call++) {
    kernel.wake('route');
    await clock.advance(100);
  }
  expect(running.state().counters.reconciles - before).toBe(4);
});
