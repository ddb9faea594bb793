/** Hexadecimal, as IPv6 and MAC addresses and dumps of bytes are written. The tables are built where something uses them. */

const BAD = -1;

const DIGITS = /* @__PURE__ */ digitValues();

/** A table, because whether a digit is a letter can't be predicted and a branch on it would cost more. */
function digitValues(): Int8Array {
  const values = new Int8Array(128).fill(BAD);
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    values[digit.charCodeAt(0)] = values[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return values;
}

/** The value of a digit given as its character code, -1 where it is none. */
export function hexDigit(code: number): number {
  return code < 128 ? DIGITS[code]! : BAD;
}

/** The character code of a digit, lower case. Without a branch, as for {@link hexDigit}. */
export function hexCode(digit: number): number {
  return 48 + digit + (((9 - digit) >> 4) & 39);
}

const HEX = /* @__PURE__ */ byteTexts(2);
const SHORT_HEX = /* @__PURE__ */ byteTexts(1);

function byteTexts(digits: number): string[] {
  return Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(digits, '0'));
}

/** The 16 bits of two bytes, without leading zeros. */
export function hexGroup(high: number, low: number): string {
  return high === 0 ? SHORT_HEX[low]! : SHORT_HEX[high]! + HEX[low]!;
}

/** Lower case, two digits a byte, of the bytes from `from` to `to`. */
export function hexOf(bytes: Uint8Array, separator = '', from = 0, to = bytes.length): string {
  let text = '';
  for (let at = from; at < to; at++) text += at === from ? HEX[bytes[at]!] : separator + HEX[bytes[at]!];
  return text;
}
