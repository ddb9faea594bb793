/**
 * Counters of forwarders that go on where a worker, or a peer's endpoint, begins anew. What an endpoint counted between
 * the last look at it and its end is not in its sum: nobody looks at all of them whenever one goes.
 */
import type { EndpointCounters, ForwarderCounters, Verdict } from '@podlan/dataplane';
import { RisingSet } from './rising.js';

/** Sums of this many endpoints are kept, for as long as those in use are fewer: one that comes back goes on. */
const ENDPOINTS_KEPT = 32_768;
const FIELDS = ['txPackets', 'txBytes', 'rxPackets', 'rxBytes'] as const;

export class ForwarderTotals {
  readonly #verdicts = new RisingSet();
  readonly #endpoints = new RisingSet(ENDPOINTS_KEPT * FIELDS.length);

  /** `forwarder` tells one forwarder of the device from the next. */
  take(dev: string, forwarder: unknown, { byVerdict, endpoints }: ForwarderCounters): ForwarderCounters {
    const verdicts = Object.entries(byVerdict).map(
      ([verdict, count]) => [verdict, this.#verdicts.take(`${dev} ${verdict}`, forwarder, count)] as const,
    );
    return {
      byVerdict: Object.fromEntries(verdicts) as Record<Verdict, number>,
      endpoints: endpoints.map((one) => this.#endpoint(dev, forwarder, one)),
    };
  }

  #endpoint(dev: string, forwarder: unknown, one: EndpointCounters): EndpointCounters {
    const sums = FIELDS.map(
      (field) =>
        [field, this.#endpoints.take(`${dev} ${one.remote} ${field}`, forwarder, one[field])] as const,
    );
    return { remote: one.remote, ...(Object.fromEntries(sums) as Omit<EndpointCounters, 'remote'>) };
  }
}
