import { afterAll, describe, expect, test } from 'vitest';
import { DocumentedPackage } from '../src/api/documented-package.js';
import { withChecks } from '../src/api/example-code.js';
import { ExampleRunner } from '../src/api/example-runner.js';
import { rootFile } from '../src/workspace.js';

const folder = rootFile('packages/tooling/test/documented');

describe('a package with every fault', () => {
  const documented = new DocumentedPackage(folder);
  const runner = new ExampleRunner(folder);
  afterAll(() => runner.close());
  const run = (name) => runner.faultsOf(documented.examples.find((one) => one.name === name));

  test('names what has no doc comment', () => {
    expect(documented.undocumented()).toEqual([
      'Undocumented (src/index.ts)',
      'Counter.count (src/index.ts)',
    ]);
  });

  test('names the functions and classes that have no example', () => {
    expect(documented.withoutExample()).toEqual(['bare (src/index.ts)', 'Base (src/index.ts)']);
  });

  test('names the members that no example uses', () => {
    expect(documented.unusedMembers()).toEqual(['Counter.count (src/index.ts)']);
  });

  test('says where an example does not compile', () => {
    const [first, second, ...others] = documented.typeErrors();
    expect(first).toMatch(/^src\/index\.ts:30: 'twice' is declared but its value is never read/);
    expect(second).toMatch(/^src\/index\.ts:34: Argument of type 'string'/);
    expect(others).toEqual([]);
  });

  test.each(['twice', 'twice 2', 'testOne', 'Counter'])(
    'has nothing to say of the good example %s',
    async (name) => {
      expect(await run(name)).toEqual([]);
    },
  );

  test('says which promise was broken, and which was never come to', async () => {
    expect(await run('half')).toEqual([
      'line 32: half(4)\n  // => 3\n  is 2',
      'line 33: half(0)\n  was never reached',
    ]);
  });

  test('shows what an example died of', async () => {
    const [fault] = await run('half 2');
    expect(fault).toMatch(/on its way/);
    expect(await run('half 3')).toEqual(['ended with 7\n']);
    expect(await run('twice')).toEqual([]);
  });

  test('shows which test of a test file failed', async () => {
    const [fault] = await run('testOne 2');
    expect(fault).toMatch(/expected 1 to be 2/);
  });
});

test.each(['const a = 1; // => 1', '// => 1', 'f(1 // => 1\n);'])(
  'a promise without a statement before it is refused: %s',
  (code) => {
    expect(() => withChecks(code)).toThrow('line 1: expected an expression statement before "// =>"');
  },
);

test('checks stand on the lines of their statements', () => {
  const { code } = withChecks('f(\n  1,\n);\n// => [\n//      1 ]\ng(); // => 2');
  expect(code).toBe(
    'checkExample(0, (f(\n  1,\n)), ([ 1 ]));\n// => [\n//      1 ]\ncheckExample(1, (g()), (2)); // => 2',
  );
});
