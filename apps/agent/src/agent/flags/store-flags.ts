/** Flags about the lease store: which one, and how it is reached. */
import { readFileSync } from 'node:fs';
import { parseNetworkConfig } from '@podlan/fabric';
import type { Command } from 'commander';
import { UsageError } from '../../usage-error.js';
import { asText, flag, onOff } from './flag.js';

export type StoreChoice =
  | { readonly kind: 'sqlite'; readonly path: string; readonly configText?: string }
  | ({ readonly kind: 'etcd'; readonly configText?: string } & EtcdAccess)
  | ({ readonly kind: 'kubernetes'; readonly configText: string } & KubernetesAccess);

export interface EtcdAccess {
  readonly endpoints: readonly string[];
  readonly prefix: string;
  /** Files in PEM. */
  readonly keyFile?: string;
  readonly certFile?: string;
  readonly caFile?: string;
  readonly username?: string;
  readonly password?: string;
}

export interface KubernetesAccess {
  /** Absent, as the file: of the kubeconfig, or of the pod that this runs in. */
  readonly apiUrl?: string;
  readonly kubeconfigPath?: string;
  readonly annotationPrefix: string;
  readonly setNodeNetworkUnavailable: boolean;
}

export interface StoreFlags {
  readonly store?: string;
  readonly netConfigPath?: string;
  readonly etcdEndpoints?: string;
  readonly etcdPrefix?: string;
  readonly etcdKeyfile?: string;
  readonly etcdCertfile?: string;
  readonly etcdCafile?: string;
  readonly etcdUsername?: string;
  readonly etcdPassword?: string;
  readonly kubeSubnetMgr: boolean;
  readonly kubeApiUrl?: string;
  readonly kubeconfigFile?: string;
  readonly kubeAnnotationPrefix: string;
  readonly setNodeNetworkUnavailable: boolean;
}

const DEFAULT_STORE = 'sqlite:/var/lib/podlan/leases.db';
const DEFAULT_ETCD_ENDPOINTS = 'http://127.0.0.1:4001,http://127.0.0.1:2379';
const DEFAULT_ETCD_PREFIX = '/coreos.com/network';
const KUBERNETES_CONFIG_PATH = '/etc/kube-flannel/net-conf.json';

export function declareStoreFlags(command: Command): void {
  command
    .addOption(
      flag(
        '--store <store>',
        'lease store: sqlite:PATH, etcd or kubernetes (default: sqlite, or what other flags imply)',
        asText,
      ),
    )
    .addOption(
      flag(
        '--net-config-path <file>',
        "network configuration (flannel's net-conf.json), for a store that holds none yet " +
          `(default with kubernetes: ${KUBERNETES_CONFIG_PATH})`,
        asText,
      ),
    );
  declareEtcdFlags(command);
  declareKubernetesFlags(command);
}

function declareEtcdFlags(command: Command): void {
  command
    .addOption(
      flag(
        '--etcd-endpoints <urls>',
        `etcd servers, with commas between (default: ${DEFAULT_ETCD_ENDPOINTS})`,
        asText,
      ),
    )
    .addOption(
      flag('--etcd-prefix <key>', `what keys in etcd begin with (default: ${DEFAULT_ETCD_PREFIX})`, asText),
    )
    .addOption(flag('--etcd-keyfile <file>', 'private key to show etcd, PEM', asText))
    .addOption(flag('--etcd-certfile <file>', 'certificate to show etcd, PEM', asText))
    .addOption(flag('--etcd-cafile <file>', "authority of etcd's certificate, PEM", asText))
    .addOption(flag('--etcd-username <name>', 'user in etcd', asText))
    .addOption(flag('--etcd-password <password>', 'its password', asText));
}

