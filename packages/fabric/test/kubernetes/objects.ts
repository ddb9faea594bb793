/**
 * The Node objects of a cluster and their history, as an API server keeps them: every write has a version of its own, and
 * old versions are forgotten.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface NodeEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly object: JsonObject;
}

export interface TestNode {
  readonly name: string;
  readonly podCIDRs?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Lists that are merged by a key of their elements; all others are replaced (core/v1, `patchMergeKey`). */
const MERGE_KEYS: Readonly<Record<string, string>> = { conditions: 'type', addresses: 'type' };

export class NodeObjects {
  readonly #nodes = new Map<string, JsonObject>();
  readonly #watchers = new Set<(event: NodeEvent) => void>();
  #events: NodeEvent[] = [];
  /** As in a cluster that has been there for a while. */
  #version = 1000;
  #oldest = 1000;

  get version(): number {
    return this.#version;
  }

  /** Watches and lists may ask for this version and later ones. */
  get oldest(): number {
    return this.#oldest;
  }

  list(): JsonObject[] {
    return [...this.#nodes.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  }

  get(name: string): JsonObject | undefined {
    return this.#nodes.get(name);
  }

  since(version: number): NodeEvent[] {
    return this.#events.filter((event) => event.version > version);
  }

  onEvent(watcher: (event: NodeEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** As a kubelet and kube-controller-manager make it. */
  add({ name, podCIDRs = [], annotations = {} }: TestNode): void {
    this.#write('ADDED', {
      kind: 'Node',
      apiVersion: 'v1',
      metadata: { name, uid: `uid-${name}-${this.#version}`, annotations: { ...annotations } },
      spec: podCIDRs.length === 0 ? {} : { podCIDR: podCIDRs[0]!, podCIDRs: [...podCIDRs] },
      status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }] },
    });
  }

  remove(name: string): void {
    this.#write('DELETED', this.#nodes.get(name)!);
  }

  /** A strategic merge patch of the whole object; what changes nothing is not written. */
  patch(name: string, patch: JsonObject): JsonObject {
    const before = this.#nodes.get(name)!;
    const after = merge(before, patch) as JsonObject;
    if (JSON.stringify(after) !== JSON.stringify(before)) this.#write('MODIFIED', after);
    return this.#nodes.get(name)!;
  }

  annotate(name: string, annotations: Readonly<Record<string, string | null>>): void {
    this.patch(name, { metadata: { annotations: { ...annotations } } });
  }

  /** Forgets all versions but the present one. */
  compact(): void {
    this.#events = [];
    this.#oldest = this.#version;
  }

  #write(type: NodeEvent['type'], node: JsonObject): void {
    const version = ++this.#version;
    const metadata = { ...(node.metadata as JsonObject), resourceVersion: String(version) };
    const object = { ...node, metadata };
    if (type === 'DELETED') this.#nodes.delete(nameOf(object));
    else this.#nodes.set(nameOf(object), object);
    const event = { type, version, object };
    this.#events.push(event);
    for (const watcher of [...this.#watchers]) watcher(event);
  }
}

export const nameOf = (node: JsonObject): string => (node.metadata as JsonObject).name as string;

function merge(before: Json | undefined, patch: Json, key = ''): Json {
  if (Array.isArray(patch)) return mergeList(Array.isArray(before) ? before : [], patch, MERGE_KEYS[key]);
  if (!isObject(patch)) return patch;
  const merged: JsonObject = isObject(before) ? { ...before } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value, name);
  }
  return merged;
}

function mergeList(before: Json[], patch: Json[], key: string | undefined): Json[] {
  if (key === undefined) return patch;
  const merged = new Map(before.map((element) => [(element as JsonObject)[key], element]));
  for (const element of patch as JsonObject[]) {
    if (element.$patch === 'delete') merged.delete(element[key]);
    else merged.set(element[key], merge(merged.get(element[key]), element));
  }
  return [...merged.values()];
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
