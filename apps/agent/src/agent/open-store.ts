/** Opens the lease store that was chosen. Its module is loaded only then: its dependencies are optional. */
import type { OpenStore } from '@podlan/fabric';
import type { StoreChoice } from './flags/store-flags.js';

/** Rejects with LeaseError. Servers are waited for, until `signal` aborts. */
export async function openStore(
  choice: StoreChoice,
  onWarning: (message: string) => void,
  signal: AbortSignal,
): Promise<OpenStore> {
  const config = choice.configText === undefined ? {} : { config: choice.configText };
  switch (choice.kind) {
    case 'sqlite': {
      const { openSqliteStore } = await import('@podlan/fabric/sqlite');
      return openSqliteStore({ path: choice.path, ...config, onWarning });
    }
    case 'etcd': {
      const { openEtcdStore } = await import('@podlan/fabric/etcd');
      const { kind, configText, ...access } = choice;
      return openEtcdStore({ ...access, ...config, onWarning, signal });
    }
    case 'kubernetes': {
      const { openKubernetesStore } = await import('@podlan/fabric/kubernetes');
      const { kind, configText, ...access } = choice;
      return openKubernetesStore({ ...access, config: configText, onWarning, signal });
    }
  }
}
