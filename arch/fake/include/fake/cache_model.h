/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of split, incoherent caches over a piece of host memory, weak enough to fail.
 *
 *   host memory   what the coherent data side sees: the cached copy of a line, or the line at PoC
 *                 where it is not cached. Plinth's code under test reads and writes it directly;
 *                 the model finds its writes by comparing with what it saw last.
 *   pou           what instruction caches fill from: a store gets there by a clean or an eviction
 *   poc           what an observer past the caches (MMU off) reads and writes
 *   icache        each CPU's own copies; never updated by stores
 *
 * Maintenance takes effect at the DSB behind it, in the worst order (invalidations of instruction
 * lines first, with a refill behind them). fake_cache_noise() evicts, prefetches and refills as
 * hardware may at any time, through any alias.
 *
 * Lines are FAKE_CACHE_LINE bytes. One thread at a time; the current CPU is `cpu`.
 */
#ifndef FAKE_CACHE_MODEL_H
#define FAKE_CACHE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake/maintenance.h"

#define FAKE_CACHE_CPUS	   2U
#define FAKE_CACHE_LINE	   64U
#define FAKE_CACHE_PENDING 65536U

struct fake_cache_line {
	uint8_t seen[FAKE_CACHE_LINE]; /* host memory when the model looked last */
	uint8_t pou[FAKE_CACHE_LINE];
	uint8_t poc[FAKE_CACHE_LINE];
	uint8_t icache[FAKE_CACHE_CPUS][FAKE_CACHE_LINE];
	bool icache_used[FAKE_CACHE_CPUS];
	bool cached;
	bool dirty;
};

struct fake_cache {
	unsigned cpu;
	bool idc;  /* instruction side sees data caches */
	bool dic;  /* instruction caches see stores */
	bool pipt; /* else IC IVAU through our alias finds nothing */
	uint8_t *base;
	size_t line_count;
	struct fake_cache_line *line;
	struct {
		enum fake_op op;
		unsigned cpu;
		size_t line;
	} * pending;
	size_t pending_count;
	unsigned early; /* entries were published before maintenance was complete */
	uint64_t random;
};

/* Covers `size` bytes of host memory from `base`, both multiples of the line. All lines are clean,
 * no instruction cache holds anything. */
void fake_cache_init(struct fake_cache *cache, void *base, size_t size, uint64_t seed);
void fake_cache_fini(struct fake_cache *cache);

/* For a maintenance hook. Operations on addresses outside are ignored. */
void fake_cache_op(struct fake_cache *cache, enum fake_op op, uint64_t address);

/* 64-bit accesses of a guest at a host address inside; `off`: with MMU and caches off. */
uint64_t fake_cache_load(struct fake_cache *cache, uint64_t address, bool off);
void fake_cache_store(struct fake_cache *cache, uint64_t address, uint64_t value, bool off);
uint64_t fake_cache_fetch(struct fake_cache *cache, uint64_t address, bool off);

/* Something that hardware does on its own, to the line of this address. */
void fake_cache_noise(struct fake_cache *cache, uint64_t address, bool executable);

/* xorshift64, for the model's and the tests' choices. */
uint64_t fake_random(uint64_t *state);

#endif
