/** The slow way to allocate: lists every subnet there is and crosses out those that share an address with a taken one. */

export interface Block {
  readonly start: number;
  readonly size: number;
}

export function lowestFreeBlock(
  first: number,
  last: number,
  size: number,
  taken: readonly Block[],
): number | undefined {
  for (let start = first; start <= last; start += size) {
    const addresses = Array.from({ length: size }, (_, i) => start + i);
    const isTaken = (address: number) =>
      taken.some((block) => address >= block.start && address < block.start + block.size);
    if (!addresses.some(isTaken)) return start;
  }
  return undefined;
}
