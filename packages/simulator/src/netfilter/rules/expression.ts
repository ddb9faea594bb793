/** What a rule reads: fields of the packet, what is known of it, arithmetic, maps. Compiled once, read per packet. */

import { addressValue } from '@podlan/linux/prefix';
import { destinationAt } from '../packet-head.js';
import { addressAt, type Tuple } from '../tuple.js';
import { compileLookup, type Sets } from './lookup.js';
import * as names from './names.js';
import { members, NotUnderstood, tagged } from './not-understood.js';
import type { PacketContext } from './packet-context.js';
import { HEADERS, readBits } from './payload-fields.js';
import {
  address,
  constant,
  flags,
  isScalarType,
  number,
  type Scalar,
  type ScalarType,
  TEXT,
  type Type,
  type Value,
} from './value.js';

/** Undefined where the packet has no such thing; the rule then does not match. */
export type Read<T = Value> = (context: PacketContext) => T | undefined;

export interface Expression {
  readonly type: Type;
  readonly read: Read;
}

/** Throws NotUnderstood. `wanted` is the type of constants, which do not say it themselves. */
export function compileExpression(json: unknown, sets: Sets, wanted?: Type): Expression {
  const [tag, body] = tagged(json) ?? [];
  const compile = tag !== undefined && Object.hasOwn(COMPILERS, tag) ? COMPILERS[tag] : undefined;
  if (compile !== undefined) return compile(body, sets, wanted);
  if (wanted === undefined || !isScalarType(wanted)) throw new NotUnderstood(json);
  const value = constant(json, wanted);
  return { type: wanted, read: () => value };
}

type Compile = (body: unknown, sets: Sets, wanted?: Type) => Expression;

const COMPILERS: Readonly<Record<string, Compile>> = {
  payload: compilePayload,
  meta: compileMeta,
  ct: compileCt,
  fib: compileFib,
  numgen: compileNumgen,
  concat: compileConcat,
  map: compileMap,
  '&': arithmetic((a, b) => a & b),
  '|': arithmetic((a, b) => a | b),
  '^': arithmetic((a, b) => a ^ b),
  '<<': arithmetic((a, b) => a << (b & 127n)),
  '>>': arithmetic((a, b) => a >> (b & 127n)),
};

function compilePayload(body: unknown): Expression {
  const { protocol, field, base, offset, len } = members(body);
  if (base !== undefined) return rawPayload(base, offset, len);
  const header =
    typeof protocol === 'string' && Object.hasOwn(HEADERS, protocol) ? HEADERS[protocol] : undefined;
  const isKnown = header !== undefined && typeof field === 'string' && Object.hasOwn(header.fields, field);
  if (!isKnown) throw new NotUnderstood({ payload: body });
  const { offset: bit, type } = header.fields[field]!;
  return {
    type,
    read({ head }) {
      if (header.family !== undefined && head.family !== header.family) return undefined;
      if (header.protocol !== undefined && head.protocol !== header.protocol) return undefined;
      const from = header.isNetwork ? head.at : head.transportAt;
      return from === undefined ? undefined : readBits(head.bytes, from, head.end, bit, type.bits);
    },
  };
}

function rawPayload(base: unknown, offset: unknown, bits: unknown): Expression {
  const isThere = (base === 'nh' || base === 'th') && isBits(offset, 0, 2048) && isBits(bits, 1, 128);
  if (!isThere) throw new NotUnderstood({ base, offset, bits });
  const read: Read = ({ head }) => {
    const from = base === 'nh' ? head.at : head.transportAt;
    return from === undefined ? undefined : readBits(head.bytes, from, head.end, offset, bits);
  };
  return { type: number(bits), read };
}

