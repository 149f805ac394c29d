/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/barrier.h"
#include "arch/cache.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/string.h"
#include "el2count/el2count.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

#include "free_list.h"

/* DCZID_EL0 (DDI 0487, D19.2.35): log2 of the block in words of 4 bytes, 2 KiB at most. */
#define DCZID_BS_SHIFT	0U
#define DCZID_BS_WIDTH	4U
#define DCZID_DZP_SHIFT 4U
#define DCZID_DZP_WIDTH 1U

#define ZVA_MAX UINT64_C(1024)

STATIC_ASSERT(PAGE_SIZE % (4U * ZVA_MAX) == 0U, "four blocks at a time come out even");

static void zero(pa_t pa, uint64_t size)
{
	uintptr_t va = (uintptr_t)pa_to_va(pa);
	uintptr_t end = va + size;
	uint64_t dczid = read_dczid_el0();
	uint64_t block = UINT64_C(4) << FIELD_GET(dczid, DCZID_BS);

	PLINTH_ASSERT(is_aligned(pa.v | size, PAGE_SIZE));
	if (FIELD_GET(dczid, DCZID_DZP) != 0U || block > ZVA_MAX) {
		memset(pa_to_va(pa), 0, size);
		return;
	}
	for (; va != end; va += 4U * block) {
		arch_dc_zva(va);
		arch_dc_zva(va + block);
		arch_dc_zva(va + 2U * block);
		arch_dc_zva(va + 3U * block);
	}
}

/* CTR_EL0.DminLine (DDI 0487, D19.2): log2 of the smallest line in words. */
#define CTR_DMINLINE_SHIFT 16U
#define CTR_DMINLINE_WIDTH 4U

static void clean_to_poc(pa_t pa, uint64_t size)
{
	uintptr_t va = (uintptr_t)pa_to_va(pa);
	uintptr_t end = va + size;
	uintptr_t line = (uintptr_t)4U << FIELD_GET(read_ctr_el0(), CTR_DMINLINE);

	for (; va < end; va += line) {
		arch_dc_civac(va);
	}
	arch_dsb_sy();
	el2count_add_caches(size / line, 0);
}

void pmem_zero(pa_t pa, uint64_t size)
{
	uint32_t before = el2count_now();

	zero(pa, size);
	clean_to_poc(pa, size);
	el2count_add_scrub(el2count_now() - before);
}

void pmem_zero_fresh(pa_t pa, uint64_t size)
{
	uint32_t before = el2count_now();

	zero(pa, size);
	el2count_add_scrub(el2count_now() - before);
}

void pmem_zero_links(pa_t pa)
{
	memset(pa_to_va(pa), 0, FREE_LIST_LINK_SIZE);
	/* One line: links are at the start of a page. */
	arch_dc_civac((uintptr_t)pa_to_va(pa));
	arch_dsb_sy();
	el2count_add_caches(1, 0);
}
