/** A network of one's own to install: what every runtime would ask of it is asked before a file is written. */
import { readFileSync } from 'node:fs';
import { CNI_VERSIONS, CniError, type JsonObject, readRequest } from '@podlan/cni/protocol';
import { UsageError } from '../usage-error.js';

export const TYPE = 'podlan-cni';

export interface Network extends JsonObject {
  readonly plugins: readonly { readonly type?: unknown }[];
}

/** Throws UsageError. */
export function readNetwork(path: string): Network {
  const { plugins, ...rest } = objectIn(path);
  const found = Array.isArray(plugins) ? (plugins as JsonObject[]) : [];
  for (const plugin of found) requireUsable(path, { ...plugin, ...rest });
  if (found.some(({ type }) => type === TYPE)) return { ...rest, plugins: found };
  const types = found.map(({ type }) => String(type)).join(', ') || 'none';
  throw new UsageError(
    `${path}: expected the plugin ${TYPE} in plugins, found ${types}; add it as the first`,
  );
}

function objectIn(path: string): JsonObject {
  try {
    return Object(JSON.parse(readFileSync(path, 'utf8'))) as JsonObject;
  } catch (cause) {
    throw new UsageError(`${path}: expected a network in JSON: ${(cause as Error).message}`, { cause });
  }
}

/** A runtime hands each plugin its part of the list, with the network's name and version. */
function requireUsable(path: string, part: JsonObject): void {
  const env = { CNI_COMMAND: 'DEL', CNI_CONTAINERID: 'any', CNI_IFNAME: 'eth0' };
  try {
    readRequest({ env, input: JSON.stringify(part) }, CNI_VERSIONS);
  } catch (cause) {
    if (!(cause instanceof CniError)) throw cause;
    throw new UsageError(`${path}: ${cause.message}`, { cause });
  }
}
