/**
 * The binary trie of the MaxMind DB format: every node has two records, each another node, a value, or nothing. A
 * prefix inside another splits that one's record, so an address meets the longest prefix first.
 */

const EMPTY = 0;

/** Values are stored as -(value index + 1), so that they are neither nodes nor EMPTY. Node 0 is the root. */
export class SearchTree {
  #records = new Int32Array(1024);
  nodeCount = 1;

  record(node, bit) {
    return this.#records[node * 2 + bit];
  }

  #takeNode(inherited) {
    if ((this.nodeCount + 1) * 2 > this.#records.length) {
      const larger = new Int32Array(this.#records.length * 2);
      larger.set(this.#records);
      this.#records = larger;
    }
    this.#records.fill(inherited, this.nodeCount * 2, this.nodeCount * 2 + 2);
    return this.nodeCount++;
  }

  #childOf(node, bit) {
    const at = node * 2 + bit;
    if (this.#records[at] <= EMPTY) {
      const child = this.#takeNode(this.#records[at]);
      this.#records[at] = child;
    }
    return this.#records[at];
  }

  /** Prefixes come from short to long. */
  insert(words, length, valueIndex) {
    const leaf = -(valueIndex + 1);
    if (length === 0) {
      this.#records.fill(leaf, 0, 2);
      return;
    }
    const bitAt = (at) => (words[at >> 5] >>> (31 - (at & 31))) & 1;
    let node = 0;
    for (let at = 0; at < length - 1; at++) node = this.#childOf(node, bitAt(at));
    this.#records[node * 2 + bitAt(length - 1)] = leaf;
  }
}
