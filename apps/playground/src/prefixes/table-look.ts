/** What there is to see of one address in one table. */
import { type LookupWalk, type PrefixTable, type RouteMatch, walkLookup } from '@podlan/dataplane';
import { type IpAddress, ipToBytes, prefixLength } from '@podlan/wire';

/** Text that somebody gave a prefix, or the number of a generated one's next hop. */
export type Value = string | number;

/** As a worker sends it. */
export interface Look {
  readonly address: IpAddress;
  /** Every prefix that contains the address, shortest first: the last one decides. */
  readonly covering: readonly RouteMatch<Value>[];
  readonly walk: LookupWalk<Value>;
}

/** A table to look addresses up in; another object whenever it has changed. */
export interface LookSource {
  look(address: IpAddress): Look | Promise<Look>;
}

export function lookIn(table: PrefixTable<Value>, address: IpAddress): Look {
  return { address, covering: table.lookupAll(address), walk: walkLookup(table, address) };
}

/** The bits of an address, as 0 and 1. */
export function bitsOf(address: IpAddress): string {
  return Array.from(ipToBytes(address), (byte) => byte.toString(2).padStart(8, '0')).join('');
}

/** The prefix that decides; none where none contains the address. */
export const longestOf = ({ covering }: Look): RouteMatch<Value> | undefined => covering.at(-1);

/** How many bits of the address are the longest prefix's. */
export function matchedBits(look: Look): number {
  const longest = longestOf(look);
  return longest === undefined ? 0 : prefixLength(longest.prefix);
}
