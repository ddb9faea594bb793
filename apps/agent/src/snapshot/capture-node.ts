/** One node as it is now: its host namespace, the pods that hang on it, and what its agent says. Changes nothing. */
import { release } from 'node:os';
import { netnsExists } from '@podlan/linux';
import {
  type ControlSnapshot,
  type NamespaceSnapshot,
  type NodeSnapshot,
  parseSnapshot,
} from '@podlan/simulator/snapshot';
import { UsageError } from '../usage-error.js';
import { VERSION } from '../version.js';
import { type ControlPlaces, readControl } from './control.js';
import { type KnownNamespace, knownNamespaces, numberOf } from './known-namespaces.js';
import { type HostFiles, readMachine } from './machine/machine.js';
import { type IsPodLink, leadsToPod, vethsOutside } from './pod-links.js';
import { readNamespace } from './read-namespace.js';
import type { Netns } from './tool-text.js';

export interface CaptureOptions extends ControlPlaces, HostFiles {
  /** Of the node. */
  readonly name: string;
  /** The host's namespace, by name or path; else this process's own. */
  readonly netns?: string;
  readonly isPodLink?: IsPodLink;
  /** What a pod is called whose namespace has this name. */
  readonly podName?: (netns: string) => string;
}

/** Each is read by a dozen programs. */
const PODS_AT_ONCE = 8;

/** Rejects with LinuxError where a tool is missing or fails, with UsageError where the host's namespace is not there. */
export async function captureNode(options: CaptureOptions): Promise<NodeSnapshot> {
  const { name, netns } = options;
  await requireNetns(netns);
  const known = await knownNamespaces();
  const number = await numberOf(netns);
  const host = await readNamespace(netns, { name, kind: 'host', netns: number }, known);
  const pods: (NamespaceSnapshot | undefined)[] = [];
  const found = podsOf(host, known, options);
  for (let at = 0; at < found.length; at += PODS_AT_ONCE) {
    const some = found.slice(at, at + PODS_AT_ONCE);
    pods.push(...(await Promise.all(some.map((pod) => readPod(pod, known, options)))));
  }
  return picked({
    schema: 'podlan-snapshot',
    version: 1,
    node: name,
    takenAt: new Date().toISOString(),
    podlan: VERSION,
    kernel: release(),
    namespaces: [host, ...pods.filter((pod) => pod !== undefined)],
    ...withControl(await readControl(options, host.links)),
    machine: await readMachine(netns, host, options),
  });
}

export interface FoundPod {
  readonly pod: NamespaceSnapshot;
  /** Of its namespace. */
  readonly path: string;
}

/** The pods of a node, each read when it is asked for. Rejects as `captureNode`. */
export async function* podsOfNode(options: CaptureOptions): AsyncGenerator<FoundPod> {
  const { name, netns } = options;
  await requireNetns(netns);
  const known = await knownNamespaces();
  const host = await readNamespace(netns, { name, kind: 'host', netns: await numberOf(netns) }, known);
  for (const found of podsOf(host, known, options)) {
    const pod = await readPod(found, known, options);
    if (pod !== undefined) yield { pod, path: found.path };
  }
}

async function requireNetns(netns: Netns): Promise<void> {
  if (netns === undefined || (await netnsExists(netns))) return;
  throw new UsageError(`expected a network namespace, found none named ${netns}; see them with: ip netns`);
}

const withControl = (control: ControlSnapshot | undefined) => (control === undefined ? {} : { control });

/** What the schema names, and nothing else; so that whoever reads it finds what it expects. */
const picked = (snapshot: NodeSnapshot): NodeSnapshot => parseSnapshot(JSON.stringify(snapshot));

function podsOf(
  host: NamespaceSnapshot,
  known: readonly KnownNamespace[],
  { isPodLink = leadsToPod }: CaptureOptions,
): KnownNamespace[] {
  const ids = vethsOutside(host)
    .filter((link) => isPodLink(link, host))
    .map(({ link_netnsid }) => host.nsids.find(({ nsid }) => nsid === link_netnsid)?.netns);
  const numbers = new Set(ids);
  return known.filter(({ netns }) => netns !== host.netns && numbers.has(netns));
}

/** Undefined where it went away meanwhile. */
async function readPod(
  { netns, name, path }: KnownNamespace,
  known: readonly KnownNamespace[],
  { podName = (own: string) => own }: CaptureOptions,
): Promise<NamespaceSnapshot | undefined> {
  try {
    return await readNamespace(path, { name: podName(name), kind: 'pod', netns }, known);
  } catch (error) {
    if (await netnsExists(path)) throw error;
    return undefined;
  }
}
