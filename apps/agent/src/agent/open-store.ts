/** Opens the lease store that was chosen. Its module is loaded only then: its dependencies are optional. */
import type { LeaseStore, NetworkConfig } from '@podlan/fabric';
import type { StoreChoice } from './flags/store-flags.js';

export type OpenStore = LeaseStore & { readonly config: NetworkConfig };

/** Rejects with LeaseError. */
export async function openStore(
  choice: StoreChoice,
  onWarning: (message: string) => void,
): Promise<OpenStore> {
  const config = choice.configText === undefined ? {} : { config: choice.configText };
  switch (choice.kind) {
    case 'sqlite': {
      const { openSqliteStore } = await import('@podlan/fabric/sqlite');
      return openSqliteStore({ path: choice.path, ...config, onWarning });
    }
    case 'etcd':
    case 'kubernetes':
      throw new Error(`${choice.kind}`);
  }
}
