/**
 * The tests that keep a package's API documented by code that runs: every export has a doc comment, every function and
 * class an `@example`, every public method a place in one; all of them compile, run, and come to what their `// =>` say.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { DocumentedPackage } from './src/api/documented-package.js';
import { ExampleRunner } from './src/api/example-runner.js';

/** To be called by a test file in the `test` folder of the package, with its `import.meta.url`. */
export function testExamples(testFileUrl) {
  const folder = fileURLToPath(new URL('..', testFileUrl)).replace(/\/$/, '');
  const documented = new DocumentedPackage(folder);

  describe('the public API', () => {
    test('has a doc comment everywhere', () => expect(documented.undocumented()).toEqual([]));
    test('has an example of every function and class', () => expect(documented.withoutExample()).toEqual([]));
    test('has a place for every public method in an example', () =>
      expect(documented.unusedMembers()).toEqual([]));
  });

  describe('the examples', () => {
    const runner = new ExampleRunner(folder);
    afterAll(() => runner.close());
    test('compile', () => expect(documented.typeErrors()).toEqual([]));
    test.each(documented.examples)('$name', async (example) => {
      expect(await runner.faultsOf(example)).toEqual([]);
    });
  });
}
