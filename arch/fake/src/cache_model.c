/* SPDX-License-Identifier: Apache-2.0 */
#include "fake/cache_model.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define NO_LINE SIZE_MAX

uint64_t fake_random(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x;
}

void fake_cache_init(struct fake_cache *cache, void *base, size_t size, uint64_t seed)
{
	memset(cache, 0, sizeof(*cache));
	cache->base = base;
	cache->line_count = size / FAKE_CACHE_LINE;
	cache->line = calloc(cache->line_count, sizeof(*cache->line));
	cache->pending = calloc(FAKE_CACHE_PENDING, sizeof(*cache->pending));
	cache->pipt = true;
	cache->random = seed | 1U;
	PLINTH_CHECK(cache->line != NULL && cache->pending != NULL);
	for (size_t i = 0; i < cache->line_count; i++) {
		const uint8_t *host = cache->base + i * FAKE_CACHE_LINE;

		memcpy(cache->line[i].seen, host, FAKE_CACHE_LINE);
		memcpy(cache->line[i].pou, host, FAKE_CACHE_LINE);
		memcpy(cache->line[i].poc, host, FAKE_CACHE_LINE);
	}
}

void fake_cache_fini(struct fake_cache *cache)
{
	free(cache->line);
	free(cache->pending);
	memset(cache, 0, sizeof(*cache));
}

static size_t line_of(const struct fake_cache *cache, uint64_t address)
{
	uint64_t offset = address - (uint64_t)(uintptr_t)cache->base;

	return offset / FAKE_CACHE_LINE < cache->line_count ? offset / FAKE_CACHE_LINE : NO_LINE;
}

static uint8_t *host_of(const struct fake_cache *cache, size_t line)
{
	return cache->base + line * FAKE_CACHE_LINE;
}

/* Finds what the code under test stored since we looked last. */
static struct fake_cache_line *look(struct fake_cache *cache, size_t line)
{
	struct fake_cache_line *l = &cache->line[line];
	const uint8_t *host = host_of(cache, line);

	if (memcmp(l->seen, host, FAKE_CACHE_LINE) != 0) {
		memcpy(l->seen, host, FAKE_CACHE_LINE);
		l->cached = true;
		l->dirty = true;
	}
	return l;
}

static void clean_to_poc(struct fake_cache_line *l)
{
	if (l->dirty) {
		memcpy(l->pou, l->seen, FAKE_CACHE_LINE);
		memcpy(l->poc, l->seen, FAKE_CACHE_LINE);
		l->dirty = false;
	}
}

static void invalidate(struct fake_cache *cache, size_t line)
{
	struct fake_cache_line *l = &cache->line[line];

	memcpy(l->seen, l->poc, FAKE_CACHE_LINE);
	memcpy(l->pou, l->poc, FAKE_CACHE_LINE);
	memcpy(host_of(cache, line), l->poc, FAKE_CACHE_LINE);
	l->cached = false;
	l->dirty = false;
}

static void fill_icache(struct fake_cache *cache, struct fake_cache_line *l, unsigned cpu)
{
	memcpy(l->icache[cpu], cache->idc ? l->seen : l->pou, FAKE_CACHE_LINE);
	l->icache_used[cpu] = true;
}

/* A line that was invalidated may be there again at once, from what PoU has then. */
static void drop_icache(struct fake_cache *cache, size_t line, bool refill)
{
	struct fake_cache_line *l = look(cache, line);

	for (unsigned cpu = 0; cpu < FAKE_CACHE_CPUS; cpu++) {
		bool was_used = l->icache_used[cpu];

		l->icache_used[cpu] = false;
		if (refill && was_used) {
			fill_icache(cache, l, cpu);
		}
	}
}

static void drop_icache_all(struct fake_cache *cache, bool refill)
{
	for (size_t i = 0; i < cache->line_count; i++) {
		bool used = false;

		for (unsigned cpu = 0; cpu < FAKE_CACHE_CPUS; cpu++) {
			used |= cache->line[i].icache_used[cpu];
		}
		if (used) {
			drop_icache(cache, i, refill);
		}
	}
}

static bool is_icache_op(enum fake_op op)
{
	return op == FAKE_IC_IVAU || op == FAKE_IC_IALLUIS || op == FAKE_IC_IALLU;
}

static void apply_icache_op(
	struct fake_cache *cache, enum fake_op op, unsigned cpu, size_t line, bool refill)
{
	if (op == FAKE_IC_IALLUIS) {
		drop_icache_all(cache, refill);
	} else if (op == FAKE_IC_IVAU && cache->pipt) {
		drop_icache(cache, line, refill);
	} else if (op == FAKE_IC_IALLU) {
		for (size_t i = 0; i < cache->line_count; i++) {
			cache->line[i].icache_used[cpu] = false;
		}
	}
}

