import common from '@podlan/tooling/vitest';
import { mergeConfig } from 'vitest/config';

/** A browser for each file: two at once, beside the tests of labs, wait for one another more than they work. */
export default mergeConfig(common, { test: { maxWorkers: 1 } });