const isBits = (value: unknown, min: number, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;

const META: Readonly<Record<string, Expression>> = {
  iifname: { type: TEXT, read: ({ traversal }) => traversal.iif ?? '' },
  oifname: { type: TEXT, read: ({ traversal }) => traversal.oif ?? '' },
  iif: { type: TEXT, read: ({ traversal }) => traversal.iif ?? '' },
  oif: { type: TEXT, read: ({ traversal }) => traversal.oif ?? '' },
  mark: { type: number(32), read: ({ mark }) => BigInt(mark) },
  l4proto: { type: number(8, names.PROTOCOLS), read: ({ head }) => BigInt(head.protocol) },
  nfproto: {
    type: number(8, names.NF_PROTOCOLS),
    read: ({ head }) => BigInt(names.NF_PROTOCOLS[head.family === 4 ? 'ipv4' : 'ipv6']),
  },
  protocol: {
    type: number(16, names.ETHER_TYPES),
    read: ({ head }) => BigInt(names.ETHER_TYPES[head.family === 4 ? 'ip' : 'ip6']),
  },
  length: { type: number(32), read: ({ head }) => BigInt(head.end - head.at) },
};

function compileMeta(body: unknown): Expression {
  const { key } = members(body);
  if (typeof key !== 'string' || !Object.hasOwn(META, key)) throw new NotUnderstood({ meta: body });
  return META[key]!;
}

const CT: Readonly<Record<string, Expression>> = {
  state: { type: flags(32, names.CT_STATES), read: ({ tracked }) => BigInt(names.CT_STATES[tracked.state]) },
  direction: {
    type: number(8, names.CT_DIRECTIONS),
    read: ({ tracked }) => tracked.connection && BigInt(names.CT_DIRECTIONS[tracked.direction]),
  },
  status: { type: flags(32, names.CT_STATUS), read: statusOf },
  mark: { type: number(32), read: ({ tracked: { connection } }) => connection && BigInt(connection.mark) },
};

function statusOf({ tracked: { connection } }: PacketContext): bigint | undefined {
  if (connection === undefined) return undefined;
  const { seenReply, assured, confirmed, translated } = connection;
  const bits = names.CT_STATUS;
  const sum =
    (seenReply ? bits['seen-reply'] : 0) |
    (assured ? bits.assured : 0) |
    (confirmed ? bits.confirmed : 0) |
    (translated.source ? bits.snat : 0) |
    (translated.destination ? bits.dnat : 0);
  return BigInt(sum);
}

/** Of the connection's tuples: `ct original ip daddr`. */
const TUPLE_KEYS: Readonly<Record<string, readonly [ScalarType, (tuple: Tuple) => Scalar]>> = {
  'ip saddr': [address(4), ({ source }) => addressValue(source.address)],
  'ip daddr': [address(4), ({ destination }) => addressValue(destination.address)],
  'ip6 saddr': [address(6), ({ source }) => addressValue(source.address)],
  'ip6 daddr': [address(6), ({ destination }) => addressValue(destination.address)],
  'proto-src': [number(16), ({ source }) => BigInt(source.port)],
  'proto-dst': [number(16), ({ destination }) => BigInt(destination.port)],
};

function compileCt(body: unknown): Expression {
  const { key, dir } = members(body);
  if (typeof key === 'string' && dir === undefined && Object.hasOwn(CT, key)) return CT[key]!;
  const isTuple = typeof key === 'string' && Object.hasOwn(TUPLE_KEYS, key);
  if (!isTuple || (dir !== 'original' && dir !== 'reply')) throw new NotUnderstood({ ct: body });
  const [type, of] = TUPLE_KEYS[key]!;
  const read: Read = ({ tracked: { connection } }) => {
    const isOther = type.family !== undefined && connection?.original.family !== type.family;
    return connection === undefined || isOther ? undefined : of(connection[dir]);
  };
  return { type, read };
}

function compileFib(body: unknown): Expression {
  const { result, flags: of } = members(body);
  const isDestination = of === 'daddr' || (Array.isArray(of) && of.length === 1 && of[0] === 'daddr');
  if (result !== 'type' || !isDestination) throw new NotUnderstood({ fib: body });
  return { type: number(32, names.ADDRESS_TYPES), read: destinationType };
}

function destinationType({ head, hook, traversal }: PacketContext): bigint {
  const destination = addressAt(head, destinationAt(head));
  const isLocal = traversal.toLocal ?? (hook === 'input' || (hook === 'output' && traversal.oif === 'lo'));
  const types = names.ADDRESS_TYPES;
  if (destination === '255.255.255.255') return BigInt(types.broadcast);
  if (isMulticast(destination)) return BigInt(types.multicast);
  return BigInt(isLocal || destination.startsWith('127.') ? types.local : types.unicast);
}

function isMulticast(text: string): boolean {
  if (text.includes(':')) return text.startsWith('ff');
  const first = Number(text.slice(0, text.indexOf('.')));
  return first >= 224 && first < 240;
}

function compileNumgen(body: unknown): Expression {
  const { mode, mod, offset = 0 } = members(body);
  if (!isBits(mod, 1, 2 ** 32 - 1) || !isBits(offset, 0, 2 ** 32 - 1))
    throw new NotUnderstood({ numgen: body });
  const type = number(32);
  if (mode === 'random') {
    return { type, read: ({ random }) => BigInt(Math.floor(random() * mod) + offset) };
  }
  if (mode !== 'inc') throw new NotUnderstood({ numgen: body });
  let next = 0;
  return { type, read: () => BigInt((next++ % mod) + offset) };
}

function compileConcat(body: unknown, sets: Sets, wanted?: Type): Expression {
  if (!Array.isArray(body) || body.length === 0) throw new NotUnderstood({ concat: body });
  const types = wanted === undefined || isScalarType(wanted) ? [] : wanted;
  const parts = body.map((part, i) => scalar(compileExpression(part, sets, types[i])));
  return {
    type: parts.map(({ type }) => type),
    read(context) {
      const values = parts.map(({ read }) => read(context) as Scalar | undefined);
      return values.some((value) => value === undefined) ? undefined : (values as Scalar[]);
    },
  };
}

function scalar(expression: Expression): { readonly type: ScalarType; readonly read: Read } {
  const { type, read } = expression;
  if (!isScalarType(type)) throw new NotUnderstood('a concatenation in another expression');
  return { type, read };
}

function compileMap(body: unknown, sets: Sets, wanted?: Type): Expression {
  const { key, data } = members(body);
  if (wanted === undefined) throw new NotUnderstood({ map: body });
  const source = compileExpression(key, sets);
  const lookup = compileLookup(data, source.type, sets, (json) => compileExpression(json, sets, wanted).read);
  return {
    type: wanted,
    read(context) {
      const value = source.read(context);
      return value === undefined ? undefined : lookup(value)?.(context);
    },
  };
}

/** Of numbers, kept within the bits of the first. */
function arithmetic(calculate: (a: bigint, b: bigint) => bigint): Compile {
  return (body, sets, wanted) => {
    if (!Array.isArray(body) || body.length < 2) throw new NotUnderstood(body);
    const first = scalar(compileExpression(body[0], sets, wanted));
    if (first.type.kind === 'text') throw new NotUnderstood(body);
    const rest = body.slice(1).map((one) => scalar(compileExpression(one, sets, first.type)).read);
    const mask = (1n << BigInt(first.type.bits)) - 1n;
    const read: Read = (context) => {
      let result = first.read(context);
      for (const next of rest) {
        const value = next(context);
        if (typeof result !== 'bigint' || typeof value !== 'bigint') return undefined;
        result = calculate(result, value) & mask;
      }
      return result;
    };
    return { type: first.type, read };
  };
}
