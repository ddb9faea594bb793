/*
 * The forwarder's loop in C, to be measured against: the same slots with headroom, the same checks in the same order
 * (RFC 7348 section 5, RFC 791 section 3.1, RFC 8200 section 3, RFC 6040), the same outer fields, a verdict and a counter
 * for each packet, counters for each endpoint. Prefixes of IPv4 are matched by 24 bits directly and 8 more where there
 * are longer ones, those of IPv6 by a scan from long to short; endpoints are hashed. It has no super-packets and no
 * trains: it checks for them and drops them.
 */
#pragma once
#include "lpm24.h"
#include <arpa/inet.h>

enum { VXLAN = 8, ETHERNET = 14, ETHERTYPE = 12, VNET = 10, HEADROOM = 64, MAX_ENDPOINTS = 65536 };
enum { TX_TUNNELED, TX_BAD_SLOT, TX_TRUNCATED, TX_GROUP_MAC, TX_NOT_IP, TX_MALFORMED_IP, TX_NO_TUNNEL, TX_BAD_OFFLOAD,
       RX_DELIVERED, RX_DELIVERED_OUTSIDE, RX_BAD_SLOT, RX_TRUNCATED, RX_UNKNOWN_PEER, RX_NOT_VXLAN, RX_WRONG_VNI,
       RX_GROUP_MAC, RX_OTHER_MAC, RX_NOT_IP, RX_MALFORMED_IP, RX_OWN_SOURCE, RX_SPOOFED_SOURCE, RX_BAD_ECN, VERDICTS };

static const char *const VERDICT_NAMES[] = {
    "tx-tunneled",     "tx-bad-slot",          "tx-truncated",      "tx-group-mac",      "tx-not-ip",
    "tx-malformed-ip", "tx-no-tunnel",         "tx-bad-offload",    "rx-delivered",      "rx-delivered-outside",
    "rx-bad-slot",     "rx-truncated",         "rx-unknown-peer",   "rx-not-vxlan",      "rx-wrong-vni",
    "rx-group-mac",    "rx-other-mac",         "rx-not-ip",         "rx-malformed-ip",   "rx-own-source",
    "rx-spoofed-source", "rx-bad-ecn"};

struct endpoint {
  uint8_t address[16];
  uint64_t tx_packets, tx_bytes, rx_packets, rx_bytes;
};

struct direction {
  uint8_t *slots, *addresses, *verdicts, *classes;
  uint32_t *starts, *lengths, *segments;
  uint16_t *ports, *source_ports;
};

/* What goes to the device: a vnet_hdr, and the first of its pieces; here, each has one. */
struct frame { uint8_t vnet[12]; uint32_t first_piece; };
struct piece { const uint8_t *at; uint32_t bytes; };

static struct lpm tunnels, networks, subnets;
static struct endpoint endpoints[MAX_ENDPOINTS];
static uint32_t endpoint_count;
/* Index + 1, by the hash of the address. */
static uint32_t endpoint_hash[2 * MAX_ENDPOINTS];
static uint64_t counters[VERDICTS];
static struct direction tx, rx;
static struct frame *frames;
static struct piece *pieces;
static uint32_t frame_count;
static uint32_t slot_count, slot_bytes, vni_word;
static uint8_t our_mac[6];

static inline uint16_t load16(const uint8_t *at) { uint16_t v; memcpy(&v, at, 2); return v; }
static inline uint32_t load32(const uint8_t *at) { uint32_t v; memcpy(&v, at, 4); return v; }
static inline uint64_t load64(const uint8_t *at) { uint64_t v; memcpy(&v, at, 8); return v; }

static inline uint32_t hash_of(const uint8_t *address) {
  uint64_t mixed = (load64(address) ^ load64(address + 8)) * 0x9e3779b97f4a7c15u;
  return mixed >> 47;
}

static inline int32_t endpoint_of(const uint8_t *address) {
  for (uint32_t at = hash_of(address); endpoint_hash[at]; at = (at + 1) % (2 * MAX_ENDPOINTS)) {
    const uint8_t *known = endpoints[endpoint_hash[at] - 1].address;
    if (load64(known) == load64(address) && load64(known + 8) == load64(address + 8)) return endpoint_hash[at] - 1;
  }
  return -1;
}

static int32_t add_endpoint(const uint8_t *address) {
  int32_t known = endpoint_of(address);
  if (known >= 0) return known;
  uint32_t at = hash_of(address);
  while (endpoint_hash[at]) at = (at + 1) % (2 * MAX_ENDPOINTS);
  memcpy(endpoints[endpoint_count].address, address, 16);
  endpoint_hash[at] = ++endpoint_count;
  return endpoint_count - 1;
}

static inline int fits(uint32_t start, uint32_t length, uint32_t room) {
  return start >= room && start <= slot_bytes && length <= slot_bytes - start;
}

