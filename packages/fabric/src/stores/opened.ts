/** A store that is opened, or that holds nothing open. */
interface Openable {
  open(): Promise<unknown>;
  close(): Promise<void>;
}

/** Closes the store where it can't be opened, and rejects with the reason. */
export async function opened<Store extends Openable>(store: Store): Promise<Store> {
  try {
    await store.open();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}
