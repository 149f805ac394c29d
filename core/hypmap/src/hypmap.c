/* SPDX-License-Identifier: Apache-2.0 */
#include "hypmap/hypmap.h"

#include "abi/boot_info.h"
#include "arch/barrier.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/checked.h"
#include "base/compiler.h"

/* Stage-1 descriptors of EL2's regime (DDI 0487, D8.3). */
#define DESC_VALID     BIT(0)
#define DESC_TABLE     BIT(1) /* levels 0 to 2; at level 3 the same bit says page */
#define DESC_ATTR(n)   ((uint64_t)(n) << 2)
#define DESC_AP_RES1   BIT(6)
#define DESC_READ_ONLY BIT(7)
#define DESC_SH_INNER  (UINT64_C(3) << 8)
#define DESC_AF	       BIT(10)
#define DESC_GUARDED   BIT(50) /* BTI; ignored where there is none */
#define DESC_XN	       BIT(54)
#define DESC_ADDRESS   UINT64_C(0x0000fffffffff000)

#define ATTR_DEVICE (DESC_VALID | DESC_AP_RES1 | DESC_AF | DESC_ATTR(0) | DESC_XN)
#define ATTR_RW	    (DESC_VALID | DESC_AP_RES1 | DESC_AF | DESC_ATTR(1) | DESC_SH_INNER | DESC_XN)
#define ATTR_RO	    (ATTR_RW | DESC_READ_ONLY)
#define ATTR_RX	    ((ATTR_RO & ~DESC_XN) | DESC_GUARDED)

#define IDENTITY_END (UINT64_C(1) << 47)
#define POOL_PAGES   16U
#define LAST_LEVEL   3U

/* Tables until there is an allocator: image (4, or 5 where it crosses 2 MiB), trampoline (3), the
 * largest range of RAM (4 for its ends, and 1 for each 512 GiB that it touches). */
static uint64_t pool[POOL_PAGES][512] ALIGNED(4096);

/* Boot CPU only. */
static struct {
	struct hypmap_image image;
	pa_t (*alloc_page)(void);
	uint64_t root;
	uint32_t pool_used;
	uint32_t table_count;
	bool mmu_on;
} state;

uint64_t hypmap_image_pa(const void *va)
{
	return (uint64_t)(uintptr_t)va - HYPMAP_IMAGE + state.image.pa;
}

static uint64_t image_size(void)
{
	return state.image.text_size + state.image.rodata_size + state.image.data_size;
}

/* With the MMU off, addresses in .bss are physical already. */
static uint64_t new_table(void)
{
	state.table_count++;
	if (state.pool_used < POOL_PAGES) {
		uint64_t *page = pool[state.pool_used++];

		return state.mmu_on ? hypmap_image_pa(page) : (uint64_t)(uintptr_t)page;
	}
	PLINTH_CHECK(state.alloc_page != NULL);
	return state.alloc_page().v;
}

static uint64_t *table_at(uint64_t pa)
{
	if (state.mmu_on && range_contains(state.image.pa, image_size(), pa, PAGE_SIZE)) {
		return (uint64_t *)(uintptr_t)(HYPMAP_IMAGE + (pa - state.image.pa));
	}
	return (uint64_t *)(uintptr_t)pa;
}

static unsigned level_shift(unsigned level)
{
	return PAGE_SHIFT + 9U * (LAST_LEVEL - level);
}

static uint64_t span_of(unsigned level)
{
	return UINT64_C(1) << level_shift(level);
}

static uint64_t *entry_at(uint64_t va, unsigned level)
{
	uint64_t table = state.root;

	for (unsigned l = 0;; l++) {
		uint64_t *entry = &table_at(table)[(va >> level_shift(l)) & 511U];

		if (l == level) {
			return entry;
		}
		if (*entry == 0U) {
			*entry = new_table() | DESC_VALID | DESC_TABLE;
		}
		/* A block in the way is a caller that maps one place twice at two sizes. */
		PLINTH_CHECK((*entry & DESC_TABLE) != 0U);
		table = *entry & DESC_ADDRESS;
	}
}

