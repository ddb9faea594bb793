import { fileURLToPath } from 'node:url';
import shared from '@podlan/tooling/vitest';
import { mergeConfig } from 'vitest/config';

// The tests run src/, the package's own imports point at dist/.
const compiledModule = fileURLToPath(new URL('src/compiled-module.ts', import.meta.url));

export default mergeConfig(shared, { resolve: { alias: { '#compiled-module': compiledModule } } });
