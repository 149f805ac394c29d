/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/cache.h"

#include "arch/barrier.h"
#include "arch/cache.h"
#include "arch/sysreg.h"
#include "base/bits.h"

#define DMINLINE_SHIFT 16U
#define DMINLINE_WIDTH 4U
#define WORD_SIZE      UINT64_C(4)

static struct cache_counts counts;

static uint64_t line_size(void)
{
	return WORD_SIZE << FIELD_GET(read_ctr_el0(), DMINLINE);
}

void cache_clean(const void *start, uint64_t size)
{
	uint64_t line = line_size();
	uint64_t end = (uintptr_t)start + size;

	for (uint64_t va = align_down((uintptr_t)start, line); va < end; va += line) {
		arch_dc_civac(va);
	}
	arch_dsb_sy();
	cache_count(start, size, 0);
}

void cache_invalidate_icache(void)
{
	arch_ic_ialluis();
	counts.icache_all++;
	arch_dsb_sy();
}

void cache_count(const void *start, uint64_t size, uint32_t icache_all)
{
	uint64_t line = line_size();
	uint64_t first = align_down((uintptr_t)start, line);

	counts.lines += (align_up((uintptr_t)start + size, line) - first) / line;
	counts.icache_all += icache_all;
}

struct cache_counts cache_counts(void)
{
	return counts;
}
