/** Which API server, and as whom: a kubeconfig file, an address alone, or what Kubernetes gives every pod. */
import { type Cluster, KubeConfig } from '@kubernetes/client-node';
import { LeaseError } from '../../lease.js';
import type { KubernetesConnection } from './options.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws LeaseError `bad-config`. */
export function loadKubeConfig(connection: KubernetesConnection, environment: Environment): KubeConfig {
  const { kubeconfigPath, apiUrl } = connection;
  const config = new KubeConfig();
  if (kubeconfigPath !== undefined) loadFile(config, kubeconfigPath);
  else if (apiUrl === undefined) loadServiceAccount(config, connection, environment);
  else
    config.loadFromClusterAndUser(
      { name: 'cluster', server: apiUrl, skipTLSVerify: false },
      { name: 'user' },
    );
  const current = config.getCurrentCluster();
  if (current === null) {
    throw refuse(
      `${kubeconfigPath}`,
      'a current-context with a cluster',
      'none',
      'set one with kubectl config use-context',
    );
  }
  const server = apiUrl ?? current.server;
  requireHttp(server);
  const clusters = config.clusters.map((cluster) =>
    cluster.name === current.name ? { ...cluster, server } : cluster,
  );
  config.clusters = clusters.map(allowPlainHttp);
  return config;
}

function loadFile(config: KubeConfig, path: string): void {
  try {
    config.loadFromFile(path);
  } catch (cause) {
    throw refuse(path, 'a kubeconfig', (cause as Error).message, 'correct the path or the file', cause);
  }
}

/** What Kubernetes gives every pod; the token is read again from time to time, as it changes. */
function loadServiceAccount(
  config: KubeConfig,
  { serviceAccountRoot = '' }: KubernetesConnection,
  { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' }: Environment,
): void {
  if (host === undefined) {
    const expected = 'a kubeconfig file, an API URL, or the service account of a pod';
    throw refuse(
      'no credentials',
      expected,
      'none',
      'give --kubeconfig-file or --kube-api-url, or run it as a pod',
    );
  }
  const folder = `${serviceAccountRoot}/var/run/secrets/kubernetes.io/serviceaccount`;
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  config.loadFromClusterAndUser(
    { name: 'cluster', server, caFile: `${folder}/ca.crt`, skipTLSVerify: false },
    { name: 'pod', authProvider: { name: 'tokenFile', config: { tokenFile: `${folder}/token` } } },
  );
}

/** The client refuses unencrypted servers unless it is told not to verify what there is not. */
function allowPlainHttp(cluster: Cluster): Cluster {
  return cluster.server.startsWith('http:') ? { ...cluster, skipTLSVerify: true } : cluster;
}

function requireHttp(server: string): void {
  if (URL.canParse(server) && /^https?:$/.test(new URL(server).protocol)) return;
  throw refuse('API server', 'a URL such as https://192.0.2.1:6443', JSON.stringify(server), 'correct it');
}

function refuse(what: string, expected: string, found: string, advice: string, cause?: unknown): LeaseError {
  const message = `kubernetes: ${what}: expected ${expected}, found ${found}; ${advice}`;
  return new LeaseError('bad-config', message, cause === undefined ? undefined : { cause });
}
