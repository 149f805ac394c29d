/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of the caches of several CPUs over a piece of host memory, weak enough to fail.
 * docs/design/cache-model.md has its rules, with the Arm ARM's sections.
 *
 *   memory (PoC)      what an observer past the caches reads and writes: a CPU with its MMU off,
 *                     a Non-cacheable mapping, a device
 *   level 2 (PoU)     unified, shared by all CPUs: what instruction caches fill from
 *   L1 data           one for each CPU, kept coherent with each other by hardware
 *   L1 instruction    one for each CPU; nothing keeps it coherent but FAKE_ICACHE_* and DIC
 *   host memory       what a cacheable load sees now. The code under test reads and writes it
 *                     directly: the model finds its stores by comparing with what it saw last
 *
 * Only FAKE_WORDS words of each page are followed, with the lines that they lie in. A line that is
 * in no cache, clean or dirty in level 1 or 2, or stale there (memory was written past it) is told
 * by the masks of struct fake_cache_page, one bit for each word.
 *
 * Maintenance takes effect at some point between the instruction and a DSB that the same CPU
 * executes behind it, each operation on its own: the adversary (`random`) chooses. Between any two
 * events it also evicts, prefetches and drops lines: fake_cache_noise().
 *
 * One thread at a time. Every function looks for the code under test's stores by itself.
 */
#ifndef FAKE_CACHE_MODEL_H
#define FAKE_CACHE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake/maintenance.h"
#include "fake/random.h"

#define FAKE_CPUS	 2U
#define FAKE_WORDS	 6U
#define FAKE_WAYS	 2U /* places for a line in an instruction cache: by index or VMID */
#define FAKE_WORDS_ALL	 ((1U << FAKE_WORDS) - 1U)
#define FAKE_LINE_UNITS	 256U /* of 16 bytes, the smallest line, in a page */
#define FAKE_TAG_NOBODY	 0xffffU
#define FAKE_CACHE_QUEUE 4096U

/* Is the word in the mask? */
static inline bool fake_has_word(uint8_t mask, unsigned word)
{
	return ((unsigned)mask >> word & 1U) != 0U;
}

/* CTR_EL0.L1Ip. */
enum fake_icache { FAKE_ICACHE_VPIPT, FAKE_ICACHE_RESERVED, FAKE_ICACHE_VIPT, FAKE_ICACHE_PIPT };

/* Offsets of the followed words: the free list's links, two lines in the middle of a page, the
 * last two. */
extern const uint16_t fake_word_offset[FAKE_WORDS];

/* Lines of one page in one CPU's instruction cache that were filled by one tag. */
struct fake_icache_way {
	uint64_t
		epoch; /* of the cache when it was filled: older ones were invalidated as a whole */
	uint64_t value[FAKE_WORDS];
	uint16_t tag; /* VIPT: the index bit above the page offset. VPIPT: the VMID. PIPT: 0 */
	uint8_t valid;
};

struct fake_cache_page {
	uint64_t seen[FAKE_WORDS]; /* cacheable view; host memory when the model looked last */
	uint64_t level2[FAKE_WORDS];
	uint64_t memory[FAKE_WORDS];
	uint64_t before[FAKE_WORDS]; /* of stores that other CPUs may not see yet */
	uint8_t buffered;
	uint8_t ordered; /* of the buffered: loads see them, fetches need a DSB */
	uint8_t l1_valid[FAKE_CPUS];
	uint8_t l1_dirty; /* in the one L1 that holds the line */
	uint8_t l2_valid;
	uint8_t l2_dirty;
	struct fake_icache_way icache[FAKE_CPUS][FAKE_WAYS];
};

struct fake_cache_config {
	uint32_t dline; /* bytes: 16 to 2048 */
	uint32_t iline;
	enum fake_icache icache;
	bool idc;  /* instruction caches fill from L1 data too */
	bool dic;  /* instruction caches hold nothing that PoU has not */
	bool weak; /* stores of the code under test are complete at a DSB only, which then looks at
		    * every page: slow */
};

/* An operation that no DSB has completed yet. */
struct fake_cache_pending {
	enum fake_op op;
	uint16_t tag; /* of instruction lines; FAKE_TAG_NOBODY: reaches those of PIPT alone */
	bool all_tags;
	uint8_t words;
	uint32_t page;
};

