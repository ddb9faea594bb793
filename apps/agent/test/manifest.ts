/** deploy/podlan.yml as a cluster's API server reads it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  loadAllYaml,
  type V1ConfigMap,
  type V1Container,
  type V1DaemonSet,
  type V1Namespace,
  type V1ServiceAccount,
} from '@kubernetes/client-node';

interface Kinds {
  Namespace: V1Namespace;
  ServiceAccount: V1ServiceAccount;
  ConfigMap: V1ConfigMap;
  DaemonSet: V1DaemonSet;
  ClusterRole: object;
  ClusterRoleBinding: object;
}

export const DEPLOY = fileURLToPath(new URL('../../../deploy/', import.meta.url));
export const manifests = loadAllYaml(readFileSync(`${DEPLOY}podlan.yml`, 'utf8')) as (Kinds[keyof Kinds] & {
  readonly kind: keyof Kinds;
})[];

/** Throws where there is none, or more than one. */
export function ofKind<K extends keyof Kinds>(kind: K): Kinds[K] {
  const found = manifests.filter((one) => one.kind === kind);
  if (found.length !== 1) throw new Error(`expected one ${kind}, found ${found.length}`);
  return found[0] as Kinds[K];
}

export const podSpec = ofKind('DaemonSet').spec!.template.spec!;
export const [installer] = podSpec.initContainers as [V1Container];
export const [agent] = podSpec.containers as [V1Container];
/** Files by the names that they have in the pod's folder /etc/podlan. */
export const configuration = ofKind('ConfigMap').data!;
