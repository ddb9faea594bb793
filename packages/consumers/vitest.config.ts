import shared from '@podlan/tooling/vitest';
import { mergeConfig } from 'vitest/config';

export default mergeConfig(shared, {
  test: { globalSetup: 'test/tarballs.ts', testTimeout: 120_000, hookTimeout: 120_000 },
});
