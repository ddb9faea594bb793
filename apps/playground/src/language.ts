/** The language that a reader reads in: every folder with words has a `text.ts` that holds them in each. */
import { createContext, useContext } from 'react';

export type Language = 'en' | 'zh-Hans';

/** Words by what they are for: sentences, and functions that make one of values. */
// biome-ignore lint/suspicious/noExplicitAny: sentences are made of whatever they tell of
type Words = { readonly [name: string]: string | ((...values: any[]) => string) | Words };

/** What one language says, the other says too. */
type Same<T> = {
  readonly [K in keyof T]: T[K] extends string ? string : T[K] extends Words ? Same<T[K]> : T[K];
};

export type Text<T> = Readonly<Record<Language, Same<T>>>;

export const textIn = <const T extends Words>(en: T, zh: Same<T>): Text<T> => ({
  en: en as unknown as Same<T>,
  'zh-Hans': zh,
});

const LanguageContext = createContext<Language>('en');

export const LanguageProvider = LanguageContext.Provider;

export const useLanguage = (): Language => useContext(LanguageContext);

export const useText = <T>(text: Text<T>): Same<T> => text[useLanguage()];
