/**
 * Packets out of text that tools print or people write: rows of xxd, hexdump -C, tcpdump -xx and tshark -x, with or
 * without offsets and characters at the side, or bare hexadecimal digits with anything usual between them.
 */

/** One row: an offset, then bytes. */
const ROW = /^\s*(?:0x)?([0-9a-f]{4,8})(?::\s*|\s{2,})(?=[0-9a-f]{2})/i;

const SEPARATORS = /0x|\\x|[\s:,;{}"'-]/gi;

/** A new packet begins wherever the offsets begin anew. Throws where text is neither. */
export function parseHex(text: string): Uint8Array[] {
  const lines = text.replaceAll('\t', '   ').split(/\r?\n/);
  const packets = lines.some(isRow) ? rowsOf(lines) : [lines.flatMap((line, i) => bareBytes(line, i + 1))];
  const found = packets.filter((bytes) => bytes.length > 0);
  if (found.length === 0) throw new TypeError('expected hexadecimal bytes, got none');
  return found.map((bytes) => Uint8Array.from(bytes));
}

/** Bare digits with colons, `45:00:…`, or in one piece with nothing behind, are none. */
function isRow(line: string): boolean {
  return ROW.test(line);
}

/** What stands between the rows, as tcpdump's own lines do, is passed over. */
function rowsOf(lines: readonly string[]): number[][] {
  const packets: number[][] = [];
  for (const [i, line] of lines.entries()) {
    const row = ROW.exec(line);
    if (!row) continue;
    const offset = Number.parseInt(row[1]!, 16);
    if (offset === 0 || packets.length === 0) packets.push([]);
    const bytes = packets.at(-1)!;
    if (offset !== bytes.length)
      throw new RangeError(`line ${i + 1}: expected offset ${hex(bytes.length)}, got ${hex(offset)}`);
    bytes.push(...bareBytes(withoutCharacters(line.slice(row[0].length)), i + 1));
  }
  return packets;
}

const hex = (number: number): string => `0x${number.toString(16)}`;

/** hexdump has a gap in the middle of the bytes, and bars around the characters; others a gap before those. */
function withoutCharacters(row: string): string {
  const bars = /^([0-9a-f\s]*)\s\s\|.*$/i.exec(row);
  return bars ? bars[1]! : row.split(/\s{2,}/)[0]!;
}

function bareBytes(line: string, number: number): number[] {
  const digits = line.replaceAll(SEPARATORS, '');
  const wrong = /[^0-9a-f]+/i.exec(digits)?.[0];
  if (wrong !== undefined)
    throw new TypeError(`line ${number}: expected hexadecimal bytes, got ${JSON.stringify(wrong)}`);
  if (digits.length % 2 !== 0)
    throw new TypeError(`line ${number}: expected two digits a byte, got ${digits.length} digits`);
  return Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  );
}
