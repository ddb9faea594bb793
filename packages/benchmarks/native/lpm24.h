/*
 * Longest-prefix match for the forwarder in C. IPv4: an entry for each of the 2^24 first three bytes, and a block of
 * 256 where prefixes are longer than that. IPv6: a scan from long to short, which a forwarder's few prefixes allow.
 */
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LPM_MISS 0xffffffffu
#define LPM_MAX 65536
#define LPM_BLOCK 0x80000000u

struct lpm_rule { uint8_t address[16]; uint32_t family, length, value; };

struct lpm {
  struct lpm_rule rules[LPM_MAX];
  uint32_t count;
  /* Value + 1, or LPM_BLOCK and a block's index; 0: no prefix. Blocks hold values + 1. */
  uint32_t *direct, *blocks, block_count;
};

static void lpm_add(struct lpm *table, const uint8_t *address, uint32_t family, uint32_t length, uint32_t value) {
  if (table->count == LPM_MAX) abort();
  struct lpm_rule *rule = &table->rules[table->count++];
  memcpy(rule->address, address, 16);
  rule->family = family;
  rule->length = length;
  rule->value = value;
}

static int lpm_longest_first(const void *a, const void *b) {
  return (int)((const struct lpm_rule *)b)->length - (int)((const struct lpm_rule *)a)->length;
}

static uint32_t lpm_first_word(const struct lpm_rule *rule) {
  const uint8_t *a = rule->address;
  return (uint32_t)a[0] << 24 | a[1] << 16 | a[2] << 8 | a[3];
}

static uint32_t *lpm_block(struct lpm *table, uint32_t *entry) {
  if (!(*entry & LPM_BLOCK)) {
    table->blocks = realloc(table->blocks, (table->block_count + 1) * 256 * sizeof *table->blocks);
    for (uint32_t i = 0; i < 256; i++) table->blocks[table->block_count * 256 + i] = *entry;
    *entry = LPM_BLOCK | table->block_count++;
  }
  return table->blocks + (*entry & ~LPM_BLOCK) * 256;
}

static void lpm_paint(struct lpm *table, const struct lpm_rule *rule) {
  uint32_t word = lpm_first_word(rule);
  uint32_t *from = &table->direct[word >> 8], wide = 24;
  if (rule->length > 24) {
    from = lpm_block(table, from) + (word & 255);
    wide = 32;
  }
  for (uint32_t i = 0; i < 1u << (wide - rule->length); i++) from[i] = rule->value + 1;
}

/* After the last rule: sorts them, and paints those of IPv4 from short to long. */
static void lpm_ready(struct lpm *table) {
  qsort(table->rules, table->count, sizeof *table->rules, lpm_longest_first);
  table->direct = calloc(1 << 24, sizeof *table->direct);
  for (uint32_t i = table->count; i-- > 0;)
    if (table->rules[i].family == 4) lpm_paint(table, &table->rules[i]);
}

static inline uint32_t lpm4(const struct lpm *table, uint32_t address) {
  uint32_t entry = table->direct[address >> 8];
  if (entry & LPM_BLOCK) entry = table->blocks[(entry & ~LPM_BLOCK) * 256 + (address & 255)];
  return entry - 1;
}

static inline int lpm_covers(const struct lpm_rule *rule, const uint8_t *address) {
  uint32_t whole = rule->length >> 3, rest = rule->length & 7;
  if (memcmp(rule->address, address, whole)) return 0;
  return rest == 0 || (rule->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

static inline uint32_t lpm6(const struct lpm *table, const uint8_t *address) {
  for (uint32_t i = 0; i < table->count; i++)
    if (table->rules[i].family == 6 && lpm_covers(&table->rules[i], address)) return table->rules[i].value;
  return LPM_MISS;
}
