/** Longest-prefix match of IPv4 addresses as numbers: a Map per prefix length, longest first. */
import { ipToBytes, prefixAddress, prefixLength } from '@podlan/wire';

export const numberOf = (text) => new DataView(ipToBytes(text).buffer).getUint32(0);

export class NumberMaps {
  #levels = [];

  insert(prefix, value) {
    const length = prefixLength(prefix);
    let level = this.#levels.find((one) => one.length === length);
    if (!level) {
      level = { length, mask: length === 0 ? 0 : -1 << (32 - length), values: new Map() };
      this.#levels.push(level);
      this.#levels.sort((a, b) => b.length - a.length);
    }
    level.values.set(numberOf(prefixAddress(prefix)) & level.mask, value);
  }

  lookup(address) {
    for (const { mask, values } of this.#levels) {
      const value = values.get(address & mask);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}
