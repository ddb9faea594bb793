/**
 * A remark plugin: colours code while the site is built, so that no page of text has to fetch what reads languages.
 * Each block gets which of its characters are what, for src/theme/CodeBlock/Content to draw.
 */

import { createRequire } from 'node:module';
import { normalizeTokens, Prism } from 'prism-react-renderer';
import codeTheme from './code-theme';
import { type Colour, type Run, writeRuns } from './src/coloured-code/runs';

interface Node {
  type: string;
  lang?: string | null;
  value?: string;
  data?: { hProperties?: Record<string, unknown> };
  children?: Node[];
}

type Token = ReturnType<typeof normalizeTokens>[number][number];

const MORE_LANGUAGES = ['bash', 'json'];

addLanguages();

/** Prism's own files of languages add themselves to a global Prism. */
function addLanguages(): void {
  const require = createRequire(import.meta.url);
  const global = globalThis as { Prism?: unknown };
  global.Prism = Prism;
  for (const language of MORE_LANGUAGES) require(`prismjs/components/prism-${language}`);
  delete global.Prism;
}

const RULES = codeTheme.styles.map(({ types, languages, style }) => ({
  types: new Set<string>(types),
  languages,
  colour: /--site-code-(\w+)/.exec(`${style.color}`)![1] as Colour,
}));

/** As a theme of Prism has it: of the rules for a token's types the last one counts. */
const colourOf = ({ types }: Token, language: string): Colour | undefined =>
  RULES.findLast(
    (rule) =>
      types.some((type) => rule.types.has(type)) &&
      (rule.languages === undefined || (rule.languages as string[]).includes(language)),
  )?.colour;

export function runsOf(code: string, language: string): Run[] {
  const grammar = Prism.languages[language];
  if (grammar === undefined) return [];
  const runs: Run[] = [];
  let at = 0;
  for (const line of normalizeTokens(Prism.tokenize(code, grammar))) {
    for (const token of line) {
      const length = token.empty ? 0 : token.content.length;
      const colour = colourOf(token, language);
      if (colour !== undefined && length > 0) runs.push({ at, length, colour });
      at += length;
    }
    at += '\n'.length;
  }
  return runs;
}

function colour(node: Node): void {
  if (node.type === 'code' && node.value && node.lang) {
    const runs = writeRuns(runsOf(node.value, node.lang));
    if (runs !== '') {
      node.data ??= {};
      node.data.hProperties = { ...node.data.hProperties, runs };
    }
  }
  node.children?.forEach(colour);
}

export default function colouredCode(): (tree: Node) => void {
  return colour;
}
