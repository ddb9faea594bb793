/** The addresses at which a prefix begins and ends to hold. */

/** Writes the first and the last address of a prefix, the one before and the one after; those wrap around. */
export function writeBoundaries(into, at, prefix, length) {
  const width = prefix.length;
  for (let word = 0; word < width; word++) {
    const host = Math.max(0, Math.min(32, 32 * (word + 1) - length));
    const ones = host === 32 ? 0xffffffff : 2 ** host - 1;
    const first = (prefix[word] & ~ones) >>> 0;
    const last = (first | ones) >>> 0;
    into[at + word] = first;
    into[at + width + word] = last;
    into[at + 2 * width + word] = first;
    into[at + 3 * width + word] = last;
  }
  step(into, at + 2 * width, width, -1);
  step(into, at + 3 * width, width, 1);
}

/** Adds 1 or -1 to an address in place. */
function step(words, at, width, by) {
  for (let word = width - 1; word >= 0; word--) {
    words[at + word] += by;
    const carries = by > 0 ? words[at + word] === 0 : words[at + word] === 0xffffffff;
    if (!carries) return;
  }
}
