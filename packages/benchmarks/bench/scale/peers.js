/** Leases of a cluster of thousands of nodes, and a store that says what it is told to. */
import { MemoryLeaseStore, parseNetworkConfig } from '@podlan/fabric';
import { parseIpAddress, parseIpPrefix } from '@podlan/wire';

export const CONFIG_TEXT = '{"Network":"10.0.0.0/8","SubnetLen":24,"Backend":{"Type":"vxlan"}}';
export const CONFIG = parseNetworkConfig(CONFIG_TEXT);

const hex = (byte) => byte.toString(16).padStart(2, '0');

/** The lease of peer 0 to 37,000, on a subnet that the allocation from the start does not reach. */
export function peerLease(number) {
  const [high, low] = [number >> 8, number & 0xff];
  const data = { VNI: 1, VtepMAC: `02:00:00:01:${hex(high)}:${hex(low)}` };
  return {
    subnets: [parseIpPrefix(`10.${100 + high}.${low}.0/24`)],
    attributes: {
      backendType: 'vxlan',
      endpoints: [{ publicIp: parseIpAddress(`172.16.${high}.${low}`), data }],
    },
  };
}

export const peerLeases = (count) => Array.from({ length: count }, (_, number) => peerLease(number));

/** Says all leases at first, then what it is told to. What else a store does is a memory store's. */
export class EventStore {
  #store = new MemoryLeaseStore({ config: CONFIG });
  #events;
  #wake = () => {};

  constructor(leases) {
    this.#events = [{ type: 'snapshot', leases }];
  }

  say(event) {
    this.#events.push(event);
    this.#wake();
  }

  async *watch(signal) {
    signal.addEventListener('abort', () => this.#wake());
    while (!signal.aborted) {
      if (this.#events.length > 0) yield this.#events.splice(0);
      else {
        await new Promise((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  acquire(request) {
    return this.#store.acquire(request);
  }

  renew(lease) {
    return this.#store.renew(lease);
  }

  release(lease) {
    return this.#store.release(lease);
  }

  close() {
    return this.#store.close();
  }
}
