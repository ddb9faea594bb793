/** All examples of a package as one TypeScript program: what does not compile, and which members they use. */
import { join } from 'node:path';
import ts from 'typescript';
import { withChecks } from './example-code.js';
import { compilerOptions } from './public-api.js';

const CHECK_FILE = 'example-check.d.ts';
const CHECK = 'declare function checkExample(index: number, actual: unknown, expected: unknown): void;';

/** What is wrong with its promises is said where it is run. */
function checkedCode({ code }) {
  try {
    return withChecks(code).code;
  } catch {
    return code;
  }
}

/** The files are in memory only: beside the sources, so that modules are found from there. */
export class ExampleProgram {
  #program;
  #examples = new Map();
  #texts;
  #folder;

  constructor(examples, folder) {
    this.#folder = folder;
    for (const [index, one] of examples.entries())
      this.#examples.set(join(folder, `example-${index}.ts`), one);
    const check = join(folder, CHECK_FILE);
    this.#texts = new Map([[check, CHECK]]);
    for (const [path, one] of this.#examples) this.#texts.set(path, checkedCode(one));
    const options = {
      ...compilerOptions(folder, 'tsconfig.test.json'),
      moduleDetection: ts.ModuleDetectionKind.Force,
    };
    this.#program = ts.createProgram([...this.#texts.keys()], options, this.#host(options));
  }

  /** One line per error. */
  errors() {
    return [...this.#examples].flatMap(([path, example]) => {
      const source = this.#program.getSourceFile(path);
      return ts.getPreEmitDiagnostics(this.#program, source).map(({ start, messageText }) => {
        const line = example.line + source.getLineAndCharacterOfPosition(start).line;
        return `${example.file}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      });
    });
  }

  /** `Class.member` for every member that an example names, also under the names of the classes it is inherited from. */
  usedMembers() {
    const checker = this.#program.getTypeChecker();
    const used = new Set();
    const visit = (node) => {
      if (ts.isPropertyAccessExpression(node)) {
        for (const owner of ownersOf(checker, node.name)) used.add(`${owner}.${node.name.text}`);
      }
      ts.forEachChild(node, visit);
    };
    for (const path of this.#examples.keys()) visit(this.#program.getSourceFile(path));
    return used;
  }

  #host(options) {
    const host = ts.createCompilerHost(options, true);
    const { fileExists, readFile } = host;
    host.getCurrentDirectory = () => this.#folder;
    host.fileExists = (path) => this.#texts.has(path) || fileExists(path);
    host.readFile = (path) => this.#texts.get(path) ?? readFile(path);
    host.getSourceFile = (path, settings) => {
      const text = host.readFile(path);
      return text === undefined ? undefined : ts.createSourceFile(path, text, settings, true);
    };
    return host;
  }
}

/** The class or interface that declares what `name` names, and those it extends. */
function ownersOf(checker, name) {
  const declarations = checker.getSymbolAtLocation(name)?.declarations ?? [];
  const owners = declarations.filter(
    ({ parent }) => ts.isClassLike(parent) || ts.isInterfaceDeclaration(parent),
  );
  const withBases = (type) => [type, ...(checker.getBaseTypes(type) ?? []).flatMap(withBases)];
  return owners.flatMap(({ parent }) =>
    withBases(checker.getTypeAtLocation(parent)).map(({ symbol }) => symbol?.name),
  );
}
