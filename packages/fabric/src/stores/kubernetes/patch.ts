/** What is written to a Node: flannel's annotations, and the condition that says whether it has a network. Pure. */
import { type Family, familyOf } from '@podlan/wire';
import type { LeaseAttributes } from '../../lease.js';
import type { AnnotationKeys } from './annotations.js';
import { annotationOf, type NodeObject } from './node.js';

/** A strategic merge patch of nodes/NAME/status: conditions merge by `type`, and null removes an annotation. */
export interface NodePatch {
  readonly metadata?: { readonly annotations: Readonly<Record<string, string | null>> };
  readonly status?: { readonly conditions: readonly object[] };
}

/** What flannel writes for these attributes; null for what is not to be there. */
export function annotationsFor(
  keys: AnnotationKeys,
  attributes: LeaseAttributes,
): Record<string, string | null> {
  const ofFamily = (family: Family): [string, string | null][] => {
    const endpoint = attributes.endpoints.find(({ publicIp }) => familyOf(publicIp) === family);
    const { publicIp, backendData } = keys.families[family];
    return [
      [publicIp, endpoint?.publicIp ?? null],
      [backendData, endpoint === undefined ? null : JSON.stringify(endpoint.data ?? null)],
    ];
  };
  return {
    [keys.backendType]: attributes.backendType,
    [keys.managed]: 'true',
    ...Object.fromEntries([...ofFamily(4), ...ofFamily(6)]),
  };
}

/** The opposite: of ours nothing, of people's everything stays. */
export function noAnnotations(keys: AnnotationKeys): Record<string, null> {
  const none = annotationsFor(keys, { backendType: '', endpoints: [] });
  return Object.fromEntries(Object.keys(none).map((key) => [key, null]));
}

const CONDITION = 'NetworkUnavailable';
/** flannel's words. */
export const NETWORK_UP = {
  type: CONDITION,
  status: 'False',
  reason: 'FlannelIsUp',
  message: 'Flannel is running on this node',
};
/** So that no pods are sent to a node that has lost its network; the next one to be set up says that it is there. */
export const NETWORK_REMOVED = {
  type: CONDITION,
  status: 'True',
  reason: 'FlannelIsDown',
  message: 'Flannel was removed from this node',
};

/** What has to be changed for the node to have these annotations and that condition; undefined where nothing has. */
export function patchFor(
  node: NodeObject,
  annotations: Readonly<Record<string, string | null>>,
  condition: typeof NETWORK_UP | undefined,
  nowMs: number,
): NodePatch | undefined {
  const changed = Object.entries(annotations).filter(
    ([key, value]) => (annotationOf(node, key) ?? null) !== value,
  );
  const conditions = condition === undefined ? [] : changedCondition(node, condition, nowMs);
  if (changed.length === 0 && conditions.length === 0) return undefined;
  return {
    ...(changed.length > 0 && { metadata: { annotations: Object.fromEntries(changed) } }),
    ...(conditions.length > 0 && { status: { conditions } }),
  };
}

function changedCondition(node: NodeObject, wanted: typeof NETWORK_UP, nowMs: number): object[] {
  const found = node.status?.conditions?.find(({ type }) => type === wanted.type);
  if (found?.status === wanted.status && found.reason === wanted.reason) return [];
  // metav1.Time has no fractions of seconds.
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  const transition = found?.status === wanted.status ? {} : { lastTransitionTime: now };
  return [{ ...wanted, lastHeartbeatTime: now, ...transition }];
}