static void apply_dcache_op(struct fake_cache *cache, enum fake_op op, size_t line)
{
	struct fake_cache_line *l = look(cache, line);

	if (op == FAKE_DC_CVAU) {
		memcpy(l->pou, l->seen, FAKE_CACHE_LINE);
	} else {
		clean_to_poc(l);
	}
	if (op == FAKE_DC_CIVAC || op == FAKE_DC_IVAC) {
		invalidate(cache, line);
	}
}

static void complete(struct fake_cache *cache)
{
	bool has_dcache = false;

	for (size_t i = 0; i < cache->pending_count; i++) {
		has_dcache |= !is_icache_op(cache->pending[i].op);
	}
	/* Instruction lines first: without a barrier between, nothing keeps the clean before. */
	for (unsigned pass = 0; pass < 2U; pass++) {
		for (size_t i = 0; i < cache->pending_count; i++) {
			enum fake_op op = cache->pending[i].op;

			if (is_icache_op(op) && pass == 0U) {
				apply_icache_op(cache, op, cache->pending[i].cpu,
					cache->pending[i].line, has_dcache);
			} else if (!is_icache_op(op) && pass == 1U) {
				apply_dcache_op(cache, op, cache->pending[i].line);
			}
		}
	}
	cache->pending_count = 0;
}

static void add_pending(struct fake_cache *cache, enum fake_op op, size_t line)
{
	PLINTH_CHECK(cache->pending_count < FAKE_CACHE_PENDING);
	cache->pending[cache->pending_count].op = op;
	cache->pending[cache->pending_count].cpu = cache->cpu;
	cache->pending[cache->pending_count].line = line;
	cache->pending_count++;
}

void fake_cache_op(struct fake_cache *cache, enum fake_op op, uint64_t address)
{
	size_t line = line_of(cache, address);

	switch ((unsigned)op) {
	case FAKE_DSB_ISH:
	case FAKE_DSB_SY:
		complete(cache);
		break;
	case FAKE_DSB_ISHST:
		cache->early += cache->pending_count != 0U ? 1U : 0U;
		break;
	case FAKE_IC_IALLUIS:
	case FAKE_IC_IALLU:
		add_pending(cache, op, 0);
		break;
	case FAKE_DC_CVAU:
	case FAKE_DC_CVAC:
	case FAKE_DC_CIVAC:
	case FAKE_DC_IVAC:
	case FAKE_IC_IVAU:
		if (line != NO_LINE) {
			add_pending(cache, op, line);
		}
		break;
	default:
		break;
	}
}

static uint64_t get(const uint8_t *line, uint64_t address)
{
	uint64_t value;

	memcpy(&value, line + address % FAKE_CACHE_LINE, sizeof(value));
	return value;
}

static void put(uint8_t *line, uint64_t address, uint64_t value)
{
	memcpy(line + address % FAKE_CACHE_LINE, &value, sizeof(value));
}

static size_t checked_line(const struct fake_cache *cache, uint64_t address)
{
	size_t line = line_of(cache, address);

	PLINTH_CHECK(line != NO_LINE && address % sizeof(uint64_t) == 0U);
	return line;
}

uint64_t fake_cache_load(struct fake_cache *cache, uint64_t address, bool off)
{
	struct fake_cache_line *l = look(cache, checked_line(cache, address));

	l->cached |= !off;
	return get(off ? l->poc : l->seen, address);
}

void fake_cache_store(struct fake_cache *cache, uint64_t address, uint64_t value, bool off)
{
	size_t line = checked_line(cache, address);
	struct fake_cache_line *l = look(cache, line);

	if (off) {
		put(l->poc, address, value);
		if (!l->cached) {
			invalidate(cache, line); /* all views are PoC's */
		}
		return;
	}
	put(l->seen, address, value);
	put(host_of(cache, line), address, value);
	l->cached = true;
	l->dirty = true;
}

uint64_t fake_cache_fetch(struct fake_cache *cache, uint64_t address, bool off)
{
	struct fake_cache_line *l = look(cache, checked_line(cache, address));

	if (cache->dic) {
		return get(off ? l->poc : cache->idc ? l->seen : l->pou, address);
	}
	if (!l->icache_used[cache->cpu]) {
		if (off) {
			return get(l->poc, address);
		}
		fill_icache(cache, l, cache->cpu);
	}
	return get(l->icache[cache->cpu], address);
}

void fake_cache_noise(struct fake_cache *cache, uint64_t address, bool executable)
{
	size_t line = line_of(cache, address);

	if (line == NO_LINE) {
		return;
	}
	struct fake_cache_line *l = look(cache, line);

	switch (fake_random(&cache->random) % 4U) {
	case 0: /* evicted */
		clean_to_poc(l);
		invalidate(cache, line);
		break;
	case 1: /* prefetched through an alias */
		l->cached = true;
		break;
	case 2:
		if (!executable) {
			break; /* not fetched, speculatively either */
		}
		fill_icache(cache, l, (unsigned)(fake_random(&cache->random) % FAKE_CACHE_CPUS));
		break;
	default: /* an instruction line evicted */
		l->icache_used[fake_random(&cache->random) % FAKE_CACHE_CPUS] = false;
		break;
	}
}
