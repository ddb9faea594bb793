/** The commands that a page shows for a lab, read as what they do: the same lines run in the page on a simulated cluster. */
import { PLAIN_CLUSTER } from '../state/first-state';
import type { Action, ClusterShape, PacketShape } from '../state/playground-state';

/** One line of a script, and what it does. */
export interface Step {
  readonly line: string;
  readonly actions: readonly Action[];
}

export interface LabScript {
  readonly cluster: ClusterShape;
  readonly steps: readonly Step[];
}

/** Throws SyntaxError that says which line is not understood, and what would be. */
export function parseLabScript(code: string): LabScript {
  const [up = '', ...others] = linesOf(code);
  const { cluster, actions } = labUp(up);
  return {
    cluster,
    steps: [{ line: up, actions }, ...others.map((line) => ({ line, actions: [actionOf(line)] }))],
  };
}

const linesOf = (code: string): string[] =>
  code
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

interface Words {
  readonly plain: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** Options that are there or not; all others have a value. */
const FLAGS = new Set(['df', 'live', 'verbose', 'bytes']);

/** `known` are those that the page can do, and those that change nothing in it. */
function wordsOf(line: string, text: string, known: readonly string[]): Words {
  const plain: string[] = [];
  const options: Record<string, string> = {};
  const words = text.split(/\s+/).filter(Boolean);
  for (let i = 0; i < words.length; i++) {
    const name = /^--(.+)$/.exec(words[i]!)?.[1];
    if (name === undefined) plain.push(words[i]!);
    else if (!known.includes(name)) throw refusal(line, known.map((one) => `--${one}`).join(', '));
    else options[name] = FLAGS.has(name) ? 'yes' : (words[++i] ?? '');
  }
  return { plain, options };
}

const MOST_HOSTS = 6;

function labUp(line: string): { cluster: ClusterShape; actions: Action[] } {
  const [, text] = /^podlan lab up\b(.*)$/.exec(line) ?? [];
  if (text === undefined) throw refusal(line, 'podlan lab up');
  const { options } = wordsOf(line, text, ['hosts', 'pods', 'backend', 'dataplane', 'family']);
  const { backend, dataplane, family } = options;
  const hosts = count(line, options.hosts ?? '2');
  const pods = count(line, options.pods ?? '1');
  const cluster = {
    ...PLAIN_CLUSTER,
    ...(backend && { backend: oneOf(line, backend, ['vxlan', 'host-gw', 'udp']) }),
    ...(dataplane && { dataplane: oneOf(line, dataplane, ['wasm', 'kernel']) }),
    ...(family && { family: oneOf(line, family, ['ipv4', 'ipv6', 'dual']) }),
  };
  const names = Array.from({ length: hosts }, (_, i) => `host-${String.fromCharCode(97 + i)}`);
  return {
    cluster,
    actions: [
      ...names.map((): Action => ({ do: 'join' })),
      ...names.flatMap((host) => Array.from({ length: pods }, (): Action => ({ do: 'add-pod', host }))),
    ],
  };
}

function actionOf(line: string): Action {
  const [, command = '', rest = ''] = /^podlan (lab join|lab leave|lab exec|trace)\b(.*)$/.exec(line) ?? [];
  switch (command) {
    case 'lab join': {
      const { dataplane } = wordsOf(line, rest, ['dataplane']).options;
      return { do: 'join', ...(dataplane && { dataplane: oneOf(line, dataplane, ['wasm', 'kernel']) }) };
    }
    case 'lab leave':
      return { do: 'leave', host: wordsOf(line, rest, []).plain[0] ?? '' };
    case 'lab exec':
      return execAction(line, rest);
    case 'trace':
      return traceAction(line, wordsOf(line, rest, TRACE_OPTIONS));
    default:
      throw refusal(line, 'podlan lab join, leave or exec, or podlan trace');
  }
}

function execAction(line: string, rest: string): Action {
  const [, at, command] = /^\s+(\S+)\s+--\s+(.+)$/.exec(rest) ?? [];
  if (at === undefined || command === undefined) throw refusal(line, 'podlan lab exec PLACE -- COMMAND');
  return { do: 'run', at, line: command };
}

const TRACE_OPTIONS = ['proto', 'dport', 'size', 'df', 'family', 'live', 'verbose', 'bytes'];

function traceAction(line: string, { plain: [from, to], options }: Words): Action {
  if (from === undefined || to === undefined) throw refusal(line, 'podlan trace SRC DST');
  const { proto = 'icmp', dport, size, df, family } = options;
  const packet: PacketShape = {
    ...{ from, to, protocol: oneOf(line, proto, ['icmp', 'tcp', 'udp']) },
    ...(dport && { port: Number(dport) }),
    ...(size && { size: Number(size) }),
    ...(df && { dontFragment: true }),
    ...(family && { family: oneOf(line, family, ['ipv4', 'ipv6']) === 'ipv6' ? 6 : 4 }),
  };
  return { do: 'send', packet };
}

function oneOf<const T extends string>(line: string, word: string, words: readonly T[]): T {
  const found = words.find((one) => one === word);
  if (found === undefined) throw refusal(line, words.join(', '));
  return found;
}

function count(line: string, word: string): number {
  const number = Number(word);
  if (Number.isInteger(number) && number >= 0 && number <= MOST_HOSTS) return number;
  throw refusal(line, `a number up to ${MOST_HOSTS}`);
}

const refusal = (line: string, expected: string): SyntaxError =>
  new SyntaxError(`${line}: expected ${expected}`);
