/* The structures by name, each with its bulk call, and how to read what it answers. */
#pragma once

/* One bulk call each; a FIB's answers go to `hops`, others' to `into`. */

static void bulk_lpm(uint32_t from, uint32_t *into) {
  rte_lpm_lookup_bulk(lpm, addresses + from, into, BULK);
}

static void bulk_lpm_x4(uint32_t from, uint32_t *into) {
  for (uint32_t i = 0; i < BULK; i += 4) {
    xmm_t four;
    memcpy(&four, addresses + from + i, sizeof four);
    rte_lpm_lookupx4(lpm, four, into + i, NO_ROUTE);
  }
}

static void bulk_fib(uint32_t from, uint32_t *into) {
  (void)into;
  rte_fib_lookup_bulk(fib, addresses + from, hops, BULK);
}

static void bulk_fib_vector(uint32_t from, uint32_t *into) {
  (void)into;
  rte_fib_lookup_bulk(fib_vector, addresses + from, hops, BULK);
}

static void bulk_lpm6(uint32_t from, uint32_t *into) {
  rte_lpm6_lookup_bulk_func(lpm6, addresses6 + from, (int32_t *)into, BULK);
}

static void bulk_fib6(uint32_t from, uint32_t *into) {
  (void)into;
  rte_fib6_lookup_bulk(fib6, addresses6 + from, hops, BULK);
}

static void bulk_fib6_vector(uint32_t from, uint32_t *into) {
  (void)into;
  rte_fib6_lookup_bulk(fib6_vector, addresses6 + from, hops, BULK);
}

/* From what a structure gives to the value or NO_ROUTE. */

static uint32_t flagged(uint32_t given, uint64_t hop) {
  (void)hop;
  return given & RTE_LPM_LOOKUP_SUCCESS ? given & 0xffffff : NO_ROUTE;
}

static uint32_t as_given(uint32_t given, uint64_t hop) {
  (void)hop;
  return given;
}

static uint32_t of_hop(uint32_t given, uint64_t hop) {
  (void)given;
  return hop == DEFAULT_HOP ? NO_ROUTE : (uint32_t)hop;
}

static const struct structure {
  const char *name;
  uint32_t family;
  void (*bulk)(uint32_t from, uint32_t *into);
  uint32_t (*plain)(uint32_t given, uint64_t hop);
} STRUCTURES[] = {
    {"rte_lpm", 4, bulk_lpm, flagged},         {"rte_lpm_x4", 4, bulk_lpm_x4, as_given},
    {"rte_fib", 4, bulk_fib, of_hop},          {"rte_fib_avx512", 4, bulk_fib_vector, of_hop},
    {"rte_lpm6", 6, bulk_lpm6, as_given},      {"rte_fib6", 6, bulk_fib6, of_hop},
    {"rte_fib6_avx512", 6, bulk_fib6_vector, of_hop},
};
enum { STRUCTURE_COUNT = sizeof STRUCTURES / sizeof *STRUCTURES };
