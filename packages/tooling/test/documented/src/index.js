export const twice = (value) => value + value;

export function half(value) {
  return value / 2;
}

export function testOne() {}

export function bare() {}

class Base {
  add(more) {
    return Math.min(more, 1);
  }
}

export class Counter extends Base {
  #count = 0;

  add(more) {
    this.#count += more;
    return this.#count;
  }

  get count() {
    return this.#count;
  }
}