static unsigned leaf_level(uint64_t va, uint64_t pa, uint64_t size)
{
	for (unsigned level = 1; level < LAST_LEVEL; level++) {
		uint64_t span = span_of(level);

		if (is_aligned(va | pa, span) && size >= span) {
			return level;
		}
	}
	return LAST_LEVEL;
}

/* New entries only ever replace invalid ones, so no TLB holds anything older. */
static void map(uint64_t va, uint64_t pa, uint64_t size, uint64_t attributes)
{
	while (size != 0U) {
		unsigned level = leaf_level(va, pa, size);
		uint64_t span = span_of(level);
		uint64_t *entry = entry_at(va, level);

		/* As far as the table goes without another walk; no larger leaf begins within. */
		do {
			PLINTH_CHECK(*entry == 0U);
			*entry++ = pa | attributes | (level == LAST_LEVEL ? DESC_TABLE : 0U);
			va += span;
			pa += span;
			size -= span;
		} while (size >= span && !is_aligned(va, span << 9));
	}
}

uint64_t hypmap_early(const struct hypmap_image *image, uint64_t trampoline)
{
	uint64_t va = HYPMAP_IMAGE;
	uint64_t pa = image->pa;

	state.image = *image;
	state.root = new_table();
	map(va, pa, image->text_size, ATTR_RX);
	map(va + image->text_size, pa + image->text_size, image->rodata_size, ATTR_RO);
	map(va + image->text_size + image->rodata_size, pa + image->text_size + image->rodata_size,
		image->data_size, ATTR_RW);
	map(trampoline, trampoline, PAGE_SIZE, ATTR_RX);
	return state.root;
}

static bool is_ours(const struct boot_mem *mem)
{
	return mem->type != BOOT_MEM_RESERVED && mem->type != BOOT_MEM_CORE;
}

static uint32_t largest_free(const struct boot_info *info)
{
	uint32_t best = 0;

	for (uint32_t i = 1; i < info->mem_count; i++) {
		if (info->mem[i].type == BOOT_MEM_FREE &&
			(info->mem[best].type != BOOT_MEM_FREE ||
				info->mem[i].size > info->mem[best].size)) {
			best = i;
		}
	}
	return best;
}

static void map_ram(const struct boot_mem *mem)
{
	PLINTH_CHECK(range_contains(0, IDENTITY_END, mem->base, mem->size));
	map(mem->base, mem->base, mem->size, ATTR_RW);
}

void hypmap_init(const struct boot_info *info, pa_t (*alloc_page)(void))
{
	uint32_t first = largest_free(info);

	state.mmu_on = true;
	map_ram(&info->mem[first]);
	arch_dsb_ish();
	arch_isb();
	state.alloc_page = alloc_page;
	for (uint32_t i = 0; i < info->mem_count; i++) {
		if (i != first && is_ours(&info->mem[i])) {
			map_ram(&info->mem[i]);
		}
	}
	arch_dsb_ish();
	arch_isb();
}

/* The entry that says what is at va, as deep as there are tables, and its level. */
static uint64_t *entry_for(uint64_t va, unsigned *level)
{
	uint64_t table = state.root;

	for (*level = 0;; (*level)++) {
		uint64_t *entry = &table_at(table)[(va >> level_shift(*level)) & 511U];

		if ((*entry & DESC_TABLE) == 0U || *level == LAST_LEVEL) {
			return entry;
		}
		table = *entry & DESC_ADDRESS;
	}
}

static uint64_t leaf_entry(uint64_t va, unsigned level, uint64_t attributes)
{
	return va | attributes | (level == LAST_LEVEL ? DESC_TABLE : 0U);
}

/* Is the entry, for `va`, of the same table as the one before it, and no table itself? A device's
 * registers are thousands of pages, each of which would be a walk of its own. */
static bool follows(const uint64_t *entry, uint64_t va, unsigned level)
{
	return !is_aligned(va, span_of(level) << 9) &&
	       (level == LAST_LEVEL || (*entry & DESC_TABLE) == 0U);
}

