/** Commands of commander as plain data, for pages: what is in them, and nothing of how they run. */

/** `(default: …)` at the end of a description, as those of flags have it whose default commander can't know. */
const SAID_DEFAULT = /^(.*?) ?\(default(?: (with [^:]+))?: ([^)]*)\)$/s;

/**
 * Splits a description: `port (default: 80 for tcp)` is `port`, and `80 for tcp` its default.
 * @returns {{ text: string, byDefault?: string, when?: string }}
 */
export function splitDefault(description) {
  const [, text, when, byDefault] = SAID_DEFAULT.exec(description) ?? [];
  return byDefault === undefined ? { text: description } : { text, byDefault, ...(when && { when }) };
}

/** A default as one would type it. `--verbose` and lists that begin empty have none to tell. */
function literalDefault({ defaultValue, defaultValueDescription }) {
  if (defaultValueDescription) return { byDefault: defaultValueDescription };
  if (defaultValue === undefined || Array.isArray(defaultValue)) return {};
  return { literal: String(defaultValue) };
}

function optionOf(option) {
  return {
    name: option.long.replace(/^--/, ''),
    flags: option.flags,
    ...splitDefault(option.description),
    ...literalDefault(option),
    ...(option.envVar && { variable: option.envVar }),
  };
}

const argumentOf = (argument) => ({
  syntax: `${argument.required ? '<' : '['}${argument.name()}${argument.variadic ? '...' : ''}${argument.required ? '>' : ']'}`,
  text: argument.description,
});

/** A command, with those below it in `commands`. `manual` has its examples and exit codes, by `nameOf(command)`. */
export function commandModel(command, { manuals, exits, nameOf }) {
  const name = nameOf(command);
  return {
    name,
    usage: `${name} ${command.usage()}`,
    text: command.description(),
    arguments: command.registeredArguments.map(argumentOf),
    options: command.options.filter(({ hidden, long }) => !hidden && long !== '--version').map(optionOf),
    examples: manuals[name]?.examples ?? [],
    exits: manuals[name]?.exits ?? exits,
    commands: command.commands.map((below) => commandModel(below, { manuals, exits, nameOf })),
  };
}

/** Everything that is said in words, and so is to be translated. */
export function textsOf(model) {
  const defaults = model.options.flatMap(({ byDefault, when }) => [byDefault, when]).filter(isWords);
  return [
    model.text,
    ...[...model.arguments, ...model.options].map(({ text }) => text),
    ...defaults,
    ...model.examples.map(({ says }) => says),
    ...Object.values(model.exits),
    ...model.commands.flatMap(textsOf),
  ].filter(Boolean);
}

/** The same of variables, name by meaning. */
export function textsOfVariables(environment) {
  const parts = Object.values(environment).map(splitDefault);
  return parts.flatMap(({ text, byDefault }) => [text, ...[byDefault].filter(isWords)]);
}

/** A path, a number or a list of URLs reads the same in every language. */
export const isWords = (text) => text?.includes(' ') ?? false;
