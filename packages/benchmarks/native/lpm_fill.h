/*
 * Filling an rte_lpm. rte_lpm_add looks through all rules of a length before it adds one, which takes minutes for half a
 * million of /24; the tables themselves are public, and a table sorted from short to long is painted into them in a
 * moment. check_fill() has both ways fill one and compares the tables.
 */
#pragma once

enum { CHECKED = 4000 };

static uint32_t next_tbl8;

/* The group behind a tbl24 entry; a new one takes over what the entry said. */
static struct rte_lpm_tbl_entry *tbl8_of(struct rte_lpm *into, struct rte_lpm_tbl_entry *entry) {
  if (entry->valid && entry->valid_group) return into->tbl8 + entry->next_hop * RTE_LPM_TBL8_GROUP_NUM_ENTRIES;
  struct rte_lpm_tbl_entry *group = into->tbl8 + next_tbl8 * RTE_LPM_TBL8_GROUP_NUM_ENTRIES;
  for (int i = 0; i < RTE_LPM_TBL8_GROUP_NUM_ENTRIES; i++) {
    memset(&group[i], 0, sizeof group[i]);
    if (entry->valid) group[i] = *entry;
    group[i].valid_group = i == 0;
  }
  *entry = (struct rte_lpm_tbl_entry){.next_hop = next_tbl8++, .valid = 1, .valid_group = 1, .depth = 0};
  return group;
}

static void paint(struct rte_lpm *into, uint32_t address, uint8_t length, uint32_t value) {
  struct rte_lpm_tbl_entry *first = &into->tbl24[address >> 8];
  uint32_t entries = 1u << (length > 24 ? 32 - length : 24 - length);
  if (length > 24) first = tbl8_of(into, first) + (address & 255);
  for (uint32_t i = 0; i < entries; i++) {
    first[i].next_hop = value;
    first[i].valid = 1;
    first[i].depth = length;
  }
}

static void fill_lpm(struct rte_lpm *into, uint32_t count) {
  next_tbl8 = 0;
  for (uint32_t i = 0; i < count; i++) paint(into, table.words[i], table.lengths[i], table.values[i]);
}

/* Every prefix of a step through the table, so that all lengths are among them. */
static void check_fill(void) {
  const struct rte_lpm_config config = {.max_rules = CHECKED, .number_tbl8s = CHECKED};
  struct rte_lpm *painted = rte_lpm_create("painted", SOCKET_ID_ANY, &config);
  struct rte_lpm *added = rte_lpm_create("added", SOCKET_ID_ANY, &config);
  if (!painted || !added) stop("rte_lpm_create");
  uint32_t step = table.count / CHECKED + 1;
  next_tbl8 = 0;
  for (uint32_t i = 0; i < table.count; i += step) {
    paint(painted, table.words[i], table.lengths[i], table.values[i]);
    if (rte_lpm_add(added, table.words[i], table.lengths[i], table.values[i]) < 0) stop("rte_lpm_add");
  }
  size_t groups = (size_t)next_tbl8 * RTE_LPM_TBL8_GROUP_NUM_ENTRIES;
  if (memcmp(painted->tbl24, added->tbl24, sizeof painted->tbl24)) stop("tbl24 differs from rte_lpm_add's");
  if (memcmp(painted->tbl8, added->tbl8, groups * sizeof *painted->tbl8)) stop("tbl8 differs from rte_lpm_add's");
  rte_lpm_free(painted);
  rte_lpm_free(added);
}
