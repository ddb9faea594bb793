/*
 * The forwarder's loop in C, to be measured against: the same slots with headroom, the same checks in the same order
 * (RFC 7348 section 5, RFC 791 section 3.1, RFC 8200 section 3), a verdict and a counter for each packet, counters for
 * each endpoint. Prefixes of IPv4 are matched by 24 bits directly and 8 more where there are longer ones, those of
 * IPv6 by a scan from long to short; endpoints are hashed.
 *
 *     vxlan SLOTS SLOT_BYTES
 *
 * then one question a line, numbers in decimal, addresses and packets in hex:
 *
 *     identity VNI MAC            prefix TABLE ADDRESS LENGTH VALUE     (TABLE: tunnels, networks, subnets)
 *     endpoint MAPPED_ADDRESS     the endpoint's index
 *     ready                       after all prefixes
 *     load DIRECTION SLOT MAPPED_ADDRESS PACKET                         (DIRECTION: tx, rx)
 *     encap LENGTH TIMES | decap LENGTH TIMES                           nanoseconds for TIMES batches
 *     copy-tx LENGTH TIMES | copy-rx LENGTH TIMES                       the same for memcpy
 *     slot DIRECTION SLOT         verdict, address, port, bytes
 */
#define _GNU_SOURCE
#include "lpm24.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <time.h>

enum { VXLAN = 8, ETHERNET = 14, ETHERTYPE = 12, HEADROOM = 64, MAX_ENDPOINTS = 65536, LINE = 1 << 20 };
enum { TX_TUNNELED, TX_BAD_SLOT, TX_TRUNCATED, TX_GROUP_MAC, TX_NOT_IP, TX_MALFORMED_IP, TX_NO_TUNNEL,
       RX_DELIVERED, RX_DELIVERED_OUTSIDE, RX_BAD_SLOT, RX_TRUNCATED, RX_UNKNOWN_PEER, RX_NOT_VXLAN, RX_WRONG_VNI,
       RX_GROUP_MAC, RX_OTHER_MAC, RX_NOT_IP, RX_MALFORMED_IP, RX_OWN_SOURCE, RX_SPOOFED_SOURCE, VERDICTS };

struct endpoint {
  uint8_t address[16];
  uint64_t tx_packets, tx_bytes, rx_packets, rx_bytes;
};

struct direction {
  uint8_t *slots, *addresses, *verdicts;
  uint32_t *starts, *lengths;
  uint16_t *ports;
};

static struct lpm tunnels, networks, subnets;
static struct endpoint endpoints[MAX_ENDPOINTS];
static uint32_t endpoint_count;
/* Index + 1, by the hash of the address. */
static uint32_t endpoint_hash[2 * MAX_ENDPOINTS];
static uint64_t counters[VERDICTS];
static struct direction tx, rx;
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

static inline void send_to(uint32_t slot, uint32_t start, uint32_t length, uint32_t tunnel) {
  struct endpoint *endpoint = &endpoints[tunnel >> 16];
  uint8_t *header = tx.slots + (size_t)slot * slot_bytes + start - VXLAN;
  const uint32_t words[2] = {0x08, vni_word};
  memcpy(header, words, VXLAN);
  tx.starts[slot] = start - VXLAN;
  tx.lengths[slot] = length + VXLAN;
  memcpy(tx.addresses + slot * 16, endpoint->address, 16);
  tx.ports[slot] = tunnel;
  endpoint->tx_packets++;
  endpoint->tx_bytes += length;
}

static inline int encap_slot(uint32_t slot) {
  uint32_t start = tx.starts[slot], length = tx.lengths[slot];
  if (!fits(start, length, VXLAN)) return TX_BAD_SLOT;
  if (length < ETHERNET) return TX_TRUNCATED;
  const uint8_t *frame = tx.slots + (size_t)slot * slot_bytes + start;
  if (frame[0] & 1) return TX_GROUP_MAC;
  int family = family_of(frame, length);
  if (family == 0) return TX_NOT_IP;
  if (family < 0) return TX_MALFORMED_IP;
  uint32_t tunnel = lookup(&tunnels, family, frame + ETHERNET + (family == 4 ? 16 : 24));
  if (tunnel == LPM_MISS) return TX_NO_TUNNEL;
  send_to(slot, start, length, tunnel);
  return TX_TUNNELED;
}

static inline int judge_source(int32_t endpoint, int family, const uint8_t *source) {
  if (lookup(&subnets, family, source) != LPM_MISS) return RX_OWN_SOURCE;
  if (lookup(&networks, family, source) == LPM_MISS) return RX_DELIVERED_OUTSIDE;
  uint32_t tunnel = lookup(&tunnels, family, source);
  if (tunnel == LPM_MISS || (int32_t)(tunnel >> 16) != endpoint) return RX_SPOOFED_SOURCE;
  return RX_DELIVERED;
}

static inline int judge_frame(int32_t endpoint, const uint8_t *frame, uint32_t length) {
  if (frame[0] & 1) return RX_GROUP_MAC;
  if (load32(frame) != load32(our_mac) || load16(frame + 4) != load16(our_mac + 4)) return RX_OTHER_MAC;
  int family = family_of(frame, length);
  if (family == 0) return RX_NOT_IP;
  if (family < 0) return RX_MALFORMED_IP;
  return judge_source(endpoint, family, frame + ETHERNET + (family == 4 ? 12 : 8));
}

