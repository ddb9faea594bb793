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
/** A super-packet of 64 KiB, cut into the smallest segments that TCP makes, and not a multiple of a page. */
export const SUPER_SLOT_BYTES = 238080;
export const MAX_SLOT_BYTES = 262144;
export const DEFAULT_SLOTS = 128;
export const MAX_SLOTS = 4096;

/** struct virtio_net_hdr without num_buffers: lies right before a frame that was read. */
export const VNET_BYTES = 10;

/** What a datagram holds: an Ethernet frame in VXLAN, or an IPv4 packet and nothing else. */
export const KIND_VXLAN = 0;
export const KIND_UDP = 1;

/** Datagrams in one slot that was received: UDP_MAX_SEGMENTS of Linux. */
export const MAX_TRAIN = 128;
// What is to be written to the device: frames, each in one or more pieces of memory.
//   a frame, 16 bytes   | vnet_hdr 10 | - 2 | index of its first piece u32 |
//   a piece, 8 bytes    | address u32 | bytes u32 |
export const FRAME_FIRST_PIECE = 12;
export const FRAME_BYTES = 16;
export const PIECE_BYTES = 8;

// What the device takes merged. Bits of `coalesce`.
export const COALESCE_TCP = 1;
export const COALESCE_UDP = 2;

// Tables of prefixes. Each has a root per family, and its own limit.
/** The caller's prefixes (RouteTable), or the tunnels: the value is then the index of a tunnel. */
export const TABLE_ROUTES = 0;
/** The pod networks. */
export const TABLE_NETWORKS = 1;
/** Our own subnets. */
export const TABLE_SUBNETS = 2;
export const TABLES = 3;
/** Limit of TABLE_NETWORKS and of TABLE_SUBNETS. */
export const MAX_NETWORKS = 64;

/** Prefixes a RouteTable takes, and tunnels a Forwarder takes, unless told otherwise. */
export const DEFAULT_ROUTES = 4194304;
export const DEFAULT_TUNNELS = 16384;
export const MAX_TUNNELS = 65536;
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

/** Addresses per batch lookup: a multiple of the four that are looked up together. */
export const LOOKUP_BATCH = 4096;

// A node of the prefixes (rib.ts): bitmaps, then words.
export const NODE_HEADER = 24;

// The run-length trie (fib.ts): a direct table by the first bits, then nodes by the next ones.
export const DIRECT_BITS = 18;
/** An entry of four bytes for each. */
export const DIRECT_BYTES = 1048576;
export const STRIDE_BITS = 6;
/** An entry: `1` block >> BLOCK_SHIFT, `01` cell >> BLOCK_SHIFT, or `00` value + 1; 0 is no prefix. */
export const ENTRY_CHILD = 0x80000000;
export const ENTRY_REFERENCE = 0x40000000;
export const LARGEST_INLINE_VALUE = 0x3ffffffe;
/** Before the entries of a node's runs: its bitmap. */
export const RUNS_HEADER = 8;
/** Blocks are multiples of this many bytes, up to a node with 64 children and 127 prefixes. */
export const BLOCK_UNIT = 16;
export const BLOCK_SHIFT = 4;
export const MAX_BLOCK_UNITS = 50;
/**
 * What a prefix can need by itself: 22 nodes of the prefixes (32 bytes), two nodes made larger (800), 19 nodes of at most
 * three runs (32), and a cell.
 */
export const LONGEST_PATH_BYTES = 2944;

// Answers of late (answers.ts): four bytes at each place.
export const ANSWER_PLACE_BITS = 18;
export const ANSWERS_BYTES = 1048576;
/** Tables with fewer prefixes keep none. */
export const ANSWERS_FROM = 65536;

// A tunnel, 32 bytes; what is sent needs nothing else of its endpoint but to be counted there:
//   0 address 16 | 16 endpoint u32, or next free u32 | 20 port u16 | 22 plain u8 | -
export const TUNNEL_ADDRESS = 0;
export const TUNNEL_ENDPOINT = 16;
export const TUNNEL_PORT = 20;
/** Whether all of its prefix lies in the pod networks and nothing of it in our subnets. */
export const TUNNEL_PLAIN = 22;
export const TUNNEL_BYTES = 32;

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

