/**
 * An example's code, with its promises made checks:
 *
 *     expression;  // => literal         on the line where the statement ends, or on the next
 *                  //    more of it      indented by three spaces or more
 *
 * becomes `checkExample(index, (expression), (literal))` on the same line. The literal is any JavaScript expression.
 */
import ts from 'typescript';

const PROMISE = /^(?:[^\S\n]*\n)?[^\S\n]*(\/\/ =>)(.*(?:\n[^\S\n]*\/\/ {3,}.*)*)/;

const literalOf = (text) => text.replace(/\n\s*\/\/\s*/g, ' ').trim();

/** The statements that promise something: `{ expression, literal, comment }`, with positions in `source`. */
function promisesIn(source) {
  const found = [];
  const visit = (node) => {
    const promise = ts.isExpressionStatement(node) && PROMISE.exec(source.text.slice(node.end));
    if (promise) {
      const comment = node.end + promise[0].indexOf(promise[1]);
      found.push({ expression: node.expression, literal: literalOf(promise[2]), comment });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function requireAllKept(source, promises) {
  const kept = new Set(promises.map(({ comment }) => comment));
  for (const { index } of source.text.matchAll(/\/\/ =>/g)) {
    if (kept.has(index)) continue;
    const line = source.getLineAndCharacterOfPosition(index).line + 1;
    throw new SyntaxError(`line ${line}: expected an expression statement before "// =>"`);
  }
}

/** `{ code, promises }`: TypeScript with the same lines, and what each check of it stands for. */
export function withChecks(code) {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true);
  const promises = promisesIn(source);
  requireAllKept(source, promises);
  const described = promises.map(({ expression, literal }) => ({
    line: source.getLineAndCharacterOfPosition(expression.getStart()).line,
    text: expression.getText(),
    literal,
  }));
  let checked = code;
  for (const [index, { expression, literal }] of [...promises.entries()].reverse()) {
    const call = `checkExample(${index}, (${expression.getText()}), (${literal}))`;
    checked = checked.slice(0, expression.getStart()) + call + checked.slice(expression.end);
  }
  return { code: checked, promises: described };
}

/** JavaScript that runs as a module, in a process where `checkExample` is there. */
export function runnable(code) {
  const { code: checked, promises } = withChecks(code);
  const { outputText, diagnostics } = ts.transpileModule(checked, {
    reportDiagnostics: true,
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  if (diagnostics.length > 0) {
    throw new SyntaxError(ts.flattenDiagnosticMessageText(diagnostics[0].messageText, '\n'));
  }
  return { code: outputText, promises };
}