static inline int valid_v4(const uint8_t *packet, uint32_t length) {
  if (length < 20 || packet[0] >> 4 != 4) return 0;
  uint32_t header = (packet[0] & 15) << 2, total = ntohs(load16(packet + 2)), sum = 0;
  if (header < 20 || total < header || total > length) return 0;
  for (uint32_t at = 0; at < header; at += 2) sum += load16(packet + at);
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

static inline int valid_v6(const uint8_t *packet, uint32_t length) {
  return length >= 40 && packet[0] >> 4 == 6 && ntohs(load16(packet + 4)) + 40u <= length;
}

/* 4 or 6; 0 where the frame says it holds something else, -1 where the packet is malformed. */
static inline int family_of(const uint8_t *frame, uint32_t length) {
  uint16_t type = load16(frame + ETHERTYPE);
  const uint8_t *packet = frame + ETHERNET;
  if (type == htons(0x0800)) return valid_v4(packet, length - ETHERNET) ? 4 : -1;
  if (type == htons(0x86dd)) return valid_v6(packet, length - ETHERNET) ? 6 : -1;
  return 0;
}

static inline uint32_t lookup(const struct lpm *table, int family, const uint8_t *address) {
  return family == 4 ? lpm4(table, ntohl(load32(address))) : lpm6(table, address);
}

static inline uint32_t class_of(int family, const uint8_t *packet) {
  return family == 4 ? packet[1] : (ntohs(load16(packet)) >> 4) & 0xff;
}

/* RFC 6040: the inner mark, CE as ECT(0). */
static inline uint8_t outer_class(int family, const uint8_t *packet) {
  uint32_t ecn = class_of(family, packet) & 3;
  return ecn == 3 ? 2 : ecn;
}

/* RFC 1624, equation 3. */
static void remark(int family, uint8_t *packet, uint32_t ecn) {
  if (family == 6) {
    packet[1] = (packet[1] & 0xcf) | ecn << 4;
    return;
  }
  uint16_t before = load16(packet);
  packet[1] = (packet[1] & ~3) | ecn;
  uint32_t sum = (~load16(packet + 10) & 0xffff) + (~before & 0xffff) + load16(packet);
  sum = (sum & 0xffff) + (sum >> 16);
  uint16_t checksum = ~((sum & 0xffff) + (sum >> 16));
  memcpy(packet + 10, &checksum, 2);
}

static inline int carry_mark(uint32_t outer, int family, uint8_t *packet) {
  uint32_t mark = outer & 3;
  if (mark == 0 || mark == 2) return 1;
  uint32_t inner = class_of(family, packet) & 3;
  if (inner == 0) return mark != 3;
  if (inner != 3 && (mark == 3 || inner == 2)) remark(family, packet, mark);
  return 1;
}

static const uint64_t SPREAD = 0x9e3779b97f4a7c15u;

static inline uint64_t mix(uint64_t hash, uint64_t word) {
  uint64_t spread = (hash ^ word) * SPREAD;
  return spread << 29 | spread >> 35;
}

static inline uint32_t ports_of(int family, const uint8_t *packet, uint32_t bytes) {
  uint32_t header = family == 4 ? (packet[0] & 15) << 2 : 40, protocol = packet[family == 4 ? 9 : 6];
  if ((protocol != 6 && protocol != 17) || bytes < header + 4) return protocol;
  if (family == 4 && (load16(packet + 6) & htons(0x3fff))) return protocol;
  return load32(packet + header);
}

/* The outer source port of the inner flow. */
static inline uint16_t source_port(int family, const uint8_t *packet, uint32_t bytes) {
  const uint8_t *addresses = packet + (family == 4 ? 12 : 8);
  uint64_t hash = mix(ports_of(family, packet, bytes), load64(addresses));
  if (family == 6)
    for (int at = 8; at < 32; at += 8) hash = mix(hash, load64(addresses + at));
  return 49152 + ((uint32_t)((hash * SPREAD) >> 40) & 16383);
}

static inline int send_to(uint32_t slot, uint32_t start, uint32_t length, int family, uint32_t tunnel) {
  struct endpoint *endpoint = &endpoints[tunnel >> 16];
  uint8_t *frame = tx.slots + (size_t)slot * slot_bytes + start;
  memcpy(tx.addresses + slot * 16, endpoint->address, 16);
  tx.ports[slot] = tunnel;
  tx.source_ports[slot] = source_port(family, frame + ETHERNET, length - ETHERNET);
  tx.classes[slot] = outer_class(family, frame + ETHERNET);
  /* The vnet_hdr before the frame: flags, then the kind of super-packet. */
  if (frame[1 - VNET] || (frame[-VNET] & 1)) return TX_BAD_OFFLOAD;
  const uint32_t words[2] = {0x08, vni_word};
  memcpy(frame - VXLAN, words, VXLAN);
  tx.starts[slot] = start - VXLAN;
  tx.lengths[slot] = length + VXLAN;
  tx.segments[slot] = 0;
  endpoint->tx_packets++;
  endpoint->tx_bytes += length;
  return TX_TUNNELED;
}

static inline int encap_slot(uint32_t slot) {
  uint32_t start = tx.starts[slot], length = tx.lengths[slot];
  if (!fits(start, length, VNET)) return TX_BAD_SLOT;
  if (length < ETHERNET) return TX_TRUNCATED;
  const uint8_t *frame = tx.slots + (size_t)slot * slot_bytes + start;
  if (frame[0] & 1) return TX_GROUP_MAC;
  int family = family_of(frame, length);
  if (family == 0) return TX_NOT_IP;
  if (family < 0) return TX_MALFORMED_IP;
  uint32_t tunnel = lookup(&tunnels, family, frame + ETHERNET + (family == 4 ? 16 : 24));
  if (tunnel == LPM_MISS) return TX_NO_TUNNEL;
  return send_to(slot, start, length, family, tunnel);
}

/* The source judged last, so that the next packet of a flow needs no lookup; forgotten between batches. */
static struct { int32_t endpoint; int family, verdict; uint64_t high, low; } known;

static int look_up_source(int32_t endpoint, int family, const uint8_t *source) {
  if (lookup(&subnets, family, source) != LPM_MISS) return RX_OWN_SOURCE;
  if (lookup(&networks, family, source) == LPM_MISS) return RX_DELIVERED_OUTSIDE;
  uint32_t tunnel = lookup(&tunnels, family, source);
  if (tunnel == LPM_MISS || (int32_t)(tunnel >> 16) != endpoint) return RX_SPOOFED_SOURCE;
  return RX_DELIVERED;
}

static inline int judge_source(int32_t endpoint, int family, const uint8_t *source) {
  uint64_t high = family == 4 ? load32(source) : load64(source), low = family == 4 ? 0 : load64(source + 8);
  if (known.high == high && known.low == low && known.family == family && known.endpoint == endpoint)
    return known.verdict;
  known.verdict = look_up_source(endpoint, family, source);
  known.high = high;
  known.low = low;
  known.family = family;
  known.endpoint = endpoint;
  return known.verdict;
}

static inline void deliver(const uint8_t *frame, uint32_t length) {
  memset(frames[frame_count].vnet, 0, sizeof frames->vnet);
  frames[frame_count].first_piece = frame_count;
  pieces[frame_count++] = (struct piece){frame, length};
}

static inline int judge_frame(uint32_t slot, int32_t endpoint, uint8_t *frame, uint32_t length) {
  if (frame[0] & 1) return RX_GROUP_MAC;
  if (load32(frame) != load32(our_mac) || load16(frame + 4) != load16(our_mac + 4)) return RX_OTHER_MAC;
  int family = family_of(frame, length);
  if (family == 0) return RX_NOT_IP;
  if (family < 0) return RX_MALFORMED_IP;
  int verdict = judge_source(endpoint, family, frame + ETHERNET + (family == 4 ? 12 : 8));
  if (verdict > RX_DELIVERED_OUTSIDE) return verdict;
  if (!carry_mark(rx.classes[slot], family, frame + ETHERNET)) return RX_BAD_ECN;
  deliver(frame, length);
  return verdict;
}

static inline int decap_slot(uint32_t slot) {
  uint32_t start = rx.starts[slot], length = rx.lengths[slot];
  if (!fits(start, length, 0)) return RX_BAD_SLOT;
  if (rx.segments[slot] && rx.segments[slot] < length) return RX_BAD_SLOT;
  int32_t endpoint = endpoint_of(rx.addresses + slot * 16);
  if (endpoint < 0) return RX_UNKNOWN_PEER;
  if (length < VXLAN + ETHERNET) return RX_TRUNCATED;
  uint8_t *datagram = rx.slots + (size_t)slot * slot_bytes + start;
  if (!(datagram[0] & 0x08)) return RX_NOT_VXLAN;
  if ((load32(datagram + 4) & 0x00ffffff) != vni_word) return RX_WRONG_VNI;
  int verdict = judge_frame(slot, endpoint, datagram + VXLAN, length - VXLAN);
  if (verdict > RX_DELIVERED_OUTSIDE) return verdict;
  rx.starts[slot] = start + VXLAN;
  rx.lengths[slot] = length - VXLAN;
  endpoints[endpoint].rx_packets++;
  endpoints[endpoint].rx_bytes += length - VXLAN;
  return verdict;
}

static uint32_t encap(uint32_t count) {
  uint32_t sent = 0;
  for (uint32_t slot = 0; slot < count; slot++) {
    int verdict = encap_slot(slot);
    tx.verdicts[slot] = verdict;
    counters[verdict]++;
    if (verdict == TX_TUNNELED) sent++;
    else tx.lengths[slot] = 0;
  }
  return sent;
}

static uint32_t decap(uint32_t count) {
  known.endpoint = -1;
  frame_count = 0;
  for (uint32_t slot = 0; slot < count; slot++) {
    int verdict = decap_slot(slot);
    rx.verdicts[slot] = verdict;
    counters[verdict]++;
    if (verdict > RX_DELIVERED_OUTSIDE) rx.lengths[slot] = 0;
  }
  frames[frame_count].first_piece = frame_count;
  return frame_count;
}
