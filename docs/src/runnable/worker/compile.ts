/**
 * Makes code ready to run: imports name blobs instead of packages, and values are caught. Lines stay where they are.
 *
 *     import { parseMac } from '@podlan/wire';          import { parseMac } from "blob:null/…";
 *     parseMac('02:00:00:00:00:01');  // => …           podlanValue((parseMac('02:00:00:00:00:01')));  // => …
 */

import { type ImportDeclaration, type Literal, type Node, type Program, parse } from 'acorn';
import type { Entries } from './entry-modules';

/** The function that the worker has for values. */
export const VALUE = 'podlanValue';

/** Code that can't be run, and the line that says why. */
export class CodeError extends SyntaxError {
  override readonly name = 'SyntaxError';
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Throws CodeError where the code is no module, or imports what isn't there. */
export function compile(code: string, entries: Entries, urlOf: (name: string) => string): string {
  const program = parsed(code);
  const edits = [...importEdits(program, entries, urlOf), ...valueEdits(program, code)];
  edits.sort((one, other) => other.start - one.start);
  return edits.reduce(
    (text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end),
    code,
  );
}

function parsed(code: string): Program {
  try {
    return parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
  } catch (error) {
    if (!(error instanceof SyntaxError && 'loc' in error)) throw error;
    // Acorn ends its messages with (line:column).
    const message = error.message.replace(/ \(\d+:\d+\)$/, '');
    throw new CodeError(message, (error.loc as { line: number }).line);
  }
}

function importEdits(program: Program, entries: Entries, urlOf: (name: string) => string): Edit[] {
  const edits: Edit[] = [];
  for (const node of nodesIn(program)) {
    const name = importedName(node);
    if (name === undefined) continue;
    const { value, start, end } = name;
    const entry = entries[String(value)];
    if (entry === undefined) throw new CodeError(notThere(value, entries), name.loc!.start.line);
    if (node.type === 'ImportDeclaration') requireExports(node as ImportDeclaration, entry);
    edits.push({ start, end, text: JSON.stringify(urlOf(String(value))) });
  }
  return edits;
}

const notThere = (name: unknown, entries: Entries) =>
  `cannot import '${name}' here: expected one of ${Object.keys(entries).join(', ')}`;

/** Import and re-export alike, and `import()` of a literal. */
function importedName(node: Node): (Literal & Node) | undefined {
  const { source } = node as { source?: Node | null };
  return source?.type === 'Literal' ? (source as Literal) : undefined;
}

function requireExports({ specifiers, source }: ImportDeclaration, entry: object): void {
  for (const specifier of specifiers) {
    if (specifier.type === 'ImportNamespaceSpecifier') continue;
    const { imported } = specifier as { imported?: { name?: string; value?: unknown } };
    const name = String(imported === undefined ? 'default' : (imported.name ?? imported.value));
    if (!(name in entry))
      throw new CodeError(`'${source.value}' has no export named '${name}'`, specifier.loc!.start.line);
  }
}

/** The last statement's value is shown, as a prompt does it, and every one that a comment promises: `// => 4`. */
function valueEdits({ body }: Program, code: string): Edit[] {
  return body.flatMap((statement, index) => {
    if (statement.type !== 'ExpressionStatement' || statement.directive !== undefined) return [];
    const { start, end } = statement.expression;
    const isPromised = /^[)\s;]*\/\/ =>/.test(code.slice(end));
    if (index < body.length - 1 && !isPromised) return [];
    return [
      { start, end: start, text: `${VALUE}((` },
      { start: end, end, text: '))' },
    ];
  });
}

function* nodesIn(value: unknown): Generator<Node> {
  if (typeof value !== 'object' || value === null) return;
  if (typeof (value as Node).type === 'string') yield value as Node;
  for (const child of Object.values(value)) yield* nodesIn(child);
}
