/** The `podlan` command. */
import { complain } from './complain.js';
import { podlanProgram } from './program.js';

try {
  await podlanProgram().parseAsync();
} catch (error) {
  complain(error as Error);
  process.exitCode = 1;
}
