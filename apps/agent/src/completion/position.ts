/** Where a half-typed command line stands in the tree of commands. */
import type { Command, Option } from 'commander';

export interface Position {
  readonly command: Command;
  /** Arguments of that command, before the word that is being typed. */
  readonly given: readonly string[];
  /** The option whose value is being typed. */
  readonly awaited?: Option;
  /** What is typed of the word so far. */
  readonly prefix: string;
  /** What of the word stays: `--proto=` in front of a value. */
  readonly kept: string;
  /** Behind `--` nothing is an option. */
  readonly onlyArguments: boolean;
}

const findOption = (command: Command, word: string): Option | undefined =>
  command.options.find(({ long, short }) => long === word || short === word);

/** `words`: all behind the program's name, the last the one that is being typed, maybe empty. */
export function positionIn(program: Command, words: readonly string[]): Position {
  let command = program;
  let awaited: Option | undefined;
  let onlyArguments = false;
  const given: string[] = [];
  const before = words.slice(0, -1);
  for (const word of before) {
    // bash makes words of its own out of `--proto=tcp`: three.
    if (awaited && word === '=') continue;
    const below = command.commands.find((one) => one.name() === word);
    if (awaited) awaited = undefined;
    else if (!onlyArguments && word === '--') onlyArguments = true;
    else if (!onlyArguments && word.startsWith('-')) awaited = awaiting(findOption(command, word));
    else if (below && given.length === 0) command = below;
    else given.push(word);
  }
  return {
    command,
    given,
    onlyArguments,
    ...typed(command, words.at(-1) ?? '', onlyArguments ? undefined : awaited),
  };
}

/** A value that may be left out, as that of `--ip-masq`, is given by `=` alone. */
const awaiting = (option: Option | undefined): Option | undefined => (option?.required ? option : undefined);

function typed(
  command: Command,
  word: string,
  awaited: Option | undefined,
): Pick<Position, 'prefix' | 'kept' | 'awaited'> {
  if (awaited) return { awaited, prefix: word === '=' ? '' : word, kept: '' };
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
  const option = name === undefined ? undefined : findOption(command, name);
  if (option && value !== undefined) return { awaited: option, prefix: value, kept: `${name}=` };
  return { prefix: word, kept: '' };
}
