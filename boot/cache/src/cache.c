/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/cache.h"

#include "arch/barrier.h"
#include "arch/cache.h"
#include "arch/sysreg.h"
#include "base/bits.h"

#define DMINLINE_SHIFT 16U
#define DMINLINE_WIDTH 4U
#define WORD_SIZE      UINT64_C(4)

void cache_clean(const void *start, uint64_t size)
{
	uint64_t line = WORD_SIZE << FIELD_GET(read_ctr_el0(), DMINLINE);
	uint64_t end = (uintptr_t)start + size;

	for (uint64_t va = align_down((uintptr_t)start, line); va < end; va += line) {
		arch_dc_civac(va);
	}
	arch_dsb_sy();
}
