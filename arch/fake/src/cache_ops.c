/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cache maintenance: from the instruction to its effect, at latest at the DSB behind it.
 */
#include <string.h>

#include "base/bits.h"
#include "base/check.h"
#include "base/types.h"

#include "cache_private.h"

static bool reaches(const struct fake_cache_pending *op, const struct fake_icache_way *way)
{
	return op->all_tags || way->tag == op->tag;
}

static void drop_lines(struct fake_cache *cache, const struct fake_cache_pending *op)
{
	struct fake_cache_page *p = &cache->page[op->page];

	for (unsigned cpu = 0; cpu < FAKE_CPUS; cpu++) {
		for (unsigned i = 0; i < FAKE_WAYS; i++) {
			struct fake_icache_way *way = &p->icache[cpu][i];

			if (reaches(op, way)) {
				way->valid = (uint8_t)(way->valid & ~op->words);
			}
		}
	}
}

/* All lines of the caches [first, end); a guest's reaches those of its own tag alone. */
static void drop_all(
	struct fake_cache *cache, const struct fake_cache_pending *op, unsigned first, unsigned end)
{
	for (unsigned cpu = first; cpu < end; cpu++) {
		if (op->all_tags) {
			cache->epoch[cpu]++;
			continue;
		}
		for (size_t i = 0; i < cache->page_count; i++) {
			for (unsigned n = 0; n < FAKE_WAYS; n++) {
				struct fake_icache_way *way = &cache->page[i].icache[cpu][n];

				way->valid = way->tag == op->tag ? 0U : way->valid;
			}
		}
	}
}

static void apply(struct fake_cache *cache, unsigned cpu, const struct fake_cache_pending *op)
{
	switch ((unsigned)op->op) {
	case FAKE_DC_CVAU:
		cache_clean_pou(cache_look(cache, cpu, op->page), op->words);
		break;
	case FAKE_DC_CIVAC:
	case FAKE_DC_IVAC: /* under stage 2 it cleans too (DDI 0487, D7.5) */
		(void)cache_look(cache, cpu, op->page);
		cache_clean_inv_poc(cache, op->page, op->words);
		break;
	case FAKE_IC_IVAU:
		drop_lines(cache, op);
		break;
	case FAKE_IC_IALLUIS:
		drop_all(cache, op, 0, FAKE_CPUS);
		break;
	case FAKE_IC_IALLU:
		drop_all(cache, op, cpu, cpu + 1U);
		break;
	default:
		break;
	}
}

static void complete_at(struct fake_cache *cache, unsigned cpu, size_t index)
{
	struct fake_cache_pending op = cache->queue[cpu][index];

	cache->queue[cpu][index] = cache->queue[cpu][--cache->queued[cpu]];
	apply(cache, cpu, &op);
}

void cache_complete_some(struct fake_cache *cache, unsigned cpu)
{
	if (cache->queued[cpu] != 0U) {
		complete_at(cache, cpu, fake_random(&cache->random) % cache->queued[cpu]);
	}
}

static void complete_all(struct fake_cache *cache, unsigned cpu)
{
	while (cache->queued[cpu] != 0U) {
		complete_at(cache, cpu,
			cache->random != 0U ? fake_random(&cache->random) % cache->queued[cpu]
					    : 0U);
	}
}

/* Now or later. */
static void issue(struct fake_cache *cache, unsigned cpu, const struct fake_cache_pending *op)
{
	bool by_line = op->op != FAKE_IC_IALLUIS && op->op != FAKE_IC_IALLU;

	if (by_line && op->words == 0U) {
		return; /* nothing that we follow */
	}
	/* Without an adversary too, nothing is done before its DSB. */
	if (cache->queued[cpu] == FAKE_CACHE_QUEUE ||
		(cache->random != 0U && fake_below(&cache->random, 2) == 0U)) {
		apply(cache, cpu, op);
		return;
	}
	cache->queue[cpu][cache->queued[cpu]++] = *op;
}

static bool is_by_line(enum fake_op op)
{
	return op == FAKE_DC_CVAU || op == FAKE_DC_CIVAC || op == FAKE_DC_IVAC ||
	       op == FAKE_IC_IVAU;
}

uint16_t fake_cache_tag(const struct fake_cache *cache, uint64_t va, uint16_t vmid)
{
	switch (cache->config.icache) {
	case FAKE_ICACHE_VIPT:
		return (uint16_t)(va / PAGE_SIZE % 2U);
	case FAKE_ICACHE_VPIPT:
		return vmid;
	case FAKE_ICACHE_RESERVED: /* the worst of both: by index and VMID */
		return (uint16_t)(vmid * 2U + va / PAGE_SIZE % 2U);
	case FAKE_ICACHE_PIPT:
	default:
		return 0;
	}
}

