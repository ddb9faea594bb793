/*
 * DPDK's longest-prefix match on a table and addresses from files: rte_lpm and rte_fib of IPv4, rte_lpm6 and rte_fib6
 * of IPv6. In memory, without huge pages and without devices.
 *
 *     lpm TABLE          words are 32 bits, little-endian, an address 1 or 4 of them:
 *                        family, count, then per column: addresses, lengths (a byte each), values; from short to long
 *
 * then one question a line:
 *
 *     structures                       the names of those that this machine has
 *     addresses FILE                   the words of the addresses that the next questions are about
 *     time STRUCTURE FROM COUNT        nanoseconds for that many lookups
 *     answers STRUCTURE FILE           writes the value of each address, 0xffffffff where there is none
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <rte_eal.h>
#include <rte_fib.h>
#include <rte_fib6.h>
#include <rte_lpm.h>
#include <rte_lpm6.h>
#include <rte_vect.h>

/* Lookups to a bulk call. */
enum { BULK = 256 };
#define NO_ROUTE 0xffffffffu
/* What a FIB answers where there is no route: larger than any value, and fits 15 bits. */
#define DEFAULT_HOP 0x7ffe

struct table {
  uint32_t family, count, *words, *values;
  uint8_t *lengths;
};

static struct table table;
static uint32_t *addresses, address_count;
static uint8_t (*addresses6)[16];
static uint64_t hops[BULK];
static uint32_t *answers;
static struct rte_lpm *lpm;
static struct rte_fib *fib, *fib_vector;
static struct rte_lpm6 *lpm6;
static struct rte_fib6 *fib6, *fib6_vector;

static void stop(const char *what) {
  fprintf(stderr, "lpm: %s\n", what);
  exit(1);
}

static void *read_file(const char *path, size_t *bytes) {
  FILE *file = fopen(path, "rb");
  if (!file) stop(path);
  fseek(file, 0, SEEK_END);
  *bytes = ftell(file);
  rewind(file);
  void *content = malloc(*bytes + 1);
  if (fread(content, 1, *bytes, file) != *bytes) stop("short read");
  fclose(file);
  return content;
}

static void read_table(const char *path) {
  size_t bytes;
  uint32_t *content = read_file(path, &bytes);
  table.family = content[0];
  table.count = content[1];
  table.words = content + 2;
  size_t words = (size_t)table.count * (table.family == 4 ? 1 : 4);
  table.lengths = (uint8_t *)(table.words + words);
  table.values = malloc(table.count * 4);
  memcpy(table.values, table.lengths + table.count, table.count * 4);
}

static void network_order(const uint32_t *words, uint8_t *into) {
  for (int word = 0; word < 4; word++) {
    uint32_t swapped = __builtin_bswap32(words[word]);
    memcpy(into + 4 * word, &swapped, 4);
  }
}

static uint32_t long_prefixes(void) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < table.count; i++) count += table.lengths[i] > 24;
  return count;
}

#include "lpm_fill.h"

static void make_lpm(void) {
  const struct rte_lpm_config config = {.max_rules = table.count, .number_tbl8s = long_prefixes() + 1};
  lpm = rte_lpm_create("lpm", SOCKET_ID_ANY, &config);
  if (!lpm) stop("rte_lpm_create");
  check_fill();
  fill_lpm(lpm, table.count);
}

static struct rte_fib *make_fib(const char *name, enum rte_fib_lookup_type lookup) {
  struct rte_fib_conf config = {.type = RTE_FIB_DIR24_8, .default_nh = DEFAULT_HOP, .max_routes = table.count};
  config.dir24_8.nh_sz = RTE_FIB_DIR24_8_2B;
  config.dir24_8.num_tbl8 = long_prefixes() + 1;
  struct rte_fib *made = rte_fib_create(name, SOCKET_ID_ANY, &config);
  if (!made) stop("rte_fib_create");
  for (uint32_t i = 0; i < table.count; i++)
    if (rte_fib_add(made, table.words[i], table.lengths[i], table.values[i]) < 0) stop("rte_fib_add");
  if (rte_fib_select_lookup(made, lookup) < 0) {
    rte_fib_free(made);
    return NULL;
  }
  return made;
}

static void make_lpm6(void) {
  const struct rte_lpm6_config config = {.max_rules = table.count, .number_tbl8s = 1 << 18};
  lpm6 = rte_lpm6_create("lpm6", SOCKET_ID_ANY, &config);
  if (!lpm6) stop("rte_lpm6_create");
  uint8_t prefix[16];
  for (uint32_t i = 0; i < table.count; i++) {
    network_order(table.words + 4 * i, prefix);
    if (rte_lpm6_add(lpm6, prefix, table.lengths[i], table.values[i]) < 0) stop("rte_lpm6_add");
  }
}

