/** What the Kubernetes store has to be told. */
import type { Clock } from '../../clock.js';

/** As flanneld's `--kubeconfig-file` and `--kube-api-url`. With neither, the service account of the pod it runs in. */
export interface KubernetesConnection {
  readonly kubeconfigPath?: string;
  /** In place of the server that the file names; without a file, a server that asks for no credentials. */
  readonly apiUrl?: string;
  /** Where `/var/run/secrets/kubernetes.io` is found; the root by default. */
  readonly serviceAccountRoot?: string;
}

/** How to reach the cluster, which node this is, and times in milliseconds. */
export interface KubernetesStoreOptions extends KubernetesConnection {
  /** Network configuration: net-conf.json's text, or what it was parsed to. */
  readonly config: unknown;
  /** NODE_NAME, or POD_NAME and POD_NAMESPACE of a pod that runs on the node; the process's own by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** `flannel.alpha.coreos.com` by default. */
  readonly annotationPrefix?: string;
  /** Whether to keep the node's condition NetworkUnavailable, too; true by default. */
  readonly setNodeNetworkUnavailable?: boolean;
  readonly clock?: Clock;
  /** Ends the wait for the API server when the store is opened. */
  readonly signal?: AbortSignal;
  /** How long to wait for an answer; 30 s by default. */
  readonly answerMs?: number;
  /** How long a watch may hear nothing before it connects anew; 90 s by default. */
  readonly silenceMs?: number;
  /** Told of annotations that are no leases; each is told once. */
  readonly onWarning?: (message: string) => void;
}
