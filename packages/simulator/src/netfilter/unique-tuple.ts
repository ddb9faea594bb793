/** What a new connection is translated to, so that its answers are told from all others' (nf_nat_core.c). */
import { addressOfValue, addressValue } from '@podlan/linux/prefix';
import { type IpAddress, IpProtocol } from '@podlan/wire';
import type { Random } from '../random.js';
import type { Connection, ConnectionTable } from './connection-table.js';
import type { Side } from './translate.js';
import { type Endpoint, hasPorts, inverse, isIcmp, isSame, type Tuple } from './tuple.js';

/** What may be chosen from. */
export interface NatRange {
  /** First and last; the one that is there if absent. */
  readonly addresses?: readonly [IpAddress, IpAddress];
  /** First and last port, or ICMP id. */
  readonly ports?: readonly [number, number];
  /** `random` and `fully-random`: the port is not kept. */
  readonly random: boolean;
}

/** NF_NAT_MAX_ATTEMPTS, and how few are worth another round. */
const MOST_ATTEMPTS = 128;
const LEAST_ATTEMPTS = 16;

/** Decides about one side of a connection, for good. */
export function translateTo(
  connection: Connection,
  side: Side,
  range: NatRange,
  table: ConnectionTable,
  random: Random,
): void {
  const current = inverse(connection.reply);
  const chosen = new Choice(connection, side, range, table, random).choose(current);
  connection.decided[side] = true;
  if (isSame(chosen, current)) return;
  connection.reply = inverse(chosen);
  connection.translated[side] = true;
}

class Choice {
  readonly #connection: Connection;
  readonly #side: Side;
  readonly #range: NatRange;
  readonly #table: ConnectionTable;
  readonly #random: Random;

  constructor(connection: Connection, side: Side, range: NatRange, table: ConnectionTable, random: Random) {
    this.#connection = connection;
    this.#side = side;
    this.#range = range;
    this.#table = table;
    this.#random = random;
  }

  /** get_unique_tuple */
  choose(current: Tuple): Tuple {
    const isSource = this.#side === 'source';
    if (isSource && !this.#range.random) {
      const kept = this.#isInRange(current) ? current : this.#asOthersOfTheSource(current);
      if (kept !== undefined && this.#isFree(kept)) return kept;
    }
    const moved = this.#with(current, { address: this.#address(current[this.#side].address) });
    return this.#keepsPort(moved) ? moved : this.#withFreePort(moved);
  }

  /** find_appropriate_src */
  #asOthersOfTheSource(current: Tuple): Tuple | undefined {
    for (const { original, reply } of this.#table.withSource(this.#connection.original)) {
      if (original.family !== current.family) continue;
      const alike = this.#with(current, reply.destination);
      if (this.#isInRange(alike)) return alike;
    }
    return undefined;
  }

  #keepsPort(tuple: Tuple): boolean {
    const { ports, random } = this.#range;
    if (random) return false;
    if (ports === undefined) return this.#isFree(tuple);
    return this.#portIsInRange(tuple) && (ports[0] === ports[1] || this.#isFree(tuple));
  }

  /** nf_nat_l4proto_unique_tuple: the last one tried, where none is free. */
  #withFreePort(tuple: Tuple): Tuple {
    const [min, max] = this.#portsFor(tuple) ?? [0, -1];
    const size = max - min + 1;
    if (size <= 0) return tuple;
    let offset = this.#side === 'source' || this.#range.random ? this.#random16() : 0;
    let last = tuple;
    for (let attempts = Math.min(size, MOST_ATTEMPTS); ; attempts = attempts >> 1) {
      for (let i = 0; i < attempts; i++, offset++) {
        last = this.#with(tuple, { port: min + (offset % size) });
        if (this.#isFree(last)) return last;
      }
      if (attempts >= size || attempts < LEAST_ATTEMPTS) return last;
      offset = this.#random16();
    }
  }

  /** Well-known ports stay well-known. A destination's port is only changed to one that was named. */
  #portsFor(tuple: Tuple): readonly [number, number] | undefined {
    if (isIcmp(tuple.protocol)) return this.#range.ports ?? [0, 65535];
    if (!hasPorts(tuple.protocol)) return undefined;
    if (this.#range.ports !== undefined) return this.#range.ports;
    if (this.#side === 'destination') return undefined;
    const { port } = tuple.source;
    if (port < 512) return [1, 511];
    return port < 1024 ? [600, 1023] : [1024, 65535];
  }

  #random16(): number {
    return Math.floor(this.#random() * 0x10000);
  }

  #address(current: IpAddress): IpAddress {
    const { addresses } = this.#range;
    if (addresses === undefined) return current;
    const [first, last] = addresses;
    if (first === last) return first;
    const size = Number(addressValue(last) - addressValue(first)) + 1;
    const nth = BigInt(Math.floor(this.#random() * size));
    return addressOfValue(first.includes(':') ? 6 : 4, addressValue(first) + nth);
  }

  #isInRange(tuple: Tuple): boolean {
    const { addresses } = this.#range;
    const value = addressValue(tuple[this.#side].address);
    const isInside =
      addresses === undefined || (addressValue(addresses[0]) <= value && value <= addressValue(addresses[1]));
    return isInside && this.#portIsInRange(tuple);
  }

  #portIsInRange(tuple: Tuple): boolean {
    const [first, last] = this.#range.ports ?? [0, 65535];
    const { port } = tuple[this.#side];
    return first <= port && port <= last;
  }

  /** nf_nat_used_tuple */
  #isFree(tuple: Tuple): boolean {
    return !this.#table.isTaken(inverse(tuple), this.#connection);
  }

  /** The id of an ICMP query is on both sides of the tuple. */
  #with(tuple: Tuple, change: Partial<Endpoint>): Tuple {
    const changed = { ...tuple, [this.#side]: { ...tuple[this.#side], ...change } };
    if (tuple.protocol !== IpProtocol.icmp && tuple.protocol !== IpProtocol.icmpv6) return changed;
    const { port } = changed[this.#side];
    return {
      ...changed,
      source: { ...changed.source, port },
      destination: { ...changed.destination, port },
    };
  }
}
