/** The data of the MaxMind DB format 2.0: a control byte with type and size, then the value. What a table needs of it. */

const TYPE = { string: 2, map: 7, uint16: 5, uint32: 6, uint64: 9, array: 11 };
const FIRST_EXTENDED = 8;
const LARGEST_SHORT_SIZE = 28;

function control(type, size) {
  if (size > LARGEST_SHORT_SIZE) throw new RangeError(`expected at most ${LARGEST_SHORT_SIZE}, got ${size}`);
  // Types above 7 have 0 in the control byte, and their number less 7 after it.
  return type < FIRST_EXTENDED ? [(type << 5) | size] : [size, type - 7];
}

/** Big-endian without leading zeros; 0 has no bytes at all. */
function bytesOf(number) {
  const bytes = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return bytes;
}

function unsigned(type, number) {
  const bytes = bytesOf(number);
  return [...control(type, bytes.length), ...bytes];
}

export const uint16 = (number) => unsigned(TYPE.uint16, number);
export const uint32 = (number) => unsigned(TYPE.uint32, number);
export const uint64 = (number) => unsigned(TYPE.uint64, number);

export function string(text) {
  const bytes = [...Buffer.from(text)];
  return [...control(TYPE.string, bytes.length), ...bytes];
}

/** Of values that are encoded already. */
export const array = (values) => [...control(TYPE.array, values.length), ...values.flat()];

export function map(entries) {
  const pairs = Object.entries(entries);
  return [...control(TYPE.map, pairs.length), ...pairs.flatMap(([key, value]) => [...string(key), ...value])];
}
