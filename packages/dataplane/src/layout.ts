/**
 * Every size, offset and number that the module and its wrapper share, stated once: this file is compiled by both asc
 * and tsc, so it holds bare constants and nothing else. Where an area begins depends on the capacities asked for at
 * creation; the module answers that (`area`).
 *
 * Protocol header offsets are deliberately not here: the TypeScript codecs are the oracle for the module's own.
 */

// A slot:  | headroom 64 | frame or datagram … |
//          0             64                    slotBytes
/** Room before a frame: a VXLAN header (8), and a vnet_hdr (10 or 12) before that. */
export const SLOT_HEADROOM = 64;
export const DEFAULT_SLOT_BYTES = 2048;
export const MIN_SLOT_BYTES = 256;
export const MAX_SLOT_BYTES = 131072;
export const DEFAULT_SLOTS = 128;
export const MAX_SLOTS = 4096;

// Tables of the longest-prefix match. Each has a root per family, and its own limit of prefixes.
/** The caller's prefixes (RouteTable), or the tunnels: the value is then `endpoint << 16 | port`. */
export const TABLE_ROUTES = 0;
/** Outer addresses of the endpoints, mapped into IPv6, as /128: the value is the endpoint's index. */
export const TABLE_ENDPOINTS = 1;
/** The pod networks. */
export const TABLE_NETWORKS = 2;
/** Our own subnets. */
export const TABLE_SUBNETS = 3;
export const TABLES = 4;
/** Limit of TABLE_NETWORKS and of TABLE_SUBNETS. */
export const MAX_NETWORKS = 64;

export const DEFAULT_CAPACITY = 16384;
/** A tunnel's endpoint index has 16 bits, and no value may equal MISS. */
export const MAX_TUNNELS = 65533;
export const MAX_ROUTES = 8388608;

/** What `lookup` answers where no prefix matches; never a value. */
export const MISS = -1;

// Answers of changes.
export const DONE = 0;
export const FULL = 1;
export const ABSENT = 2;

// AREA_KEY: | prefix or address to look up, left-aligned 16 | outer address, or MAC 16 |
export const KEY_BYTES = 16;
export const KEY_SECOND = 16;
export const KEY_AREA_BYTES = 32;

/** Addresses per batch lookup. */
export const LOOKUP_BATCH = 256;

// A trie node, 32 bytes:
//   0 key, high u64 | 8 key, low u64 | 16 child 0 u32 | 20 child 1 u32 | 24 value u32 | 28 length u8 | 29 in table u8
export const NODE_HIGH = 0;
export const NODE_LOW = 8;
export const NODE_CHILDREN = 16;
export const NODE_VALUE = 24;
export const NODE_LENGTH = 28;
export const NODE_IN_TABLE = 29;
export const NODE_BYTES = 32;
/** Every node that is in no table joins two others, so n prefixes need fewer than 2n nodes. */
export const NODES_PER_PREFIX = 2;

// An endpoint, 64 bytes:
//   0 address 16 | 16 tx packets u64 | 24 tx bytes u64 | 32 rx packets u64 | 40 rx bytes u64 | 48 tunnels u32 | 52 next free u32
export const ENDPOINT_ADDRESS = 0;
export const ENDPOINT_TX_PACKETS = 16;
export const ENDPOINT_TX_BYTES = 24;
export const ENDPOINT_RX_PACKETS = 32;
export const ENDPOINT_RX_BYTES = 40;
export const ENDPOINT_TUNNELS = 48;
export const ENDPOINT_NEXT_FREE = 52;
export const ENDPOINT_BYTES = 64;

// Areas, in memory order. A direction has its slots and five arrays with one element per slot.
export const AREA_KEY = 0;
export const AREA_LOOKUP_KEYS = 1;
export const AREA_LOOKUP_VALUES = 2;
export const AREA_COUNTERS = 3;
export const AREA_ENDPOINTS = 4;
export const AREA_TX = 5;
export const AREA_RX = 11;
export const AREAS = 17;
/** Added to AREA_TX or AREA_RX. */
export const AREA_SLOTS = 0;
export const AREA_STARTS = 1;
export const AREA_LENGTHS = 2;
export const AREA_ADDRESSES = 3;
export const AREA_PORTS = 4;
export const AREA_VERDICTS = 5;

// Verdicts: what became of a slot. One counter each. Names are in verdicts.ts, in this order.
export const TX_TUNNELED = 0;
export const TX_BAD_SLOT = 1;
export const TX_TRUNCATED = 2;
export const TX_GROUP_MAC = 3;
export const TX_NOT_IP = 4;
export const TX_MALFORMED_IP = 5;
export const TX_NO_TUNNEL = 6;
export const RX_DELIVERED = 7;
export const RX_DELIVERED_OUTSIDE = 8;
export const RX_BAD_SLOT = 9;
export const RX_TRUNCATED = 10;
export const RX_UNKNOWN_PEER = 11;
export const RX_NOT_VXLAN = 12;
export const RX_WRONG_VNI = 13;
export const RX_GROUP_MAC = 14;
export const RX_OTHER_MAC = 15;
export const RX_NOT_IP = 16;
export const RX_MALFORMED_IP = 17;
export const RX_OWN_SOURCE = 18;
export const RX_SPOOFED_SOURCE = 19;
export const VERDICT_COUNT = 20;
