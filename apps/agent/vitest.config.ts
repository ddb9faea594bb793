import common from '@podlan/tooling/vitest';
import { mergeConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They take minutes each: what starts last should not. */
const LONGEST = ['faults', 'connectivity', 'doctor', 'fidelity', 'trace'].map((name) => `/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.endsWith(name));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/**
 * Labs wait more than they work, and do not get in each other's way. How long they may take is for a busy machine: what has to
 * be quick says so in its test.
 */
export default mergeConfig(common, {
  test: {
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    sequence: { sequencer: LongestFirst },
  },
});
