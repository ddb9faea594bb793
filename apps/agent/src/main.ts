/** The `podlan` command. */
import { podlanProgram } from './program.js';

try {
  await podlanProgram().parseAsync();
} catch (error) {
  const { message, stack } = error as Error;
  process.stderr.write(`podlan: ${process.env.PODLAN_DEBUG === undefined ? message : stack}\n`);
  process.exitCode = 1;
}
