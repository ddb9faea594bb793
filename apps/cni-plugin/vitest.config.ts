import common from '@podlan/tooling/vitest';
import { mergeConfig } from 'vitest/config';

/** Labs wait more than they work, and do not get in each other's way. */
export default mergeConfig(common, { test: { maxWorkers: 2 } });
