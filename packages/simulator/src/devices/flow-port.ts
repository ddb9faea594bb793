/** The source port of an outer datagram: the same for all frames of an inner flow (RFC 7348, section 5). */
const FIRST_PORT = 32768;
const PORTS = 28232;
/** Addresses and ports of an IPv4 packet without options, in a frame; of others as many bytes, which do as well. */
const FROM = 26;
const TO = 38;

/** FNV-1a. The kernel's own hash has a seed that nobody knows. */
export function flowPort(frame: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let at = FROM; at < Math.min(TO, frame.length); at++) {
    hash = Math.imul(hash ^ frame[at]!, 0x01000193);
  }
  return FIRST_PORT + ((hash >>> 0) % PORTS);
}
