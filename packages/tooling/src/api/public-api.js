/** What a package exports, as its sources say it: functions, classes with their members, types and constants. */
import { join, relative } from 'node:path';
import ts from 'typescript';
import { readDocComment } from './doc-comment.js';
import { entryPoints } from './entry-points.js';

/**
 * `{ name, kind: 'function' | 'class' | 'other', file, summary, examples, members }` per export, each once however many
 * subpaths offer it. A class has its public methods and accessors as `members`: `{ name, isNamed, file, summary, examples }`.
 */
export function publicApi(folder) {
  const files = entryPoints(folder).map(({ source }) => join(folder, source));
  const program = ts.createProgram(files, compilerOptions(folder, 'tsconfig.json'));
  const reader = { checker: program.getTypeChecker(), folder };
  const symbols = new Set(files.flatMap((file) => exportsOf(reader, program.getSourceFile(file))));
  return [...symbols]
    .filter((symbol) => isDeclaredIn(symbol, join(folder, 'src')))
    .map((symbol) => describeExport(reader, symbol));
}

export function compilerOptions(folder, name) {
  const path = join(folder, name);
  const { config, error } = ts.readConfigFile(path, ts.sys.readFile);
  if (error) throw new Error(ts.flattenDiagnosticMessageText(error.messageText, '\n'));
  return ts.parseJsonConfigFileContent(config, ts.sys, folder).options;
}

function exportsOf({ checker }, sourceFile) {
  return checker
    .getExportsOfModule(checker.getSymbolAtLocation(sourceFile))
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol));
}

/** What a package only passes on is documented where it is declared. */
const isDeclaredIn = (symbol, src) =>
  symbol.declarations?.some((declaration) => declaration.getSourceFile().fileName.startsWith(`${src}/`));

function kindOf({ checker }, symbol) {
  if (symbol.flags & ts.SymbolFlags.Class) return 'class';
  if (symbol.flags & ts.SymbolFlags.Function) return 'function';
  const isCallable =
    symbol.flags & ts.SymbolFlags.Variable && checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0;
  return isCallable ? 'function' : 'other';
}

function describeExport(reader, symbol) {
  const kind = kindOf(reader, symbol);
  return {
    name: symbol.name,
    kind,
    ...describe(reader, symbol),
    members: kind === 'class' ? membersOf(reader, symbol) : [],
  };
}

const HIDDEN = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;

/** Methods and accessors; what a field holds its type and name say. */
function membersOf(reader, symbol) {
  const statics = [...(symbol.exports?.values() ?? [])];
  return [...symbol.members.values(), ...statics]
    .filter(({ valueDeclaration: one }) => one && (ts.isMethodDeclaration(one) || ts.isAccessor(one)))
    .filter(({ valueDeclaration: one }) => !ts.isPrivateIdentifier(one.name))
    .filter(({ valueDeclaration: one }) => !(ts.getCombinedModifierFlags(one) & HIDDEN))
    .map((member) => ({
      name: `${symbol.name}.${member.valueDeclaration.name.getText()}`,
      // One under a symbol is called by a statement (`using`, `for … of`), and by name nowhere.
      isNamed: !ts.isComputedPropertyName(member.valueDeclaration.name),
      ...describe(reader, member),
    }));
}

/** The first comment among the declarations (an overload's will do), else what is said in the interface it implements. */
function describe({ checker, folder }, symbol) {
  const comments = symbol.declarations.flatMap((declaration) => ownComment(declaration));
  const inherited = ts.displayPartsToString(symbol.getDocumentationComment(checker));
  const declaration = symbol.declarations[0];
  return {
    file: relative(folder, declaration.getSourceFile().fileName),
    summary: comments.map(({ summary }) => summary).find(Boolean) ?? inherited,
    examples: comments.flatMap(({ examples }) => examples),
  };
}

function ownComment(declaration) {
  const comment = ts.getJSDocCommentsAndTags(declaration).filter(ts.isJSDoc).at(-1);
  if (!comment) return [];
  const source = declaration.getSourceFile();
  const { line } = source.getLineAndCharacterOfPosition(comment.getStart(source));
  return [readDocComment(source.text.slice(comment.getStart(source), comment.end), line + 1)];
}
