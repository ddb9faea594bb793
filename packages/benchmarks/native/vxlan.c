/*
 * The loop of forward.h as a program that answers questions.
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
 *     slot DIRECTION SLOT         verdict, address, port, source port, traffic class, bytes
 */
#define _GNU_SOURCE
#include "forward.h"
#include <stdio.h>
#include <time.h>

enum { LINE = 1 << 20 };

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
  printf("%s ", VERDICT_NAMES[direction->verdicts[slot]]);
  print_hex(direction->addresses + slot * 16, 16);
  printf(" %u %u %u ", direction->ports[slot], direction->source_ports[slot], direction->classes[slot]);
  print_hex(direction->slots + (size_t)slot * slot_bytes + direction->starts[slot], direction->lengths[slot]);
  printf("\n");
}

static void lay_out(struct direction *direction) {
  direction->slots = calloc(slot_count, slot_bytes);
  direction->starts = calloc(slot_count, 4);
  direction->lengths = calloc(slot_count, 4);
  direction->addresses = calloc(slot_count, 16);
  direction->ports = calloc(slot_count, 2);
  direction->verdicts = calloc(slot_count, 1);
  direction->segments = calloc(slot_count, 4);
  direction->source_ports = calloc(slot_count, 2);
  direction->classes = calloc(slot_count, 1);
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
  frames = calloc(slot_count + 1, sizeof *frames);
  pieces = calloc(slot_count + 1, sizeof *pieces);
  setvbuf(stdout, NULL, _IOLBF, 0);
  while (fgets(line, sizeof line, stdin)) answer(line);
  return 0;
}