/* Is something mapped there otherwise? Looks without making tables. */
static bool is_taken(uint64_t start, uint64_t end, uint64_t attributes)
{
	unsigned level;

	for (uint64_t at = start; at < end;) {
		const uint64_t *entry = entry_for(at, &level);

		at = align_down(at, span_of(level));
		do {
			if (*entry != 0U && *entry != leaf_entry(at, level, attributes)) {
				return true;
			}
			entry++;
			at += span_of(level);
		} while (at < end && follows(entry, at, level));
	}
	return false;
}

/* By blocks where no table is in their place; what is there is right already. */
static void map_leaves(uint64_t start, uint64_t end, uint64_t attributes)
{
	unsigned level;

	end = align_up(end, PAGE_SIZE);
	for (uint64_t at = start; at < end;) {
		uint64_t *entry = entry_for(at, &level);
		unsigned wanted = leaf_level(at, at, end - at);

		if (*entry == 0U && wanted > level) {
			level = wanted;
			entry = entry_at(at, level);
		}
		at = align_down(at, span_of(level));
		do {
			*entry = leaf_entry(at, level, attributes);
			entry++;
			at += span_of(level);
		} while (at < end && end - at >= span_of(level) && follows(entry, at, level));
	}
}

/* Onto itself, where there is nothing or the same. */
static enum plinth_status map_itself(uint64_t base, uint64_t size, uint64_t attributes)
{
	uint64_t start = align_down(base, PAGE_SIZE);
	uint64_t end;

	if (size == 0U || add_overflows(base, size, &end) || end > IDENTITY_END) {
		return PLINTH_EINVAL;
	}
	if (ranges_overlap(start, end - start, state.image.pa, image_size())) {
		return PLINTH_EEXIST;
	}
	if (is_taken(start, end, attributes)) {
		return PLINTH_EEXIST;
	}
	map_leaves(start, end, attributes);
	arch_dsb_ish();
	arch_isb();
	return PLINTH_OK;
}

enum plinth_status hypmap_device(pa_t base, uint64_t size)
{
	return map_itself(base.v, size, ATTR_DEVICE);
}

enum plinth_status hypmap_firmware(pa_t base, uint64_t size, uint64_t kind)
{
	/* Code that was not built for BTI: not guarded. */
	static const uint64_t attributes[] = {
		[BOOT_EFI_CODE] = ATTR_RX & ~DESC_GUARDED,
		[BOOT_EFI_RODATA] = ATTR_RO,
		[BOOT_EFI_DATA] = ATTR_RW,
		[BOOT_EFI_DEVICE] = ATTR_DEVICE,
	};

	if (kind < BOOT_EFI_CODE || kind > BOOT_EFI_DEVICE) {
		return PLINTH_EINVAL;
	}
	return map_itself(base.v, size, attributes[kind]);
}

static void map_new_page(uint64_t va)
{
	map(va, state.alloc_page().v, PAGE_SIZE, ATTR_RW);
}

void hypmap_cpu(cpu_id_t cpu)
{
	uint64_t window = HYPMAP_CPU(cpu);

	for (uint64_t i = 0; i < HYPMAP_CPU_STACK_PAGES; i++) {
		map_new_page(window + HYPMAP_CPU_STACK + i * PAGE_SIZE);
	}
	map_new_page(window + HYPMAP_CPU_OVERFLOW_STACK);
	map_new_page(window + HYPMAP_CPU_PRIVATE);
	arch_dsb_ish();
	arch_isb();
}

#define TCR_T0SZ_48	 UINT64_C(16)
#define TCR_WALKS_CACHED ((UINT64_C(1) << 8) | (UINT64_C(1) << 10) | (UINT64_C(3) << 12))
#define TCR_PS_SHIFT	 16U
#define TCR_RES1	 (BIT(31) | BIT(23))
#define PARANGE_48	 UINT64_C(5)

uint64_t hypmap_tcr(void)
{
	uint64_t pa_range = read_id_aa64mmfr0_el1() & 0xfU;

	return TCR_RES1 | TCR_T0SZ_48 | TCR_WALKS_CACHED |
	       (min_u64(pa_range, PARANGE_48) << TCR_PS_SHIFT);
}

uint64_t hypmap_table_bytes(void)
{
	return state.table_count * PAGE_SIZE;
}
