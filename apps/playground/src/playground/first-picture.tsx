/** What a playground shows first, to be drawn where nothing runs yet: while a page is built. */
import type { ComponentType } from 'react';
import { type Language, LanguageProvider } from '../language';
import { FIRST_STATE } from '../state/playground-state';
import { PlaygroundStore } from './playground-store';
import { Workbench } from './workbench';

export async function firstPicture(): Promise<ComponentType<{ readonly language: Language }>> {
  const store = new PlaygroundStore();
  await store.open(FIRST_STATE);
  const shown = store.get()!;
  return function FirstPicture({ language }) {
    return (
      <LanguageProvider value={language}>
        <Workbench {...{ store, shown }} />
      </LanguageProvider>
    );
  };
}
