/**
 * How many prefixes of each length a table has: the shape of the global routing table, in thousandths, as the public
 * route collectors (RouteViews, RIPE RIS) have shown it for years. Most are as long as their neighbors accept: /24 and
 * /48. Rounded on purpose, because the shape is what matters; the few lengths beyond, which leak, are there so that
 * no structure gets away without them.
 */
const IPV4_SHARES = {
  8: 0.017,
  9: 0.014,
  10: 0.04,
  11: 0.11,
  12: 0.32,
  13: 0.62,
  14: 1.3,
  15: 2.2,
  16: 14.3,
  17: 8.8,
  18: 14.7,
  19: 26.5,
  20: 45.5,
  21: 54,
  22: 114,
  23: 101,
  24: 615,
  25: 0.4,
  26: 0.3,
  27: 0.2,
  28: 0.2,
  29: 0.2,
  30: 0.1,
  31: 0.02,
  32: 0.2,
};

const IPV6_SHARES = {
  19: 0.01,
  20: 0.07,
  24: 0.14,
  28: 0.6,
  29: 25,
  30: 2.8,
  31: 1.2,
  32: 110,
  33: 21,
  34: 21,
  35: 9,
  36: 62,
  37: 6.5,
  38: 14,
  39: 6,
  40: 101,
  41: 4.6,
  42: 16,
  43: 4.6,
  44: 92,
  45: 8,
  46: 30,
  47: 25,
  48: 438,
  49: 0.1,
  52: 0.1,
  56: 0.3,
  64: 0.7,
  96: 0.05,
  128: 0.4,
};

const SHARES = { 4: IPV4_SHARES, 6: IPV6_SHARES };

/** `[length, count]` from short to long; the counts add up to `size`. The largest remainders are rounded up. */
export function lengthCounts(family, size) {
  const shares = Object.entries(SHARES[family]).map(([length, share]) => ({ length: Number(length), share }));
  const whole = shares.reduce((sum, { share }) => sum + share, 0);
  const counts = shares.map(({ length, share }) => {
    const exact = (share * size) / whole;
    return { length, count: Math.floor(exact), rest: exact % 1 };
  });
  const missing = size - counts.reduce((sum, { count }) => sum + count, 0);
  const byRest = counts.toSorted((a, b) => b.rest - a.rest);
  for (const row of byRest.slice(0, missing)) row.count++;
  return counts.map(({ length, count }) => [length, count]);
}
