/** What each part of a playground is drawn in: of use to pages that were drawn before, where parts come alive one by one. */
import { type ComponentType, createContext, Fragment, type ReactNode } from 'react';

export type Part = ComponentType<{ readonly children: ReactNode }>;

export const PartContext = createContext<Part>(Fragment);
