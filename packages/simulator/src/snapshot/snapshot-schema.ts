/** The file that `podlan snapshot` writes: one node, its host namespace and its pods, and what its agent says. */
import * as v from 'valibot';
import { Control } from './control-schema.js';
import { isoTime, may, name } from './field.js';
import { Machine } from './machine-schema.js';
import { NamespaceSchema } from './namespace-schema.js';

export const SNAPSHOT_SCHEMA = 'podlan-snapshot';
export const SNAPSHOT_VERSION = 1;

export const NodeSnapshot = v.object({
  schema: v.literal(SNAPSHOT_SCHEMA),
  version: v.literal(SNAPSHOT_VERSION),
  node: name,
  takenAt: isoTime,
  // The version of podlan that wrote it.
  podlan: v.string(),
  // `uname -r`.
  kernel: v.string(),
  // Whether addresses and names are pseudonyms.
  redacted: may(v.boolean()),
  // The host first, then its pods.
  namespaces: v.pipe(v.array(NamespaceSchema), v.minLength(1, 'the host, then its pods')),
  control: may(Control),
  machine: may(Machine),
});
