/** Constants of rules: numbers, addresses, prefixes, ranges, names. */
import type { Token } from './nft-text.js';

const NUMBER = /^(?:\d{1,15}|0x[0-9a-f]{1,8})$/i;

/** As nft's JSON has it. */
export function readValue({ text, isQuoted }: Token): unknown {
  if (isQuoted) return text;
  if (NUMBER.test(text)) return Number(text);
  const [, address, length] = /^([0-9a-f.:]+)\/(\d{1,3})$/i.exec(text) ?? [];
  if (address !== undefined) return { prefix: { addr: address, len: Number(length) } };
  const [, first, last] = /^([0-9][0-9.]*|[0-9a-f:]+)-([0-9][0-9.]*|[0-9a-f:]+)$/i.exec(text) ?? [];
  if (first !== undefined && last !== undefined) return { range: [atom(first), atom(last)] };
  return text;
}

const atom = (text: string): string | number => (NUMBER.test(text) ? Number(text) : text);