static struct rte_fib6 *make_fib6(const char *name, enum rte_fib6_lookup_type lookup) {
  struct rte_fib6_conf config = {.type = RTE_FIB6_TRIE, .default_nh = DEFAULT_HOP, .max_routes = table.count};
  config.trie.nh_sz = RTE_FIB6_TRIE_4B;
  config.trie.num_tbl8 = 1 << 18;
  struct rte_fib6 *made = rte_fib6_create(name, SOCKET_ID_ANY, &config);
  if (!made) stop("rte_fib6_create");
  uint8_t prefix[16];
  for (uint32_t i = 0; i < table.count; i++) {
    network_order(table.words + 4 * i, prefix);
    if (rte_fib6_add(made, prefix, table.lengths[i], table.values[i]) < 0) stop("rte_fib6_add");
  }
  if (rte_fib6_select_lookup(made, lookup) < 0) {
    rte_fib6_free(made);
    return NULL;
  }
  return made;
}

static void read_addresses(const char *path) {
  size_t bytes;
  free(addresses);
  addresses = read_file(path, &bytes);
  address_count = bytes / (table.family == 4 ? 4 : 16);
  answers = realloc(answers, (address_count + BULK) * sizeof *answers);
  if (table.family == 4) return;
  addresses6 = realloc(addresses6, bytes);
  for (uint32_t i = 0; i < address_count; i++) network_order(addresses + 4 * i, addresses6[i]);
}

#include "lpm_bulk.h"

static int is_made(const struct structure *structure) {
  if (structure->bulk == bulk_fib_vector) return fib_vector != NULL;
  if (structure->bulk == bulk_fib6_vector) return fib6_vector != NULL;
  return structure->family == table.family;
}

static const struct structure *structure_named(const char *name) {
  for (int i = 0; i < STRUCTURE_COUNT; i++)
    if (!strcmp(STRUCTURES[i].name, name)) return &STRUCTURES[i];
  stop(name);
  return NULL;
}

static void write_answers(const struct structure *structure, const char *path) {
  for (uint32_t from = 0; from < address_count; from += BULK) {
    structure->bulk(from, answers + from);
    for (uint32_t i = from; i < from + BULK; i++) answers[i] = structure->plain(answers[i], hops[i - from]);
  }
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(answers, 4, address_count, file) != address_count) stop(path);
  fclose(file);
}

static uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static uint64_t time_lookups(const struct structure *structure, uint32_t from, uint32_t count) {
  uint64_t begin = now_ns();
  for (uint32_t at = from; at < from + count; at += BULK) structure->bulk(at, answers + at);
  return now_ns() - begin;
}

static void make_structures(void) {
  if (table.family == 4) {
    make_lpm();
    fib = make_fib("fib", RTE_FIB_LOOKUP_DIR24_8_SCALAR_MACRO);
    fib_vector = make_fib("fib_avx512", RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512);
    return;
  }
  make_lpm6();
  fib6 = make_fib6("fib6", RTE_FIB6_LOOKUP_TRIE_SCALAR);
  fib6_vector = make_fib6("fib6_avx512", RTE_FIB6_LOOKUP_TRIE_VECTOR_AVX512);
}

static void print_structures(void) {
  for (int i = 0; i < STRUCTURE_COUNT; i++)
    if (is_made(&STRUCTURES[i])) printf("%s ", STRUCTURES[i].name);
  printf("\n");
}

static void answer(const char *line) {
  static char name[32], path[4096];
  unsigned from, count;
  if (sscanf(line, "addresses %4095s", path) == 1) {
    read_addresses(path);
    printf("%u\n", address_count);
  } else if (sscanf(line, "time %31s %u %u", name, &from, &count) == 3) {
    printf("%llu\n", (unsigned long long)time_lookups(structure_named(name), from, count));
  } else if (sscanf(line, "answers %31s %4095s", name, path) == 2) {
    write_answers(structure_named(name), path);
    printf("%u\n", address_count);
  } else {
    print_structures();
  }
}

/* EAL ties the thread to a CPU; the benches' other side is not tied either. */
static void start_eal(char *name) {
  cpu_set_t before;
  char *arguments[] = {name, "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "-m", "2560",
                       "--log-level=error", "--force-max-simd-bitwidth=512", NULL};
  sched_getaffinity(0, sizeof before, &before);
  if (rte_eal_init(9, arguments) < 0) stop("rte_eal_init");
  sched_setaffinity(0, sizeof before, &before);
}

int main(int count, char **arguments) {
  static char line[8192];
  if (count != 2) return 2;
  start_eal(arguments[0]);
  read_table(arguments[1]);
  make_structures();
  setvbuf(stdout, NULL, _IOLBF, 0);
  while (fgets(line, sizeof line, stdin)) answer(line);
  return 0;
}
