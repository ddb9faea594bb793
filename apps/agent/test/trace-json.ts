/** The JSON of `podlan trace --json`, as the page "Tracing a packet" has it. */
import * as v from 'valibot';

const bytes = v.strictObject({
  linkType: v.picklist(['ethernet', 'raw']),
  hex: v.pipe(v.string(), v.regex(/^([0-9a-f]{2})*$/)),
});
const leg = v.picklist(['request', 'reply', 'error', 'resolution']);
const place = v.strictObject({
  netns: v.string(),
  device: v.string(),
  leg,
  direction: v.picklist(['in', 'out']),
});
const Hop = v.strictObject({
  atMs: v.number(),
  netns: v.string(),
  device: v.nullable(v.string()),
  leg,
  event: v.string(),
  text: v.string(),
  row: v.nullable(v.strictObject({ table: v.string(), text: v.string() })),
  reason: v.nullable(v.string()),
  crossing: v.nullable(v.picklist(['to-kernel', 'to-user'])),
  before: bytes,
  after: v.nullable(bytes),
});
const Finding = v.strictObject({
  code: v.string(),
  node: v.string(),
  device: v.optional(v.string()),
  text: v.string(),
  evidence: v.array(v.string()),
  mend: v.array(v.string()),
});

const Trace = v.strictObject({
  version: v.literal(1),
  source: v.string(),
  destination: v.string(),
  packet: v.pipe(v.string(), v.regex(/^([0-9a-f]{2})*$/)),
  arrived: v.boolean(),
  answered: v.boolean(),
  crossings: v.number(),
  hops: v.array(Hop),
  lost: v.nullable(v.strictObject({ hop: v.number(), reason: v.string(), meaning: v.string() })),
  findings: v.array(Finding),
  doubts: v.array(v.string()),
  notes: v.array(v.string()),
  live: v.nullable(
    v.strictObject({
      agrees: v.boolean(),
      lastAgreed: v.nullable(place),
      parting: v.nullable(place),
      computed: v.string(),
      real: v.string(),
    }),
  ),
});

export type TraceJson = v.InferOutput<typeof Trace>;

/** Throws where it is not what is documented. */
export const parseTrace = (text: string): TraceJson => v.parse(Trace, JSON.parse(text));
