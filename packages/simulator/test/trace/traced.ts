/** Two hosts with a pod each, and what is sent between the pods: every way of podlan to carry packets, and every kind of end. */
import { type ProbeOptions, type ProbeResult, SimCluster } from '../../src/index.js';

export const WAYS = [
  { way: 'vxlan of the kernel', type: 'vxlan', dataplane: 'kernel' },
  { way: 'vxlan on wasm', type: 'vxlan', dataplane: 'wasm' },
  { way: 'host-gw', type: 'host-gw', dataplane: 'kernel' },
  { way: 'udp', type: 'udp', dataplane: 'wasm' },
] as const;

export type Way = (typeof WAYS)[number];

export const POD_B1 = '10.244.2.2' as ProbeOptions['destination'];
const NOBODY = '10.244.2.99' as ProbeOptions['destination'];

/** The packet is larger than any MTU, or lives for two routers, of which one is in the way of host-gw as well. */
export const ENDS = [
  { end: 'answered', options: { destination: POD_B1 } },
  { end: 'lost', options: { destination: NOBODY } },
  { end: 'too big', options: { destination: POD_B1, size: 1600, dontFragment: true } },
  { end: 'too old', options: { destination: POD_B1, ttl: 2 } },
] as const;

export const TRACES = WAYS.flatMap((way) => ENDS.map((end) => ({ ...way, ...end })));

export async function traced(
  { type, dataplane }: Pick<Way, 'type' | 'dataplane'>,
  options: ProbeOptions,
): Promise<ProbeResult> {
  const config = { Network: '10.244.0.0/16', Backend: { Type: type } };
  const cluster = new SimCluster({ config, dataplane, seed: 7 });
  const hosts = [await cluster.join(), await cluster.join()];
  for (const host of hosts) await host.addPod();
  const result = cluster.probe('pod-a1', options);
  await cluster.stop();
  return result;
}
