/** The rights that deploy/podlan.yml gives, and the requests that the store makes. */
import { readFileSync } from 'node:fs';
import { loadAllYaml } from '@kubernetes/client-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openKubernetesStore } from '../src/stores/kubernetes/kubernetes.js';
import { Follower } from './kubernetes/follower.js';
import { KubernetesServer } from './kubernetes/server.js';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules?: readonly {
    readonly apiGroups: string[];
    readonly resources: string[];
    readonly verbs: string[];
  }[];
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly object[];
}

const file = new URL('../../../deploy/podlan.yml', import.meta.url);
const manifests = loadAllYaml(readFileSync(file, 'utf8')) as Manifest[];
const ofKind = (wanted: string) => manifests.find(({ kind }) => kind === wanted)!;

let server: KubernetesServer;
beforeAll(async () => {
  server = await new KubernetesServer().start();
});
afterAll(() => server.stop());

/** As `verb resource`, each once. */
async function requestsOfALife(): Promise<string[]> {
  server.objects.add({ name: 'node-a', podCIDRs: ['10.244.1.0/24'] });
  server.pods.set('kube-system/podlan-x7', 'node-a');
  const config = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
  const environment = { POD_NAME: 'podlan-x7', POD_NAMESPACE: 'kube-system' };
  const store = await openKubernetesStore({ config, environment, apiUrl: server.url });
  const lease = await store.acquire({ attributes: { backendType: 'host-gw', endpoints: [] }, previous: [] });
  await store.renew(lease);
  await (await Follower.of(store)).stop();
  await store.release(lease);
  await store.close();
  return [...new Set(server.asked.map(({ verb, resource }) => `${verb} ${resource}`))].sort();
}

test('are what it asks for, and nothing else', async () => {
  const { rules = [] } = ofKind('ClusterRole');
  expect(rules.every(({ apiGroups }) => apiGroups.length === 1 && apiGroups[0] === '')).toBe(true);
  const given = rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  );
  expect(given.sort()).toEqual(await requestsOfALife());
});

test('are given to its service account', () => {
  const { name, namespace } = ofKind('ServiceAccount').metadata;
  const { roleRef, subjects } = ofKind('ClusterRoleBinding');
  expect(roleRef).toMatchObject({ kind: 'ClusterRole', name: ofKind('ClusterRole').metadata.name });
  expect(subjects).toEqual([{ kind: 'ServiceAccount', name, namespace }]);
});