function declareKubernetesFlags(command: Command): void {
  command
    .addOption(onOff('--kube-subnet-mgr', 'the same as --store kubernetes', false))
    .addOption(
      flag('--kube-api-url <url>', "Kubernetes API server (default: the kubeconfig's, or the pod's)", asText),
    )
    .addOption(
      flag('--kubeconfig-file <file>', 'kubeconfig (default: access as the pod that this runs in)', asText),
    )
    .addOption(
      flag(
        '--kube-annotation-prefix <prefix>',
        "what the names of nodes' annotations begin with",
        asText,
      ).default('flannel.alpha.coreos.com'),
    )
    .addOption(
      onOff(
        '--set-node-network-unavailable',
        "set the node's condition NetworkUnavailable to false when ready",
        true,
      ),
    );
}

/** Throws UsageError. */
export function storeChoice(flags: StoreFlags): StoreChoice {
  const kind = storeKind(flags);
  const path = /^sqlite:(.+)$/.exec(kind)?.[1];
  if (path !== undefined) return { kind: 'sqlite', path, ...givenConfig(flags.netConfigPath) };
  if (kind === 'etcd') return { kind, ...etcdAccess(flags), ...givenConfig(flags.netConfigPath) };
  if (kind === 'kubernetes')
    return {
      kind,
      configText: readConfig(flags.netConfigPath ?? KUBERNETES_CONFIG_PATH),
      ...kubernetesAccess(flags),
    };
  throw new UsageError(`--store: expected sqlite:PATH, etcd or kubernetes, found ${kind}`);
}

/** flanneld has no such flag: whoever names servers of etcd, or the Kubernetes manager, means these. */
function storeKind(flags: StoreFlags): string {
  const { store, kubeSubnetMgr, etcdEndpoints } = flags;
  if (kubeSubnetMgr && store !== undefined && store !== 'kubernetes')
    throw new UsageError(`--kube-subnet-mgr: expected --store kubernetes or none, found --store ${store}`);
  if (kubeSubnetMgr) return 'kubernetes';
  if (store !== undefined) return store;
  if (etcdEndpoints !== undefined) return 'etcd';
  refuseAccessTo('--etcd-endpoints or --store etcd', {
    '--etcd-prefix': flags.etcdPrefix,
    '--etcd-keyfile': flags.etcdKeyfile,
    '--etcd-certfile': flags.etcdCertfile,
    '--etcd-cafile': flags.etcdCafile,
    '--etcd-username': flags.etcdUsername,
    '--etcd-password': flags.etcdPassword,
  });
  refuseAccessTo('--kube-subnet-mgr or --store kubernetes', {
    '--kube-api-url': flags.kubeApiUrl,
    '--kubeconfig-file': flags.kubeconfigFile,
  });
  return DEFAULT_STORE;
}

/** Who says how a store is reached does not want another. */
function refuseAccessTo(store: string, flags: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(flags)) {
    if (value !== undefined) throw new UsageError(`${name}: expected ${store} with it, found neither`);
  }
}

function etcdAccess(flags: StoreFlags): EtcdAccess {
  const { etcdKeyfile: keyFile, etcdCertfile: certFile, etcdCafile: caFile } = flags;
  const { etcdUsername: username, etcdPassword: password } = flags;
  const endpoints = (flags.etcdEndpoints ?? DEFAULT_ETCD_ENDPOINTS).split(',').map((url) => url.trim());
  return {
    endpoints,
    prefix: flags.etcdPrefix ?? DEFAULT_ETCD_PREFIX,
    ...(keyFile && { keyFile }),
    ...(certFile && { certFile }),
    ...(caFile && { caFile }),
    ...(username && { username }),
    ...(password && { password }),
  };
}

function kubernetesAccess(flags: StoreFlags): KubernetesAccess {
  return {
    ...(flags.kubeApiUrl && { apiUrl: flags.kubeApiUrl }),
    ...(flags.kubeconfigFile && { kubeconfigPath: flags.kubeconfigFile }),
    annotationPrefix: flags.kubeAnnotationPrefix,
    setNodeNetworkUnavailable: flags.setNodeNetworkUnavailable,
  };
}

function givenConfig(path: string | undefined): { configText?: string } {
  return path === undefined ? {} : { configText: readConfig(path) };
}

function readConfig(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    parseNetworkConfig(text);
    return text;
  } catch (cause) {
    throw new UsageError(`--net-config-path ${path}: ${(cause as Error).message}`, { cause });
  }
}
