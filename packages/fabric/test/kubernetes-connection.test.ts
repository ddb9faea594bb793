/** How the Kubernetes store reaches an API server, and as whom. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type KubernetesConnection, KubernetesLeaseStore } from '../src/stores/kubernetes/kubernetes.js';
import { Certificates } from './kubernetes/certificates.js';
import { Follower } from './kubernetes/follower.js';
import { KubernetesServer, type ServerSettings } from './kubernetes/server.js';

const CONFIG = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
const TOKEN = 'a-token-of-a-test';

let certificates: Certificates;
let server: KubernetesServer;
beforeAll(async () => {
  certificates = await Certificates.make();
});
afterAll(() => certificates.dispose());
afterEach(() => server?.stop());

const byToken: ServerSettings['admits'] = ({ headers }) => headers.authorization === `Bearer ${TOKEN}`;

async function start(settings: ServerSettings = {}): Promise<void> {
  const tls = {
    key: certificates.read('server.key'),
    cert: certificates.read('server.crt'),
    ...settings.tls,
  };
  server = await new KubernetesServer({ ...settings, tls }).start();
  server.objects.add({ name: 'node-a', podCIDRs: ['10.244.1.0/24'] });
}

/** Beside the certificates, which it names. */
function kubeconfig(user: object, cluster: object = {}): string {
  const path = certificates.path('kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'there',
    contexts: [{ name: 'there', context: { cluster: 'test', user: 'me' } }],
    clusters: [
      { name: 'test', cluster: { server: server?.url, 'certificate-authority': 'ca.crt', ...cluster } },
    ],
    users: [{ name: 'me', user }],
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

const open = async (connection: KubernetesConnection, environment: Record<string, string> = {}) =>
  new KubernetesLeaseStore({
    config: CONFIG,
    environment: { NODE_NAME: 'node-a', ...environment },
    ...connection,
  });

/** Every kind of request that the store makes. */
async function use(
  connection: KubernetesConnection,
  environment: Record<string, string> = {},
): Promise<void> {
  const store = await open(connection, environment);
  try {
    const lease = await store.acquire({
      attributes: { backendType: 'host-gw', endpoints: [] },
      previous: [],
    });
    expect(lease.subnets).toEqual(['10.244.1.0/24']);
    await (await Follower.of(store)).stop();
  } finally {
    await store.close();
  }
  expect(server.asked.map(({ verb }) => verb)).toEqual(['get', 'patch', 'list', 'watch']);
}

async function refusal(connection: KubernetesConnection): Promise<unknown> {
  const store = await open(connection);
  const refused = store.acquire({ attributes: { backendType: 'host-gw', endpoints: [] }, previous: [] });
  return refused.then(
    () => 'none',
    (error: unknown) => error,
  );
}

describe('an API server over TLS', () => {
  test('is reached by a kubeconfig with an authority and a token', async () => {
    await start({ admits: byToken });
    await use({ kubeconfigPath: kubeconfig({ token: TOKEN }) });
  });

  test('is reached by a kubeconfig with everything inside', async () => {
    await start({ tls: { ca: certificates.read('ca.crt'), requestCert: true, rejectUnauthorized: true } });
    const inside = (name: string) => Buffer.from(certificates.read(name)).toString('base64');
    const user = { 'client-certificate-data': inside('client.crt'), 'client-key-data': inside('client.key') };
    const authority = { 'certificate-authority': undefined, 'certificate-authority-data': inside('ca.crt') };
    await use({ kubeconfigPath: kubeconfig(user, authority) });
  });

  test('is reached by a client certificate in files', async () => {
    await start({ tls: { ca: certificates.read('ca.crt'), requestCert: true, rejectUnauthorized: true } });
    await use({
      kubeconfigPath: kubeconfig({ 'client-certificate': 'client.crt', 'client-key': 'client.key' }),
    });
  });

  test('is reached from inside a pod', async () => {
    await start({ admits: byToken });
    const folder = certificates.path('var/run/secrets/kubernetes.io/serviceaccount');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'token'), TOKEN);
    writeFileSync(join(folder, 'ca.crt'), certificates.read('ca.crt'));
    const { hostname, port } = new URL(server.url);
    const environment = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };
    await use({ serviceAccountRoot: certificates.folder }, environment);
  });

  test('may be another than the one in the kubeconfig', async () => {
    await start({ admits: byToken });
    const kubeconfigPath = kubeconfig({ token: TOKEN }, { server: 'https://127.0.0.1:1' });
    await use({ kubeconfigPath, apiUrl: server.url });
  });

  test('is not trusted without its authority', async () => {
    await start();
    expect(await refusal({ apiUrl: server.url })).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/can't be reached \(.*certificate/),
    });
    expect(server.asked).toEqual([]);
  });

  test('may not know who asks', async () => {
    await start({ admits: byToken });
    expect(await refusal({ kubeconfigPath: kubeconfig({ token: 'another' }) })).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('answered 401 (Unauthorized); check the credentials'),
    });
  });
});

describe('a connection is refused', () => {
  test.each([
    ['to nowhere', {}, 'give --kubeconfig-file or --kube-api-url, or run it as a pod'],
    ['by a kubeconfig that is not there', { kubeconfigPath: '/nowhere/kubeconfig' }, 'ENOENT'],
    ['to what is no URL', { apiUrl: '192.0.2.1:6443' }, 'expected a URL such as https://192.0.2.1:6443'],
    [
      'to what is no web server',
      { apiUrl: 'ftp://192.0.2.1' },
      'expected a URL such as https://192.0.2.1:6443',
    ],
  ])('%s', async (_, connection, found) => {
    await expect(open(connection)).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining(found),
    });
  });

  test.each([
    ['that is no YAML', '{', 'kubeconfig'],
    ['without a context', '{"clusters":[],"users":[],"contexts":[]}', 'current-context'],
  ])('by a kubeconfig %s', async (_, text, found) => {
    const kubeconfigPath = certificates.path('wrong-kubeconfig');
    writeFileSync(kubeconfigPath, text);
    await expect(open({ kubeconfigPath })).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining(found),
    });
  });
});
