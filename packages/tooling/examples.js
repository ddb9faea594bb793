/**
 * The tests that keep a package's API documented by code that runs: every export has a doc comment, every function and
 * class an `@example`, every public method a place in one; all of them compile, run, and come to what their `// =>` say.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { DocumentedPackage } from './src/api/documented-package.js';
import { faultsOfRun } from './src/api/example-run.js';

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
    test('compile', () => expect(documented.typeErrors()).toEqual([]));
    test.concurrent.for(documented.examples)('$name', async (example, context) => {
      context.expect(await faultsOfRun(example, folder)).toEqual([]);
    });
  });
}
