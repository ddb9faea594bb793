/** Hands the runs of a block past the theme's own parts, which know nothing of them. */

import { createContext } from 'react';

/** As they are written; undefined where a block has none. */
export const RunsContext = createContext<string | undefined>(undefined);
