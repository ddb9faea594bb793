/** The text of an address, a prefix or a MAC, and the same of its pseudonym. */
import { prefixAround } from '@podlan/linux/prefix';
import {
  type InterfaceAddress,
  type IpAddress,
  ipFromBytes,
  ipToBytes,
  parseInterfaceAddress,
  parseIpAddress,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';
import { permuteAddress } from './address-permutation.js';
import { hex, type Pseudonyms } from './pseudonyms.js';

/** Undefined where the text is none of these. */
export async function redactAddressText(text: string, pseudonyms: Pseudonyms): Promise<string | undefined> {
  if (/^[0-9a-f]{2}(:[0-9a-f]{2}){5,31}$/i.test(text)) return redactMac(text.toLowerCase(), pseudonyms);
  const address = parseIpAddress(text);
  if (address !== undefined) return redactAddress(address, pseudonyms);
  const withLength = parseInterfaceAddress(text);
  return withLength && redactPrefix(withLength, pseudonyms);
}

/** IPv4 first: what is left of one has no meaning as part of IPv6. */
export async function redactAddressesWithin(text: string, pseudonyms: Pseudonyms): Promise<string> {
  const parts = text.split(/((?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,2})?)/);
  const redacted = parts.map(async (part, at) =>
    at % 2 === 1 ? ((await redactAddressText(part, pseudonyms)) ?? part) : withinOthers(part, pseudonyms),
  );
  return (await Promise.all(redacted)).join('');
}

/** IPv6 and MACs. A colon after them is none of theirs, unless it is the second of two. */
async function withinOthers(text: string, pseudonyms: Pseudonyms): Promise<string> {
  const parts = text.split(/((?:[0-9a-f]{0,4}:){2,}[0-9a-f]{0,4}(?:\/\d{1,3})?)/i);
  const redacted = parts.map(async (part, at) => {
    if (at % 2 === 0) return part;
    const whole = await redactAddressText(part, pseudonyms);
    if (whole !== undefined || !part.endsWith(':')) return whole ?? part;
    const shorter = await redactAddressText(part.slice(0, -1), pseudonyms);
    return shorter === undefined ? part : `${shorter}:`;
  });
  return (await Promise.all(redacted)).join('');
}

export async function redactAddress(address: IpAddress, pseudonyms: Pseudonyms): Promise<IpAddress> {
  return ipFromBytes(await permuteAddress(ipToBytes(address), pseudonyms));
}

/** Without host bits where it was so before. */
async function redactPrefix(text: InterfaceAddress, pseudonyms: Pseudonyms): Promise<string> {
  const [address, length] = [prefixAddress(text), prefixLength(text)];
  const redacted = await redactAddress(address, pseudonyms);
  const isNetwork = prefixAddress(prefixAround(address, length)) === address;
  return isNetwork ? prefixAround(redacted, length) : `${redacted}/${length}`;
}

/** The first address of the prefix of that length. */
export async function redactNetwork(
  address: IpAddress,
  length: number,
  pseudonyms: Pseudonyms,
): Promise<string> {
  return prefixAddress(prefixAround(await redactAddress(address, pseudonyms), length));
}

const SOLICITED_NODE = /^33:33:ff:/;
/** Broadcast, none, and groups. */
const isSpecialMac = (bytes: readonly number[]): boolean =>
  (bytes[0]! & 1) === 1 || bytes.every((byte) => byte === 0);

async function redactMac(text: string, pseudonyms: Pseudonyms): Promise<string> {
  const bytes = text.split(':').map((octet) => Number.parseInt(octet, 16));
  if (SOLICITED_NODE.test(text)) return redactSolicited(bytes, pseudonyms);
  if (isSpecialMac(bytes)) return text;
  const drawn = await pseudonyms.bytesFor('mac', text);
  const redacted = drawn.slice(0, bytes.length);
  // Still of one device, and still given out by hand or by its maker.
  redacted[0] = (drawn[0]! & 0xfc) | (bytes[0]! & 0x03);
  return colons(redacted);
}

/** It ends as the address ff02::1:ffxx:xxxx does, which ends as that of the node does. */
async function redactSolicited(bytes: readonly number[], pseudonyms: Pseudonyms): Promise<string> {
  const group = Uint8Array.of(0xff, 2, ...new Array<number>(9).fill(0), 1, 0xff, ...bytes.slice(3, 6));
  const redacted = await permuteAddress(group, pseudonyms);
  return colons(Uint8Array.of(0x33, 0x33, ...redacted.subarray(12)));
}

const colons = (bytes: Uint8Array): string => hex(bytes).match(/../g)!.join(':');
