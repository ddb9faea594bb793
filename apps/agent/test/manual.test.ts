/** What the manual says beyond flags is true of the command: examples are understood, variables are those it reads. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ENVIRONMENT, everyCommand, MANUALS, nameOf } from '../dist/commands/manual.js';
import { podlanProgram } from '../dist/program.js';

const commands = [...everyCommand(podlanProgram())].filter(({ parent }) => parent !== null);

test('every command has an example, and no other has', () => {
  expect(Object.keys(MANUALS).sort()).toEqual(commands.map(nameOf).sort());
});

const lines = Object.values(MANUALS).flatMap(({ examples }) => examples.map(({ line }) => line));

test.each(lines)('%s', async (line) => {
  const words = line.replace(/ \|.*/, '').split(' ').slice(1);
  const ran: string[] = [];
  const program = podlanProgram();
  for (const command of everyCommand(program)) {
    command.exitOverride().configureOutput({ writeErr: () => {} });
    if (command.commands.length === 0 || command.name() === 'leases')
      command.action(() => void ran.push(nameOf(command)));
  }
  await program.parseAsync(words, { from: 'user' });
  expect(ran).toHaveLength(1);
  expect(line.startsWith(ran[0]!)).toBe(true);
});

test('its help shows examples and exit codes', () => {
  const trace = commands.find((command) => command.name() === 'trace')!;
  let help = '';
  trace.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  expect(help).toContain('Examples:\n  podlan trace pod-a1 pod-b1  # in the lab');
  expect(help).toContain('Exit codes:\n  0  answered, or a datagram that arrived\n  1  lost');
});

test('every variable that is read is in the manual, and nothing else is', () => {
  const folder = new URL('../src/', import.meta.url);
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');
  const read = [...sources.matchAll(/process\.env\.([A-Z_]+)/g)].map(([, name]) => name);
  expect(Object.keys(ENVIRONMENT).sort()).toEqual([...new Set(read)].sort());
});
