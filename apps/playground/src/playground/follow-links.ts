/** What the URL says, now and whenever it changes; the first state where it says nothing, or something wrong. */
import { FIRST_STATE } from '../state/first-state';
import type { PlaygroundStore } from './playground-store';

/** Until what it returns is called. */
export function followLinks(
  store: PlaygroundStore,
  badLink: (message: string) => string,
  onFailure: (message: string) => void,
): () => void {
  const follow = (open: () => Promise<void>) => void open().catch((error: Error) => onFailure(error.message));
  const again = () => follow(() => openLink(store, badLink));
  const isShown = location.hash === '' && store.get() !== undefined;
  if (!isShown) store.clear();
  follow(() => (isShown ? store.openShown() : openLink(store, badLink)));
  addEventListener('hashchange', again);
  return () => {
    removeEventListener('hashchange', again);
    void store.close();
  };
}

async function openLink(store: PlaygroundStore, badLink: (message: string) => string): Promise<void> {
  const link = location.hash.slice(1);
  if (link === '') return store.open(FIRST_STATE);
  try {
    await openState(store, link);
  } catch (error) {
    await store.open(FIRST_STATE);
    store.say(badLink((error as Error).message));
  }
}

/** What reads links is fetched for those who have one. */
async function openState(store: PlaygroundStore, link: string): Promise<void> {
  const { stateOfLink } = await import('../state/share-link');
  const { scenario: id, ...state } = await stateOfLink(link);
  if (id === undefined) return store.open(state);
  const { scenarioOf } = await import('../scenarios');
  const scenario = scenarioOf(id);
  return scenario ? store.open({ ...state, scenario: id }, scenario.actions.length) : store.open(state);
}
