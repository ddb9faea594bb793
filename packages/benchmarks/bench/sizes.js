/** Sizes of the generated tables: SIZES, or all of them. */

/** About as many prefixes as the global routing table has had of each family. */
export const FULL = { 4: 902_000, 6: 160_000 };

export function sizesOf(family, wanted = process.env.SIZES ?? '100,1000,10000,100000,full') {
  return wanted.split(',').map((name) => {
    const size = name === 'full' ? FULL[family] : Number(name);
    if (!Number.isInteger(size) || size < 1 || size > FULL[family])
      throw new RangeError(`SIZES: expected sizes up to ${FULL[family]} or full, got ${name}`);
    return size;
  });
}
