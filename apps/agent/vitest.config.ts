import common from '@podlan/tooling/vitest';
import { mergeConfig } from 'vitest/config';

/**
 * Labs wait more than they work, and do not get in each other's way. How long they may take is for a busy machine: what has to
 * be quick says so in its test.
 */
export default mergeConfig(common, {
  test: { maxWorkers: 2, testTimeout: 120_000, hookTimeout: 180_000 },
});