/* Which instruction lines EL2's IC IVAU by the linear map reaches: of a VIPT cache those whose
 * index is the same by chance, of one that knows VMIDs nobody's. */
static uint16_t el2_tag(const struct fake_cache *cache, uint64_t address)
{
	bool by_vmid = cache->config.icache == FAKE_ICACHE_VPIPT ||
		       cache->config.icache == FAKE_ICACHE_RESERVED;

	return by_vmid ? FAKE_TAG_NOBODY : fake_cache_tag(cache, address, 0);
}

static void issue_at(struct fake_cache *cache, unsigned cpu, enum fake_op op, uint64_t address,
	const struct fake_cache_pending *like)
{
	size_t page = cache_page_at(cache, address);
	struct fake_cache_pending pending = *like;

	if (page == CACHE_NO_PAGE) {
		return;
	}
	pending.op = op;
	pending.page = (uint32_t)page;
	pending.words = op == FAKE_IC_IVAU ? cache->iline_of[address % PAGE_SIZE / 16U]
					   : cache->dline_of[address % PAGE_SIZE / 16U];
	issue(cache, cpu, &pending);
}

void fake_cache_op(struct fake_cache *cache, unsigned cpu, enum fake_op op, uint64_t address)
{
	const struct fake_cache_pending by_el2 = {
		.op = op,
		.tag = el2_tag(cache, address),
		.all_tags = op != FAKE_IC_IVAU,
	};
	size_t page;

	switch ((unsigned)op) {
	case FAKE_DSB_ISHST:
		fake_cache_settle(cache, cpu);
		break;
	case FAKE_DSB_ISH:
	case FAKE_DSB_SY:
		fake_cache_settle(cache, cpu);
		complete_all(cache, cpu);
		break;
	case FAKE_DC_ZVA:
		page = cache_page_at(cache, address);
		if (page != CACHE_NO_PAGE) {
			/* The block is 64 bytes, whatever the lines. */
			uint64_t start = align_down(address % PAGE_SIZE, 64) / 16U;

			for (uint64_t u = start; u < start + 4U; u++) {
				if (cache->dline_of[u] != 0U) {
					cache_zeroed(cache, cpu, page, cache->dline_of[u]);
				}
			}
		}
		break;
	case FAKE_IC_IALLUIS:
	case FAKE_IC_IALLU:
		issue(cache, cpu, &by_el2);
		break;
	default:
		if (is_by_line(op)) {
			issue_at(cache, cpu, op, address, &by_el2);
		}
		break;
	}
}

void fake_cache_range(struct fake_cache *cache, unsigned cpu, enum fake_op op, uint64_t start,
	const uint64_t size_and_stride[2])
{
	const uint64_t end = start + size_and_stride[0];
	const uint64_t stride = size_and_stride[1];
	const uint64_t line = op == FAKE_IC_IVAU ? cache->config.iline : cache->config.dline;

	for (uint64_t page = align_down(start, PAGE_SIZE); page < end; page += PAGE_SIZE) {
		uint64_t done = ~UINT64_C(0);

		for (unsigned w = 0; w < FAKE_WORDS; w++) {
			uint64_t first = align_down(page + fake_word_offset[w], line);
			/* The first address of the walk that is not before the line. */
			uint64_t at =
				first <= start ? start : start + align_up(first - start, stride);

			if (first != done && at < end && at < first + line) {
				fake_cache_op(cache, cpu, op, at);
			}
			done = first;
		}
	}
}

void fake_cache_guest_op(
	struct fake_cache *cache, unsigned cpu, enum fake_op op, uint64_t address, uint16_t tag)
{
	const struct fake_cache_pending by_guest = {
		.op = op,
		.tag = tag,
		/* Only a cache that knows VMIDs tells a guest's from EL2's. */
		.all_tags = op != FAKE_IC_IVAU && cache->config.icache != FAKE_ICACHE_VPIPT,
	};

	if (op == FAKE_IC_IALLUIS || op == FAKE_IC_IALLU) {
		issue(cache, cpu, &by_guest);
	} else if (is_by_line(op)) {
		issue_at(cache, cpu, op, address, &by_guest);
	} else {
		fake_cache_op(cache, cpu, op, address);
	}
}
