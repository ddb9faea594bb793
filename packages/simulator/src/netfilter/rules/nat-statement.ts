/** `masquerade`, `snat to`, `dnat to`: to what a rule of a nat chain translates a connection. */
import { addressOfValue, boundsOf } from '@podlan/linux/prefix';
import { type Family, familyOf, type IpAddress } from '@podlan/wire';
import type { NatRange } from '../unique-tuple.js';
import { compileExpression, type Read } from './expression.js';
import { prefixOf, type Sets } from './lookup.js';
import { members, NotUnderstood, tagged } from './not-understood.js';
import type { PacketContext } from './packet-context.js';
import { address, constant, number, type ScalarType, type Type, type Value } from './value.js';

const PORT = number(16);
const RANDOM_FLAGS: ReadonlySet<unknown> = new Set(['random', 'fully-random']);
/** That the same client gets the same address: with one address it always does. */
const KNOWN_FLAGS: ReadonlySet<unknown> = new Set([...RANDOM_FLAGS, 'persistent']);

/** Whether the rule has decided: not where it is for the other family. */
export type NatStep = (context: PacketContext) => 'accept' | 'drop' | 'next';

export function compileMasquerade(body: unknown, sets: Sets): NatStep {
  const random = isRandom(members(body).flags);
  const ports = compileRange(members(body).port, PORT, sets);
  return (context) => {
    const { masqueradeSource } = context.traversal;
    if (context.translate === undefined) return 'next';
    // A device without an address of the family: the kernel has nothing to send from.
    if (masqueradeSource === undefined || familyOf(masqueradeSource) !== context.head.family) return 'drop';
    const addresses = [masqueradeSource, masqueradeSource] as const;
    context.translate({ addresses, ...portsOf(ports?.(context)), random });
    return 'accept';
  };
}

const portsOf = (bounds: readonly [bigint, bigint] | undefined): Pick<NatRange, 'ports'> =>
  bounds === undefined ? {} : { ports: [Number(bounds[0]), Number(bounds[1])] };

/** `family` is that of the table, 0 for inet. */
export function compileTranslation(body: unknown, tableFamily: Family | 0, sets: Sets): NatStep {
  const { addr, port, family: named, flags } = members(body);
  const family = named === 'ip' ? 4 : named === 'ip6' ? 6 : tableFamily || familyIn(addr);
  const random = isRandom(flags);
  const target = compileTarget(addr, port, family, sets);
  return (context) => {
    if (context.translate === undefined || (family !== 0 && context.head.family !== family)) return 'next';
    const range = target(context);
    if (range === undefined) return 'next';
    context.translate({ ...range, random });
    return 'accept';
  };
}

type Target = (context: PacketContext) => Omit<NatRange, 'random'> | undefined;

function compileTarget(addr: unknown, port: unknown, family: Family | 0, sets: Sets): Target {
  if (givesPort(addr, sets)) return compileBoth(addr, family, sets);
  const addresses = family === 0 ? undefined : compileRange(addr, address(family), sets);
  if (addr !== undefined && addresses === undefined) throw new NotUnderstood(addr);
  const ports = compileRange(port, PORT, sets);
  return (context) => {
    const chosen = addresses?.(context);
    if (addresses !== undefined && chosen === undefined) return undefined;
    const chosenPorts = ports?.(context);
    if (ports !== undefined && chosenPorts === undefined) return undefined;
    return { ...(chosen && family && { addresses: asAddresses(chosen, family) }), ...portsOf(chosenPorts) };
  };
}

function asAddresses([first, last]: readonly [bigint, bigint], family: Family): [IpAddress, IpAddress] {
  return [addressOfValue(family, first), addressOfValue(family, last)];
}

/** A map from what the packet has to an address and a port together: `dnat ip addr . port to … map @services`. */
function compileBoth(addr: unknown, family: Family | 0, sets: Sets): Target {
  if (family === 0) throw new NotUnderstood(addr);
  const type: Type = [address(family), PORT];
  const { read } = compileExpression(addr, sets, type);
  return (context) => {
    const value = read(context);
    if (!Array.isArray(value)) return undefined;
    const [to, port] = value as [bigint, bigint];
    return { addresses: asAddresses([to, to], family), ports: [Number(port), Number(port)] };
  };
}

function givesPort(addr: unknown, sets: Sets): boolean {
  const { data } = members(members(addr).map);
  const elements = typeof data === 'string' ? sets.elements(data.slice(1)) : members(data).set;
  const first: unknown = Array.isArray(elements) ? elements[0] : undefined;
  return Array.isArray(first) && tagged(first[1])?.[0] === 'concat';
}

type RangeRead = (context: PacketContext) => readonly [bigint, bigint] | undefined;

function compileRange(json: unknown, type: ScalarType, sets: Sets): RangeRead | undefined {
  if (json === undefined) return undefined;
  const bounds = constantRange(json, type);
  if (bounds !== undefined) return () => bounds;
  const { read }: { read: Read } = compileExpression(json, sets, type);
  return (context) => {
    const value: Value | undefined = read(context);
    return typeof value === 'bigint' ? [value, value] : undefined;
  };
}

function constantRange(json: unknown, type: ScalarType): readonly [bigint, bigint] | undefined {
  const [tag, body] = tagged(json) ?? [];
  if (tag === 'range' && Array.isArray(body) && body.length === 2) {
    const [first, last] = [constant(body[0], type), constant(body[1], type)] as [bigint, bigint];
    if (first > last) throw new NotUnderstood(json);
    return [first, last];
  }
  if (tag !== 'prefix') return undefined;
  const prefix = prefixOf(members(body).addr, members(body).len);
  if (prefix === undefined || prefix.includes(':') !== (type.family === 6)) throw new NotUnderstood(json);
  const { first, last } = boundsOf(prefix);
  return [first, last];
}

/** In a table of both families, an address tells which it is for. */
function familyIn(addr: unknown): Family | 0 {
  const [tag, body] = tagged(addr) ?? [];
  const text =
    tag === 'range' && Array.isArray(body) ? body[0] : tag === 'prefix' ? members(body).addr : addr;
  if (typeof text !== 'string') return 0;
  return text.includes(':') ? 6 : 4;
}

function isRandom(flags: unknown): boolean {
  const all = flags === undefined ? [] : Array.isArray(flags) ? flags : [flags];
  if (!all.every((flag) => KNOWN_FLAGS.has(flag))) throw new NotUnderstood({ flags });
  return all.some((flag) => RANDOM_FLAGS.has(flag));
}
