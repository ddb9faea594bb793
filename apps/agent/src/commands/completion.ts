/** `podlan completion`: Tab in a shell. */
import { Argument, type Command } from 'commander';
import { SHELLS, type Shell } from '../completion/scripts.js';

export function declareCompletion(program: Command): void {
  program
    .command('completion')
    .description(
      "a script for the shell, by which Tab completes podlan's commands, flags and the names in a lab",
    )
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices([...SHELLS]))
    .argument('[words...]', 'after --: print what the last of these words may become, as the script asks')
    .option('--json', 'report as JSON')
    .action((shell: Shell, words: readonly string[], { json }: { json?: boolean }) =>
      complete(program, shell, words, json === true),
    );
}

async function complete(
  program: Command,
  shell: Shell,
  words: readonly string[],
  json: boolean,
): Promise<void> {
  const { SCRIPTS } = await import('../completion/scripts.js');
  if (words.length === 0) {
    process.stdout.write(json ? `${JSON.stringify({ shell, script: SCRIPTS[shell] })}\n` : SCRIPTS[shell]);
    return;
  }
  const [{ candidates }, { labNames }, { answer }] = await Promise.all([
    import('../completion/candidates.js'),
    import('../completion/lab-names.js'),
    import('../completion/answer.js'),
  ]);
  const found = candidates(program, words, labNames);
  process.stdout.write(json ? `${JSON.stringify(found)}\n` : answer(shell, found));
}
