/** What may come next on a command line: read off the program itself, and off the labs that are up. */
import type { Command, Option } from 'commander';
import { type Position, positionIn } from './position.js';

export interface Candidate {
  readonly word: string;
  readonly says: string;
}

/** What only this machine knows. */
export interface Names {
  /** Of labs that are up. */
  labs(): readonly string[];
  /** Hosts and pods of a lab. */
  inLab(lab: string): { readonly hosts: readonly string[]; readonly pods: readonly string[] };
}

/** Nothing: a file, as far as this knows. `words` as for `positionIn`. */
export function candidates(program: Command, words: readonly string[], names: Names): Candidate[] {
  const position = positionIn(program, words);
  const lab = labIn(words);
  const all = wordsAt(position, names, lab);
  return all
    .filter(({ word }) => word.startsWith(position.prefix))
    .map(({ word, says }) => ({ word: `${position.kept}${word}`, says }));
}

function wordsAt(position: Position, names: Names, lab: string): Candidate[] {
  const { command, given, awaited, prefix, onlyArguments } = position;
  if (awaited) return valuesOf(awaited, command, names);
  if (prefix.startsWith('-') && !onlyArguments) return optionWords(command);
  const below = given.length === 0 ? commandWords(command) : [];
  return [...below, ...argumentWords(position, names, lab)];
}

const commandWords = (command: Command): Candidate[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .map((below) => ({ word: below.name(), says: below.description() }));

const optionWords = (command: Command): Candidate[] =>
  command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long ? [{ word: long, says: description }] : []));

const plain = (words: readonly string[]): Candidate[] => words.map((word) => ({ word, says: '' }));

/** `--store <sqlite|etcd>` says what it takes; a lower-case word alone is no choice but the name of one. */
function valuesOf(option: Option, command: Command, names: Names): Candidate[] {
  if (option.argChoices) return plain(option.argChoices);
  const choice = /[<[]([\w.-]+(?:\|[\w.-]+)+)[>\]]/.exec(option.flags)?.[1];
  if (choice !== undefined) return plain(choice.split('|').filter((word) => word !== 'address'));
  return option.long === '--name' && isAboutLabs(command) ? plain(names.labs()) : [];
}

const isAboutLabs = (command: Command): boolean =>
  command.name() === 'trace' || command.name() === 'lab' || command.parent?.name() === 'lab';

function argumentWords({ command, given }: Position, names: Names, lab: string): Candidate[] {
  const argument = command.registeredArguments[given.length];
  if (!argument) return [];
  if (argument.argChoices) return plain(argument.argChoices);
  const known = () => names.inLab(lab);
  if (argument.name() === 'host') return plain(known().hosts);
  const isEnd = ['host|pod', 'source', 'destination'].includes(argument.name());
  return isEnd ? plain([...known().hosts, ...known().pods]) : [];
}

/** The lab that the command line names so far. */
function labIn(words: readonly string[]): string {
  const at = words.findIndex((word) => word === '--name' || word.startsWith('--name='));
  if (at < 0) return 'podlan';
  const value = words[at]!.slice('--name='.length) || words[at + 1];
  return (value === '=' ? words[at + 2] : value) || 'podlan';
}
