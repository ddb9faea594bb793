/**
 * Where a playground stands: what the cluster is, and everything that was done to it since, in order. Simulations with the
 * same seed do the same, so doing it all again gives the same cluster down to the bytes of its packets.
 */
import * as v from 'valibot';

/** A state that grew longer than this takes too long to come back to. */
export const MOST_ACTIONS = 300;
const MOST_PACKET_BYTES = 9000;

const name = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9-]{0,30}$/, 'expected a name such as host-a or pod-a1'),
);
/** A place's name, or an address: where a packet goes. */
const destination = v.pipe(
  v.string(),
  v.regex(/^[0-9a-z:.-]{1,45}$/i, 'expected the name of a place, or an IP address'),
);
const line = v.pipe(v.string(), v.maxLength(500), v.regex(/^[\x20-\x7e]+$/, 'expected one line of ASCII'));
const integer = (from: number, to: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(from), v.maxValue(to));

const clusterSchema = v.strictObject({
  backend: v.picklist(['vxlan', 'host-gw', 'udp']),
  dataplane: v.picklist(['wasm', 'kernel']),
  family: v.picklist(['ipv4', 'ipv6', 'dual']),
  /** Broadcast domains that the hosts are dealt out to; a router joins them. */
  segments: integer(1, 3),
  masquerade: v.boolean(),
});

const packetSchema = v.strictObject({
  from: name,
  to: destination,
  protocol: v.picklist(['icmp', 'tcp', 'udp']),
  /** Of UDP and TCP. */
  port: v.optional(integer(1, 65_535)),
  /** Of the whole IP packet, in bytes. */
  size: v.optional(integer(28, MOST_PACKET_BYTES)),
  dontFragment: v.optional(v.boolean()),
  family: v.optional(v.picklist([4, 6])),
});

const actionSchema = v.variant('do', [
  v.strictObject({ do: v.literal('join'), dataplane: v.optional(v.picklist(['wasm', 'kernel'])) }),
  v.strictObject({ do: v.literal('leave'), host: name }),
  v.strictObject({ do: v.literal('add-pod'), host: name }),
  v.strictObject({ do: v.literal('remove-pod'), pod: name }),
  v.strictObject({ do: v.literal('cut'), host: name }),
  v.strictObject({ do: v.literal('mend'), host: name }),
  v.strictObject({ do: v.literal('kill-agent'), host: name }),
  v.strictObject({ do: v.literal('start-agent'), host: name }),
  /** A command on a host or in a pod. */
  v.strictObject({ do: v.literal('run'), at: name, line }),
  v.strictObject({ do: v.literal('wait'), seconds: integer(1, 600) }),
  v.strictObject({ do: v.literal('send'), packet: packetSchema }),
]);

const stateSchema = v.strictObject({
  version: v.literal(1),
  cluster: clusterSchema,
  actions: v.pipe(v.array(actionSchema), v.maxLength(MOST_ACTIONS)),
  /** Which hop of the packet that was sent last is looked at. */
  step: v.optional(integer(0, 20_000)),
  /** The break-and-fix scenario that is being played. */
  scenario: v.optional(v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,60}$/))),
});

export type ClusterShape = v.InferOutput<typeof clusterSchema>;
export type PacketShape = v.InferOutput<typeof packetSchema>;
export type Action = v.InferOutput<typeof actionSchema>;
export type PlaygroundState = v.InferOutput<typeof stateSchema>;

/** Says where a state is malformed, what was expected there, and what it found. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

export function parseState(json: unknown): PlaygroundState {
  const result = v.safeParse(stateSchema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue) ?? 'state';
  throw new StateError(`${place}: ${issue.message}`);
}
