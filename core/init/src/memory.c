/* SPDX-License-Identifier: Apache-2.0 */
#include "base/check.h"
#include "base/string.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"

#include "init_private.h"

/* Before the allocator runs, pages come off the start of the largest free range. */
static struct boot_mem *pool;
static bool allocator_runs;
static uint64_t ram_bytes; /* what boot/ found and is nobody else's, guests' images left out */

static pa_t alloc_page(void)
{
	pa_t pa;

	if (allocator_runs) {
		if (pmem_alloc(PMEM_ORDER_4K, PMEM_CLEAN | PMEM_USER_CORE, &pa) != PLINTH_OK) {
			init_fail("no memory left for Plinth's own tables");
		}
		return pa;
	}
	if (pool->size == 0U) {
		init_fail("no memory left for Plinth's own tables");
	}
	pa = pa_init(pool->base);
	pool->base += PAGE_SIZE;
	pool->size -= PAGE_SIZE;
	memset(pa_to_va(pa), 0, PAGE_SIZE);
	return pa;
}

static struct boot_mem *largest_free(void)
{
	struct boot_mem *best = NULL;

	for (uint32_t i = 0; i < init_boot_info.mem_count; i++) {
		struct boot_mem *mem = &init_boot_info.mem[i];

		if (mem->type == BOOT_MEM_FREE && (best == NULL || mem->size > best->size)) {
			best = mem;
		}
	}
	return best;
}

static void start_allocator(void)
{
	static struct pmem_range ram[BOOT_MEM_MAX];
	static struct pmem_range free[BOOT_MEM_MAX];
	unsigned ram_count = 0;
	unsigned free_count = 0;

	for (uint32_t i = 0; i < init_boot_info.mem_count; i++) {
		const struct boot_mem *mem = &init_boot_info.mem[i];

		if (mem->size == 0U) {
			continue;
		}
		if (mem->type != BOOT_MEM_RESERVED) {
			ram[ram_count++] = (struct pmem_range){mem->base, mem->size};
		}
		if (mem->type == BOOT_MEM_FREE) {
			free[free_count++] = (struct pmem_range){mem->base, mem->size};
		}
	}
	if (init_option("bootscrub")) {
		pmem_distrust_firmware();
	}
	enum plinth_status status = pmem_init(ram, ram_count, free, free_count);

	if (status != PLINTH_OK) {
		init_fail("the memory map from boot is unusable: %s", plinth_status_name(status));
	}
	allocator_runs = true;
}

static uint64_t count_ram(void)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < init_boot_info.mem_count; i++) {
		const struct boot_mem *mem = &init_boot_info.mem[i];

		if (mem->type != BOOT_MEM_RESERVED && mem->type != BOOT_MEM_IMAGE) {
			bytes += mem->size;
		}
	}
	return bytes;
}

uint64_t init_el2_bytes(void)
{
	struct pmem_stats stats;

	pmem_get_stats(&stats);
	return ram_bytes - (stats.total - stats.used[PMEM_BY_CORE]) * PAGE_SIZE;
}

void init_memory(void)
{
	ram_bytes = count_ram();
	pool = largest_free();
	if (pool == NULL) {
		/* Nothing can be printed: even the UART's page needs a table. boot/ has checked. */
		init_power_off(EXIT_INIT, "no free memory");
	}
	hypmap_init(&init_boot_info, alloc_page);
	init_console();
	start_allocator();
}

void init_free_boot_memory(void)
{
	for (uint32_t i = 0; i < init_boot_info.mem_count; i++) {
		struct boot_mem *mem = &init_boot_info.mem[i];

		if (mem->type == BOOT_MEM_BOOT) {
			enum plinth_status status = pmem_add_range(pa_init(mem->base), mem->size);

			PLINTH_CHECK(status == PLINTH_OK);
			mem->type = BOOT_MEM_FREE;
		}
	}
}
