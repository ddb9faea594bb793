/** A range of addresses as the fewest prefixes that make it up. Addresses are bigint, and work for both families. */

const lowestBit = (number) => number & -number;

function highestBit(number) {
  return 1n << BigInt(number.toString(2).length - 1);
}

/** `[first address, length]` in ascending order; `bits` is 32 or 128, `last` inclusive. */
export function rangePrefixes(first, last, bits) {
  const prefixes = [];
  for (let at = first; at <= last; ) {
    const room = highestBit(last - at + 1n);
    const aligned = at === 0n ? room : lowestBit(at);
    const block = aligned < room ? aligned : room;
    prefixes.push([at, bits - (block.toString(2).length - 1)]);
    at += block;
  }
  return prefixes;
}
