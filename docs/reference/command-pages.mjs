/** The pages of the `podlan` command in Markdown, from its model and the words of one language. */
import { isWords, splitDefault } from './command-model.mjs';

/**
 * @typedef {object} Words what the pages say around the texts of the command, and these texts in the pages' language
 * @property {(english: string) => string} of
 * @property {Record<string, any>} frame
 */

const code = (text) => `\`${text}\``;
const LITERAL = /--[a-z][a-z-]+|\/[a-z][\w./-]*|\b[A-Z]+_[A-Z_]+\b/g;

/** Text as Markdown: flags, paths and variables in it are code, and nothing else in it is markup. */
const prose = (text) => text.replace(/[<>*{}[\]]/g, (mark) => `\\${mark}`).replace(LITERAL, code);

/** In Chinese a Latin word that stands first is a name. */
const sentence = (text, { frame }) =>
  `${frame.capital ? text[0].toUpperCase() : text[0]}${text.slice(1)}${frame.stop}`;

/** What a row of a table may hold. */
const cell = (text) => text.replaceAll('|', '\\|');

const heading = (level, text, id) => `${'#'.repeat(level)} ${text} {#${id}}`;

function defaultOf({ literal, byDefault, when }, { of, frame }) {
  const value =
    literal === undefined && isWords(byDefault) ? prose(of(byDefault)) : code(literal ?? byDefault);
  return `${frame.default}${when ? frame.when(of(when)) : ''}${frame.colon}${value}`;
}

function optionLines(option, prefix, level, words) {
  const { frame, of } = words;
  const facts = [
    sentence(prose(of(option.text)), words),
    ...((option.literal ?? option.byDefault) ? [`${defaultOf(option, words)}${frame.stop}`] : []),
    ...(option.variable ? [`${frame.variable}${frame.colon}${code(option.variable)}${frame.stop}`] : []),
  ];
  return [heading(level, code(option.flags), prefix + option.name), facts.join(frame.space)];
}

const isSame = (option, other) => option.flags === other.flags && option.text === other.text;

/** Options of a verb; those which the command above it has too are only named. */
function optionsOf(model, above, prefix, level, words) {
  const known = model.options.filter((option) => above?.options.some((other) => isSame(option, other)));
  const own = model.options.filter((option) => !known.includes(option));
  const links = known.map(({ name }) => `[${code(`--${name}`)}](#${name})`).join(words.frame.comma);
  return [
    ...own.flatMap((option) => optionLines(option, prefix, level, words)),
    ...(known.length > 0 ? [`${words.frame.asAbove(code(above.name))}${words.frame.colon}${links}`] : []),
  ];
}

const shell = (text) => `\`\`\`sh\n${text}\n\`\`\``;

const examplesOf = ({ examples }, { of }) =>
  examples.length > 0 ? [shell(examples.map(({ line, says }) => `# ${of(says)}\n${line}`).join('\n\n'))] : [];

const argumentsOf = (model, { of, frame }) =>
  model.arguments
    .filter(({ text }) => text)
    .map(({ syntax, text }) => `${code(syntax)}${frame.colon}${prose(of(text))}`);

const exitLines = (exits, { of, frame }) =>
  Object.entries(exits)
    .map(([code, says]) => `- \`${code}\`${frame.colon}${prose(of(says))}`)
    .join('\n');

/** Usage, arguments, examples and exit codes; the latter where they are not those of every command. */
function aboutOf(model, exits, words) {
  return [
    sentence(prose(words.of(model.text)), words),
    `\`\`\`text\n${model.usage}\n\`\`\``,
    ...argumentsOf(model, words),
    ...examplesOf(model, words),
    ...(model.exits === exits || model.commands.length > 0
      ? []
      : [`${words.frame.exits}${words.frame.colon}`.trim(), exitLines(model.exits, words)]),
  ];
}

const verbLines = (verb, above, exits, words) => [
  heading(2, code(verb.name), verb.name.split(' ').at(-1)),
  ...aboutOf(verb, exits, words),
  ...optionsOf(verb, above, `${verb.name.split(' ').at(-1)}-`, 3, words),
];

const GENERATED = '<!-- Made from the program by npm run reference; not to be edited. -->';

const head = (position, description) =>
  `---\nsidebar_position: ${position}\ndescription: ${JSON.stringify(description)}\n---\n\n${GENERATED}`;

const page = (parts) => `${parts.join('\n\n')}\n`;

function commandPage(model, position, exits, words) {
  const { frame, of } = words;
  return page([
    head(position, of(model.text)),
    `# ${model.name}`,
    ...aboutOf(model, exits, words),
    ...(model.options.length > 0
      ? [heading(2, frame.options, 'options'), ...optionsOf(model, undefined, '', 3, words)]
      : []),
    ...model.commands.flatMap((verb) => verbLines(verb, model, exits, words)),
  ]);
}

/** Every command of a page with what it is for, those below it after it. */
function commandRows(models, { of }) {
  const row = (model, link) => `| [${code(model.name)}](${link}) | ${cell(prose(of(model.text)))} |`;
  return models.flatMap((model) => {
    const file = `${model.name.split(' ').at(-1)}.md`;
    const verbs = model.commands.map((verb) => row(verb, `${file}#${verb.name.split(' ').at(-1)}`));
    return [row(model, file), ...verbs];
  });
}

function variableLines(environment, words) {
  return Object.entries(environment).map(([name, says]) => {
    const { text, byDefault } = splitDefault(says);
    const fact = byDefault ? frameIn(words, byDefault) : '';
    return `| ${code(name)} | ${cell(prose(words.of(text)))}${fact} |`;
  });
}

const frameIn = (words, byDefault) =>
  `${words.frame.stop}${words.frame.space}${defaultOf({ byDefault }, words)}`;

function overview(model, environment, words) {
  const { frame } = words;
  return page([
    head(1, frame.overview),
    `# ${frame.title}`,
    frame.introduction,
    heading(2, frame.commands, 'commands'),
    [`| ${frame.command} | ${frame.meaning} |`, '|---|---|', ...commandRows(model.commands, words)].join(
      '\n',
    ),
    heading(2, frame.environment, 'environment'),
    frame.flagVariables,
    [`| ${frame.variable} | ${frame.meaning} |`, '|---|---|', ...variableLines(environment, words)].join(
      '\n',
    ),
    heading(2, frame.exits, 'exit-codes'),
    exitLines(model.exits, words),
    frame.otherExits,
  ]);
}

/** @returns {Record<string, string>} the pages by their file names */
export function commandPages(model, environment, words) {
  const pages = model.commands.map((command, index) => [
    `${command.name.split(' ').at(-1)}.md`,
    commandPage(command, index + 2, model.exits, words),
  ]);
  return { 'index.md': overview(model, environment, words), ...Object.fromEntries(pages) };
}
