/** IPv4 text (RFC 791 addresses in dotted decimal) to 4 bytes and back. No octal, no short forms. */

const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;

export function parseIpv4Text(text: string): Uint8Array | undefined {
  const parts = text.split('.', 5);
  if (parts.length !== 4) return undefined;
  const bytes = new Uint8Array(4);
  for (const [index, part] of parts.entries()) {
    if (!OCTET.test(part) || Number(part) > 255) return undefined;
    bytes[index] = Number(part);
  }
  return bytes;
}

export function formatIpv4(bytes: Uint8Array): string {
  return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`;
}
