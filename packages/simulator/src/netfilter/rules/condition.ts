/** Matches: an expression, an operator, and what it is compared with. */
import { compileExpression, type Expression } from './expression.js';
import { compilePattern, type Sets } from './lookup.js';
import { members, NotUnderstood } from './not-understood.js';
import type { PacketContext } from './packet-context.js';
import { constant, isScalarType, type Value } from './value.js';

export type Condition = (context: PacketContext) => boolean;

/** Throws NotUnderstood. */
export function compileMatch(body: unknown, sets: Sets): Condition {
  const { op, left, right } = members(body);
  const expression = compileExpression(left, sets);
  const test = compileTest(op, expression, right, sets);
  return (context) => {
    const value = expression.read(context);
    return value !== undefined && test(value);
  };
}

function compileTest(
  op: unknown,
  expression: Expression,
  right: unknown,
  sets: Sets,
): (value: Value) => boolean {
  const { type } = expression;
  const isFlags = isScalarType(type) && type.kind === 'flags';
  if (isFlags && (op === 'in' || op === '!')) return anyFlag(right, expression, op === 'in');
  if (op === '==' || op === 'in') return compilePattern(right, type, sets);
  if (op === '!=') {
    const matches = compilePattern(right, type, sets);
    return (value) => !matches(value);
  }
  return compileOrder(op, expression, right);
}

/** `ct state established,related`: whether any of them is set; none, for `!`. */
function anyFlag(right: unknown, { type }: Expression, wanted: boolean): (value: Value) => boolean {
  const mask = isScalarType(type) ? constant(right, type) : undefined;
  if (typeof mask !== 'bigint') throw new NotUnderstood(right);
  return (value) => typeof value === 'bigint' && ((value & mask) !== 0n) === wanted;
}

const ORDERS: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
};

function compileOrder(op: unknown, { type }: Expression, right: unknown): (value: Value) => boolean {
  const order = typeof op === 'string' && Object.hasOwn(ORDERS, op) ? ORDERS[op] : undefined;
  if (order === undefined || !isScalarType(type)) throw new NotUnderstood({ op });
  const bound = constant(right, type);
  if (typeof bound !== 'bigint') throw new NotUnderstood(right);
  return (value) => typeof value === 'bigint' && order(value, bound);
}
