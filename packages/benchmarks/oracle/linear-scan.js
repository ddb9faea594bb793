/** Longest-prefix match by looking at every prefix: what a table has to beat at any size. */
import { ipToBytes, parseIpAddress, parseIpPrefix, prefixAddress, prefixLength } from '@podlan/wire';

function covers(prefix, length, address) {
  if (prefix.length !== address.length) return false;
  const whole = length >> 3;
  for (let i = 0; i < whole; i++) if (prefix[i] !== address[i]) return false;
  return (length & 7) === 0 || (prefix[whole] ^ address[whole]) >> (8 - (length & 7)) === 0;
}

export class LinearScan {
  #routes = [];

  insert(text, value) {
    const prefix = parseIpPrefix(text);
    const bytes = ipToBytes(prefixAddress(prefix));
    this.#routes.push({ bytes, length: prefixLength(prefix), route: { prefix, value } });
  }

  lookup(text) {
    const address = ipToBytes(parseIpAddress(text));
    let best;
    for (const one of this.#routes) {
      if ((best === undefined || one.length > best.length) && covers(one.bytes, one.length, address))
        best = one;
    }
    return best?.route;
  }
}
