/** What a lab remembers between two commands: one JSON file in a directory that only its owner can read. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { DATAPLANES } from '../agent/flags/flag-values.js';
import { makePrivateDirectory, runtimeDirectory } from '../paths.js';
import { UsageError } from '../usage-error.js';
import { LAB_BACKENDS, LAB_FAMILIES, LAB_STORES } from './lab-shape.js';

/** One for each family, IPv4 first; `address` is the first. Labs had one family once. */
const addresses = { address: v.string(), addresses: v.optional(v.array(v.string()), []) };

const Host = v.object({
  name: v.string(),
  netns: v.string(),
  ...addresses,
  dataplane: v.picklist(DATAPLANES),
  pid: v.number(),
});
const Pod = v.object({ name: v.string(), host: v.string(), netns: v.string(), ...addresses });
const LabState = v.object({
  name: v.string(),
  version: v.literal(1),
  dataplane: v.picklist(DATAPLANES),
  /** Whether hosts pass unfinished checksums and super-packets on to the underlay; labs had no choice once. */
  underlayOffloads: v.optional(v.boolean(), false),
  /** Whether agents masquerade what leaves the pod network. */
  ipMasq: v.optional(v.boolean(), false),
  backend: v.optional(v.picklist(LAB_BACKENDS), 'vxlan'),
  family: v.optional(v.picklist(LAB_FAMILIES), 'ipv4'),
  store: v.optional(v.picklist(LAB_STORES), 'sqlite'),
  /** Of etcd, where that is the store. */
  etcdUrl: v.optional(v.string()),
  pods: v.array(Pod),
  podsPerHost: v.number(),
  hosts: v.array(Host),
  /** Numbers hosts; never goes back, so that a host that left gives its name to none. */
  hostsEver: v.number(),
});

export type LabHost = v.InferOutput<typeof Host>;
export type LabPod = v.InferOutput<typeof Pod>;
export type LabState = v.InferOutput<typeof LabState>;

export function labDirectory(name: string): string {
  return join(runtimeDirectory(), `lab-${name}`);
}

export function readLabState(name: string): LabState | undefined {
  const path = join(labDirectory(name), 'lab.json');
  if (!existsSync(path)) return undefined;
  try {
    return v.parse(LabState, JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new UsageError(
      `${path} is not a lab's state (${(cause as Error).message}); clear it with: podlan lab down`,
      {
        cause,
      },
    );
  }
}

/** Written before what it describes is made, so that `down` finds everything after a crash. */
export function writeLabState(state: LabState): void {
  const directory = labDirectory(state.name);
  makePrivateDirectory(directory);
  const path = join(directory, 'lab.json');
  writeFileSync(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function findHost(state: LabState, name: string): LabHost {
  const found = state.hosts.find((host) => host.name === name);
  if (found) return found;
  const names = state.hosts.map((host) => host.name).join(', ') || 'none';
  throw new UsageError(`expected a host of the lab, found ${name}; there are: ${names}`);
}
