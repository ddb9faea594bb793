/** podlan(1), made from the program itself. */
import { ENVIRONMENT, EXITS, everyCommand, MANUALS, nameOf } from '../dist/commands/manual.js';
import { podlanProgram } from '../dist/program.js';

/** roff takes a dot or quote at the start of a line for a command, and a bare hyphen for one to break at. */
const roff = (text) =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');

const term = (name, says) => ['.TP', `.B ${roff(name)}`, roff(says) || '\\&'];

function section(command) {
  const help = command.createHelp();
  const { examples = [], exits } = MANUALS[nameOf(command)] ?? {};
  return [
    `.SS ${roff(`${nameOf(command)} ${command.usage()}`)}`,
    roff(command.description()),
    ...help.visibleArguments(command).flatMap((argument) => term(argument.name(), argument.description)),
    ...help.visibleOptions(command).flatMap((option) => term(option.flags, help.optionDescription(option))),
    ...examples.flatMap(({ line, says }) => ['.PP', `${roff(says)}:`, '.EX', roff(line), '.EE']),
    ...Object.entries(exits ?? {}).flatMap(([code, says]) => term(`exit code ${code}`, says)),
  ];
}

export function manualPage(version) {
  const [program, ...commands] = [...everyCommand(podlanProgram())];
  return `${[
    `.TH PODLAN 1 "" "podlan ${version}"`,
    '.SH NAME',
    `podlan \\- ${roff(program.description())}`,
    '.SH SYNOPSIS',
    '.B podlan',
    roff('COMMAND [OPTIONS]'),
    '.SH COMMANDS',
    ...commands.flatMap(section),
    '.SH "EXIT STATUS"',
    ...Object.entries(EXITS).flatMap(([code, says]) => term(code, says)),
    '.SH ENVIRONMENT',
    ...Object.entries(ENVIRONMENT).flatMap(([name, says]) => term(name, says)),
    '.SH FILES',
    ...term('/etc/default/podlan', 'flags of the agent that podlan.service starts'),
    ...term('/run/flannel/subnet.env', "this host's subnet, for CNI plugins"),
  ].join('\n')}\n`;
}