struct fake_cache {
	struct fake_cache_config config;
	uint8_t *base;
	size_t page_count;
	struct fake_cache_page *page;
	uint8_t dline_of[FAKE_LINE_UNITS]; /* words in the data line of each 16 bytes of a page */
	uint8_t iline_of[FAKE_LINE_UNITS];
	uint8_t dline_words[FAKE_WORDS]; /* words in the line of each word */
	uint8_t iline_words[FAKE_WORDS];
	uint64_t epoch[FAKE_CPUS]; /* moved on by invalidations of a whole instruction cache */
	struct fake_cache_pending *queue[FAKE_CPUS];
	size_t queued[FAKE_CPUS];
	unsigned writer; /* the CPU that the code under test runs on, or ran last */
	bool writing;	 /* it runs */
	uint64_t random; /* 0: no adversary, everything happens at once and nothing by itself */
	void (*trace)(void *ctx, const char *what, unsigned cpu, uint64_t address);
	void *trace_ctx;
};

/* Covers `size` bytes of host memory from `base`, both multiples of 4 KiB. No line is in a cache;
 * memory holds what host memory does. */
void fake_cache_init(
	struct fake_cache *cache, void *base, size_t size, const struct fake_cache_config *config);
void fake_cache_fini(struct fake_cache *cache);

/* As fake_cache_init() leaves it, over the same memory, without allocation. */
void fake_cache_reset(struct fake_cache *cache, const struct fake_cache_config *config);

/* Memory holds something else than host memory, whose lines are dirty in a cache: what a boot
 * loader leaves. Words are told apart from host memory's by an exclusive or with `garbage`. */
void fake_cache_leave_dirty(struct fake_cache *cache, size_t first, size_t pages, uint64_t garbage);

/* One maintenance instruction or barrier of EL2, by EL2's address. Addresses outside and operations
 * of TLBs are ignored. */
void fake_cache_op(struct fake_cache *cache, unsigned cpu, enum fake_op op, uint64_t address);

/* The same for a range that EL2 walks by `stride`, as fake_cache_op() for each address. */
void fake_cache_range(struct fake_cache *cache, unsigned cpu, enum fake_op op, uint64_t start,
	const uint64_t size_and_stride[2]);

/* The code under test runs on this CPU from now on, until fake_cache_end(). Its stores, which the
 * other CPUs may see late (`weak`), are complete at a DSB, when the code goes on on another CPU (it
 * takes a lock), and each when somebody has seen it. While nothing runs everybody sees them, and
 * what ran before ordered its stores for loads, not for fetches. */
void fake_cache_begin(struct fake_cache *cache, unsigned cpu);
void fake_cache_end(struct fake_cache *cache);

/* All stores up to now are complete. */
void fake_cache_settle(struct fake_cache *cache, unsigned cpu);

/* A guest's own, at the host address that its mapping leads to; `tag` is that of its instruction
 * lines (fake_cache_tag). */
void fake_cache_guest_op(
	struct fake_cache *cache, unsigned cpu, enum fake_op op, uint64_t address, uint16_t tag);

/* The tag of instruction lines that are fetched at `va` with `vmid`. */
uint16_t fake_cache_tag(const struct fake_cache *cache, uint64_t va, uint16_t vmid);

/* Accesses to a followed word at a host address. `past`: Non-cacheable (fetches) or by whoever
 * does not see the caches (loads, stores). */
uint64_t fake_cache_load(struct fake_cache *cache, unsigned cpu, uint64_t address, bool past);
void fake_cache_store(
	struct fake_cache *cache, unsigned cpu, uint64_t address, uint64_t value, bool past);
uint64_t fake_cache_fetch(
	struct fake_cache *cache, unsigned cpu, uint64_t address, uint16_t tag, bool past);

/* A speculative fetch: fills the line, unless it is there. */
void fake_cache_prefetch(
	struct fake_cache *cache, unsigned cpu, uint64_t address, uint16_t tag, bool past);

/* Something that hardware does on its own to the line of this address, by any alias: evicts it,
 * reads it speculatively, drops an instruction line, or completes some pending operation. */
void fake_cache_noise(struct fake_cache *cache, uint64_t address);

#endif