// A flow, 96 bytes; the first 64 are what it is known by:
//   0 inner source 16 | 16 inner destination 16 | 32 peer 16, zeros where there is none
//   48 ports 2, 2, or ICMP type, code, id 2 | 52 protocol | 53 family, 0 unread | 54 verdict | 55 what ports are | 56 VNI u32 | -
//   64 packets u64 | 72 bytes u64 | 80 first seen f64 | 88 last seen f64
export const FLOW_SOURCE = 0;
export const FLOW_DESTINATION = 16;
export const FLOW_PEER = 32;
export const FLOW_PORTS = 48;
export const FLOW_PROTOCOL = 52;
export const FLOW_FAMILY = 53;
export const FLOW_VERDICT = 54;
/** 0 in a place without a flow, else a FLOW_…_PORTS number. */
export const FLOW_KIND = 55;
export const FLOW_VNI = 56;
export const FLOW_PACKETS = 64;
export const FLOW_OCTETS = 72;
export const FLOW_FIRST = 80;
export const FLOW_LAST = 88;
export const FLOW_BYTES = 96;

export const FLOW_NO_PORTS = 1;
export const FLOW_TRANSPORT_PORTS = 2;
export const FLOW_ICMP_TYPE = 3;
export const FLOW_ICMP_ECHO = 4;

/** Where no VNI has been read; VNIs have 24 bits. */
export const FLOW_NO_VNI = 0xffffffff;

/** Places of a set: where a flow may lie, and so what one packet can cost. */
export const FLOW_WAYS = 8;
export const MAX_FLOWS = 262144;

// AREA_FLOW_COUNTERS: | ended u64 | of these drained u64 | lost flows u64 | their packets u64 | their bytes u64 |
export const FLOWS_ENDED = 0;
export const FLOWS_DRAINED = 1;
export const FLOWS_LOST = 2;
export const FLOW_COUNTERS = 5;

// Areas, in memory order but for what has a fixed address. A direction has its slots and eight arrays with one element per slot.
export const AREA_KEY = 0;
export const AREA_LOOKUP_KEYS = 1;
export const AREA_LOOKUP_VALUES = 2;
export const AREA_LOOKUP_LENGTHS = 3;
export const AREA_COUNTERS = 4;
export const AREA_ENDPOINTS = 5;
export const AREA_ENDPOINT_INDEX = 6;
export const AREA_TUNNELS = 7;
export const AREA_TX = 8;
export const AREA_RX = 17;
export const AREA_PIECES = 26;
export const AREA_FRAMES = 27;
/** The direct tables of IPv4 and IPv6. */
export const AREA_DIRECT4 = 28;
export const AREA_DIRECT6 = 29;
export const AREA_ANSWERS = 30;
/** The pointers to the roots of the prefixes: of each table IPv4's and IPv6's. */
export const AREA_ROOTS = 31;
export const AREA_FLOWS = 32;
/** A u16 for each flow's place: 0, or 16 bits of its hash. */
export const AREA_FLOW_TAGS = 33;
/** A ring of flows that have ended, to be drained: as many as AREA_FLOWS. */
export const AREA_FLOWS_ENDED = 34;
export const AREA_FLOW_COUNTERS = 35;
export const AREAS = 36;
/** Added to AREA_TX or AREA_RX. */
export const AREA_SLOTS = 0;
export const AREA_STARTS = 1;
export const AREA_LENGTHS = 2;
export const AREA_ADDRESSES = 3;
export const AREA_PORTS = 4;
export const AREA_VERDICTS = 5;
export const AREA_SEGMENTS = 6;
export const AREA_SOURCE_PORTS = 7;
export const AREA_CLASSES = 8;

// Verdicts: what became of a slot. One counter each. Names are in verdicts.ts, in this order.
export const TX_TUNNELED = 0;
export const TX_BAD_SLOT = 1;
export const TX_TRUNCATED = 2;
export const TX_GROUP_MAC = 3;
export const TX_NOT_IP = 4;
export const TX_MALFORMED_IP = 5;
export const TX_NO_TUNNEL = 6;
export const TX_BAD_OFFLOAD = 7;
export const RX_DELIVERED = 8;
export const RX_DELIVERED_OUTSIDE = 9;
export const RX_BAD_SLOT = 10;
export const RX_TRUNCATED = 11;
export const RX_UNKNOWN_PEER = 12;
export const RX_NOT_VXLAN = 13;
export const RX_WRONG_VNI = 14;
export const RX_GROUP_MAC = 15;
export const RX_OTHER_MAC = 16;
export const RX_NOT_IP = 17;
export const RX_MALFORMED_IP = 18;
export const RX_OWN_SOURCE = 19;
export const RX_SPOOFED_SOURCE = 20;
export const RX_BAD_ECN = 21;
export const VERDICT_COUNT = 22;
