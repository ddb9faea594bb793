/** Flows between the pods of the cluster, for property tests. */
import { TcpFlag } from '@podlan/wire';
import fc from 'fast-check';
import { FLOW, type Flow } from './oracle/super-packets.js';

const ENDS = [
  { source: '10.244.1.5', destination: '10.244.2.6' },
  { source: 'fd00:244:0:1::5', destination: 'fd00:244:0:2::6' },
];
const port = fc.integer({ min: 1, max: 65535 });
const word = fc.integer({ min: 0, max: 0xffffffff });
const optionsOf = (most: number) =>
  fc.nat(most / 4).chain((words) => fc.uint8Array({ minLength: words * 4, maxLength: words * 4 }));
const flags = fc
  .subarray([TcpFlag.fin, TcpFlag.psh, TcpFlag.ece, TcpFlag.cwr, TcpFlag.ae])
  .map((set) => set.reduce<number>((sum, flag) => sum | flag, TcpFlag.ack));

/** From a pod of ours to one of host B, as the device hands it over; no IPv4 options. */
export const flowFrom = (ends: readonly Pick<Flow, 'source' | 'destination'>[]): fc.Arbitrary<Flow> =>
  fc
    .record({
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      ends: fc.constantFrom(...ends),
      sourcePort: port,
      destinationPort: port,
      trafficClass: fc.nat(255),
      ttl: fc.integer({ min: 1, max: 255 }),
      identification: fc.nat(0xffff),
      dontFragment: fc.boolean(),
      sequence: word,
      acknowledgment: word,
      flags,
      window: fc.nat(0xffff),
      tcpOptions: optionsOf(40),
    })
    .map(({ ends: pair, ...rest }) => ({ ...FLOW, ...pair, ...rest }));

export const outgoingFlow: fc.Arbitrary<Flow> = fc
  .tuple(flowFrom(ENDS), optionsOf(40))
  .map(([flow, ipOptions]) => ({ ...flow, ipOptions }));

export const incomingFlow: fc.Arbitrary<Flow> = flowFrom(
  ENDS.map(({ source, destination }) => ({ source: destination, destination: source })),
);

/** Bytes that are cheap to make, however many. */
export function payloadOf(bytes: number, seed: number): Uint8Array {
  const payload = new Uint8Array(bytes);
  let state = seed | 1;
  for (let i = 0; i < bytes; i++) {
    state = Math.imul(state, 1664525) + 1013904223;
    payload[i] = state >>> 24;
  }
  return payload;
}

/** What `payloadOf` makes a payload from: a counterexample that can be read. */
export const payloadArguments = (most: number): fc.Arbitrary<[number, number]> =>
  fc.tuple(fc.integer({ min: 1, max: most }), fc.nat());
