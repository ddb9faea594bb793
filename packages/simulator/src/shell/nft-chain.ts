/** What stands in the braces behind `nft add chain`, and how nft prints it. */
import { notSimulated } from './command-error.js';
import type { NftText, Token } from './nft-text.js';

export interface ChainSpec {
  type?: string;
  hook?: string;
  prio?: number;
  policy?: 'accept' | 'drop';
}

const TYPES: ReadonlySet<string> = new Set(['filter', 'nat', 'route']);
const HOOKS = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
const PRIORITIES: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};
/** The hooks at which a name is one. */
const HOOK_OF: Readonly<Record<string, string>> = { dstnat: 'prerouting', srcnat: 'postrouting' };
const NEAR = 10;

/** Behind the brace. A base chain whose policy is not told accepts. */
export function readChainSpec(text: NftText): ChainSpec {
  const spec: ChainSpec = {};
  while (!text.take('}')) {
    const word = text.next('type, policy or }');
    if (word.text === 'type') readHook(text, spec);
    else if (word.text === 'policy') spec.policy = readPolicy(text);
    else throw notSimulated('type … hook … priority …, or policy', word.text, ['type', 'policy']);
    text.take(';');
  }
  return spec.hook === undefined ? spec : { policy: 'accept', ...spec };
}

function readHook(text: NftText, spec: ChainSpec): void {
  const type = text.next('a type');
  if (!TYPES.has(type.text)) throw text.refusal('unknown chain type', type);
  text.expect('hook');
  const hook = text.next('a hook');
  if (hook.text === 'ingress' || hook.text === 'egress') throw notSimulated('a hook of IP', hook.text, HOOKS);
  if (!HOOKS.includes(hook.text)) throw text.refusal('unknown chain hook', hook);
  text.expect('priority');
  Object.assign(spec, { type: type.text, hook: hook.text, prio: readPriority(text, hook.text) });
}

/** `0`, `-10`, `filter`, `filter + 5`, `mangle - 5`. */
function readPriority(text: NftText, hook: string): number {
  const token = text.next('a priority');
  if (/^-?\d{1,9}$/.test(token.text)) return Number(token.text);
  const base = baseOf(token, hook);
  if (base === undefined) throw text.refusal(`'${token.text}' is invalid priority`, token);
  const sign = text.take('+') ? 1 : text.take('-') ? -1 : 0;
  return sign === 0 ? base : base + sign * readOffset(text);
}

function baseOf({ text }: Token, hook: string): number | undefined {
  const isOfHook = HOOK_OF[text] === undefined || HOOK_OF[text] === hook;
  return Object.hasOwn(PRIORITIES, text) && isOfHook ? PRIORITIES[text] : undefined;
}

function readOffset(text: NftText): number {
  const token = text.next('a number');
  if (/^\d{1,9}$/.test(token.text)) return Number(token.text);
  throw text.refusal('syntax error, expecting number', token);
}

function readPolicy(text: NftText): 'accept' | 'drop' {
  const token = text.next('accept or drop');
  if (token.text === 'accept' || token.text === 'drop') return token.text;
  throw text.refusal('syntax error, expecting accept or drop', token);
}

/** `filter`, `mangle - 5`, or the number where none of the names is near. */
export function priorityText(priority: number, hook: string): string {
  const near = Object.entries(PRIORITIES).find(
    ([name, base]) =>
      (HOOK_OF[name] === undefined || HOOK_OF[name] === hook) && Math.abs(priority - base) <= NEAR,
  );
  if (near === undefined) return String(priority);
  const [name, base] = near;
  if (priority === base) return name;
  return `${name} ${priority > base ? '+' : '-'} ${Math.abs(priority - base)}`;
}