static inline int decap_slot(uint32_t slot) {
  uint32_t start = rx.starts[slot], length = rx.lengths[slot];
  if (!fits(start, length, 0)) return RX_BAD_SLOT;
  int32_t endpoint = endpoint_of(rx.addresses + slot * 16);
  if (endpoint < 0) return RX_UNKNOWN_PEER;
  if (length < VXLAN + ETHERNET) return RX_TRUNCATED;
  const uint8_t *datagram = rx.slots + (size_t)slot * slot_bytes + start;
  if (!(datagram[0] & 0x08)) return RX_NOT_VXLAN;
  if ((load32(datagram + 4) & 0x00ffffff) != vni_word) return RX_WRONG_VNI;
  int verdict = judge_frame(endpoint, datagram + VXLAN, length - VXLAN);
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
  uint32_t delivered = 0;
  for (uint32_t slot = 0; slot < count; slot++) {
    int verdict = decap_slot(slot);
    rx.verdicts[slot] = verdict;
    counters[verdict]++;
    if (verdict <= RX_DELIVERED_OUTSIDE) delivered++;
    else rx.lengths[slot] = 0;
  }
  return delivered;
}

static uint32_t copy(const struct direction *direction, uint8_t *into, uint32_t length) {
  for (uint32_t slot = 0; slot < slot_count; slot++) {
    memcpy(into + (size_t)slot * slot_bytes, direction->slots + (size_t)slot * slot_bytes + HEADROOM, length);
    __asm__ volatile("" : : : "memory");
  }
  return slot_count;
}

/* Where a read or a receive leaves starts and lengths. */
static void rewind_slots(struct direction *direction, uint32_t length) {
  for (uint32_t slot = 0; slot < slot_count; slot++) {
    direction->starts[slot] = HEADROOM;
    direction->lengths[slot] = length;
  }
}

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void time_batches(const char *what, uint32_t length, uint32_t times) {
  static uint8_t *into;
  if (!into) into = calloc(slot_count, slot_bytes);
  volatile uint32_t passed = 0;
  uint64_t begin = now_ns();
  for (uint32_t i = 0; i < times; i++) {
    if (what[0] == 'e') rewind_slots(&tx, length), passed += encap(slot_count);
    else if (what[0] == 'd') rewind_slots(&rx, length), passed += decap(slot_count);
    else passed += copy(what[5] == 't' ? &tx : &rx, into, length);
  }
  printf("%llu\n", (unsigned long long)(now_ns() - begin));
}

static uint32_t from_hex(const char *text, uint8_t *into) {
  uint32_t bytes = 0;
  for (unsigned value; sscanf(text + 2 * bytes, "%2x", &value) == 1; bytes++) into[bytes] = value;
  return bytes;
}

static void print_hex(const uint8_t *bytes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) printf("%02x", bytes[i]);
}

static void print_slot(const struct direction *direction, uint32_t slot) {
  printf("%u ", direction->verdicts[slot]);
  print_hex(direction->addresses + slot * 16, 16);
  printf(" %u ", direction->ports[slot]);
  print_hex(direction->slots + (size_t)slot * slot_bytes + direction->starts[slot], direction->lengths[slot]);
  printf("\n");
}

static void lay_out(struct direction *direction) {
  direction->slots = aligned_alloc(64, (size_t)slot_count * slot_bytes);
  direction->starts = calloc(slot_count, 4);
  direction->lengths = calloc(slot_count, 4);
  direction->addresses = calloc(slot_count, 16);
  direction->ports = calloc(slot_count, 2);
  direction->verdicts = calloc(slot_count, 1);
}

static void answer(char *line) {
  static char name[16], text[64], packet[LINE];
  static uint8_t bytes[16];
  unsigned first, second;
  if (sscanf(line, "identity %u %63s", &first, text) == 2) {
    vni_word = htonl(first << 8);
    from_hex(text, our_mac);
  } else if (sscanf(line, "prefix %15s %63s %u %u", name, text, &first, &second) == 4) {
    struct lpm *table = name[0] == 't' ? &tunnels : name[0] == 'n' ? &networks : &subnets;
    lpm_add(table, bytes, from_hex(text, bytes) == 4 ? 4 : 6, first, second);
  } else if (sscanf(line, "endpoint %63s", text) == 1) {
    from_hex(text, bytes);
    printf("%d\n", add_endpoint(bytes));
    return;
  } else if (sscanf(line, "load %15s %u %63s %1048575s", name, &first, text, packet) == 4) {
    struct direction *direction = name[0] == 't' ? &tx : &rx;
    from_hex(text, direction->addresses + first * 16);
    from_hex(packet, direction->slots + (size_t)first * slot_bytes + HEADROOM);
  } else if (sscanf(line, "slot %15s %u", name, &first) == 2) {
    print_slot(name[0] == 't' ? &tx : &rx, first);
    return;
  } else if (sscanf(line, "%15s %u %u", name, &first, &second) == 3) {
    time_batches(name, first, second);
    return;
  } else {
    lpm_ready(&tunnels);
    lpm_ready(&networks);
    lpm_ready(&subnets);
  }
  printf("0\n");
}

int main(int count, char **arguments) {
  static char line[LINE];
  if (count != 3) return 2;
  slot_count = atoi(arguments[1]);
  slot_bytes = atoi(arguments[2]);
  lay_out(&tx);
  lay_out(&rx);
  setvbuf(stdout, NULL, _IOLBF, 0);
  while (fgets(line, sizeof line, stdin)) answer(line);
  return 0;
}
