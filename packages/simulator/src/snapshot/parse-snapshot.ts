/** From the text of a file to a snapshot. The file may come from anyone. */
import * as v from 'valibot';
import { checkConsistency } from './check-consistency.js';
import { checkLimits, LIMITS } from './limits.js';
import { type Key, pathText, SnapshotError, shown } from './snapshot-error.js';
import { NodeSnapshot, SNAPSHOT_SCHEMA, SNAPSHOT_VERSION } from './snapshot-schema.js';
import type { NodeSnapshot as Snapshot } from './types.js';

/**
 * Reads what `podlan snapshot` wrote. Throws SnapshotError that says what was expected, where, and what was found.
 * @example
 * ```ts
 * import { parseSnapshot } from '@podlan/simulator/snapshot';
 *
 * const text = `{
 *   "schema": "podlan-snapshot", "version": 1, "node": "host-a", "takenAt": "2030-01-31T12:00:00.000Z",
 *   "podlan": "0.1.0", "kernel": "6.1.0", "namespaces": [{
 *     "name": "host-a", "kind": "host", "netns": 4026531840, "nsids": [], "links": [], "addresses": [],
 *     "routes": [], "rules": [], "neighbors": [], "fdb": [], "sysctls": { "net/ipv4/ip_forward": "1" },
 *     "nftables": [], "sockets": []
 *   }]
 * }`;
 * parseSnapshot(text).namespaces[0]?.sysctls; // => { 'net/ipv4/ip_forward': '1' }
 * ```
 */
export function parseSnapshot(text: string): Snapshot {
  const json = parseJson(text);
  checkLimits(json);
  checkVersion(json);
  const result = v.safeParse(NodeSnapshot, json, { abortEarly: true });
  if (!result.success) throw errorOf(result.issues[0]);
  checkConsistency(result.output);
  return result.output;
}

function parseJson(text: string): unknown {
  if (text.length > LIMITS.characters)
    throw new SnapshotError('', `at most ${LIMITS.characters} characters`, `${text.length}`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const end = shown(text.trimEnd().slice(-20));
    const found = text.trim() === '' ? 'nothing' : `${text.length} characters that end in ${end}`;
    const advice = `it is cut off or something else (${(cause as Error).message.slice(0, 200)})`;
    throw new SnapshotError('', 'JSON', found, { cause, advice });
  }
}

/** First of all: of a version that is not known, nothing else can be said. */
function checkVersion(json: unknown): void {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new SnapshotError('', 'an object', shown(json));
  const { schema, version } = json as Record<string, unknown>;
  if (schema !== SNAPSHOT_SCHEMA)
    throw new SnapshotError('schema', JSON.stringify(SNAPSHOT_SCHEMA), shown(schema), {
      advice: 'write one with: podlan snapshot',
    });
  if (version !== SNAPSHOT_VERSION)
    throw new SnapshotError('version', `${SNAPSHOT_VERSION}`, shown(version), {
      advice: 'read it with the podlan that wrote it, or write it anew',
    });
}

function errorOf(issue: v.BaseIssue<unknown>): SnapshotError {
  const path = pathText((issue.path ?? []).map(({ key }) => key as Key));
  const isOwnMessage = issue.kind === 'validation' || issue.type === 'custom';
  const expected = isOwnMessage ? issue.message : (issue.expected ?? issue.message);
  return new SnapshotError(path, expected, shown(issue.input));
}
