/** The packets on the bench: where they come from, what is done to them, and the files that they become. */
import {
  CaptureError,
  type DissectedField,
  type LinkType,
  LinkTypeNumber,
  parseIpv4,
  parseIpv6,
  pcapHeader,
  pcapngHeader,
  pcapngRecord,
  pcapRecord,
  type RecordedPacket,
  readCapture,
  repairChecksums,
  setData,
  setField,
} from '@podlan/wire';

/** A packet, and before its last change. */
export interface BenchPacket extends RecordedPacket {
  readonly previous?: BenchPacket;
}

/** A packet that comes from no file. */
export const newPacket = (bytes: Uint8Array, linkType: LinkType, nowMs: number): BenchPacket => ({
  ...{ bytes, linkType, originalLength: bytes.length, interfaceId: 0 },
  timeNs: BigInt(nowMs) * 1_000_000n,
});

/** A MAC address at the beginning would be a whole IP packet's header by chance. */
export function guessLinkType(bytes: Uint8Array): LinkType {
  const isIp = (bytes[0]! >> 4 === 4 && parseIpv4(bytes)) || (bytes[0]! >> 4 === 6 && parseIpv6(bytes));
  return isIp ? 'raw' : 'ethernet';
}

/** All packets that can be read, and why there are no more where there should be. */
export function openCapture(file: Uint8Array): { packets: BenchPacket[]; problem?: string } {
  const packets: BenchPacket[] = [];
  try {
    for (const packet of readCapture(file)) packets.push(packet);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return { packets, problem: error.message };
  }
  return { packets };
}

export const isDissected = (linkType: LinkType | number): linkType is LinkType =>
  typeof linkType !== 'number';

/** What was cut off behind stays cut off. */
export function changed(packet: BenchPacket, bytes: Uint8Array): BenchPacket {
  const originalLength = packet.originalLength + bytes.length - packet.bytes.length;
  return { ...packet, bytes, originalLength, previous: packet };
}

/** Throws what is wrong with the text. A checksum that is written by hand stays as it is written. */
export function edited(
  packet: BenchPacket,
  linkType: LinkType,
  field: DissectedField,
  text: string,
  isRepaired: boolean,
): BenchPacket {
  const bytes = isData(packet, field)
    ? setDataText(packet, linkType, text)
    : setField(packet.bytes, field, text);
  const isFollowed = isRepaired && field.name !== 'checksum';
  return changed(packet, isFollowed ? repairChecksums(bytes, linkType) : bytes);
}

/** The data at the end is the one field that may become longer or shorter. */
const isData = ({ bytes }: BenchPacket, { name, rfc, offset }: DissectedField): boolean =>
  name === 'bytes' && rfc === undefined && offset < bytes.length;

function setDataText({ bytes }: BenchPacket, linkType: LinkType, text: string): Uint8Array {
  const digits = text.replaceAll(/[\s:]/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(digits))
    throw new TypeError(`bytes: expected hexadecimal digits, got ${text}`);
  const data = Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16),
  );
  return setData(bytes, data, linkType);
}

/** A classic file has one link type for all its packets. */
export const fitPcap = (packets: readonly BenchPacket[]): boolean =>
  new Set(packets.map(({ linkType }) => linkType)).size === 1;

export function pcapOf(packets: readonly BenchPacket[]): Uint8Array {
  const { linkType } = packets[0]!;
  return concat([pcapHeader({ linkType }), ...packets.map((packet) => pcapRecord(packet))]);
}

export function pcapngOf(packets: readonly BenchPacket[]): Uint8Array {
  const keys = packets.map(({ interfaceName, linkType }) => `${linkType} ${interfaceName ?? ''}`);
  const interfaces = [...new Map(keys.map((key, i) => [key, packets[i]!])).entries()];
  const ids = new Map(interfaces.map(([key], id) => [key, id]));
  const header = pcapngHeader(
    interfaces.map(([, { interfaceName = 'podlan', linkType }]) => ({ name: interfaceName, linkType })),
  );
  const records = packets.map((packet, i) => pcapngRecord({ ...packet, interfaceId: ids.get(keys[i]!)! }));
  return concat([header, ...records]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** As Wireshark calls what it has no dissector for. */
export const linkTypeText = (linkType: LinkType | number): string =>
  typeof linkType === 'number' ? `LINKTYPE ${linkType}` : `${linkType} (${LinkTypeNumber[linkType]})`;
