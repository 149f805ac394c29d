/* SPDX-License-Identifier: Apache-2.0 */
#include "pages.h"

#include "libguest/libguest.h"

#define TABLE	 3UL
#define PTE	 0x0000000000000703UL /* a page, inner shareable, AF */
#define PTE_NORM (PTE | 4UL)
#define PTE_RO	 (1UL << 7)
#define PTE_XN	 (3UL << 53)
#define NO_RAM	 0x0b000000UL

static uint64_t level2[512] __attribute__((aligned(4096)));
static uint64_t level3[512] __attribute__((aligned(4096)));
uint8_t page_bytes[21][PAGE] __attribute__((aligned(4096)));

static void flush(void)
{
	__asm__ volatile("dsb ish\n\ttlbi vmalle1\n\tdsb ish\n\tisb" ::: "memory");
}

static void set_page(uint64_t va, uint64_t pa, uint64_t attributes)
{
	level3[va / PAGE % 512U] = attributes != 0U ? pa | attributes | PTE_NORM | PTE_XN : 0U;
	flush();
}

uint64_t page_pa(uint64_t va)
{
	return (uint64_t)page_bytes[(va - PAGES_VA) / PAGE];
}

void map_pages(void)
{
	uint64_t *level1 = (uint64_t *)READ_SYSREG("ttbr0_el1");

	level1[PAGES_VA >> 30] = 0; /* break before make */
	flush();
	for (unsigned i = 0; i < WRITABLE; i++) {
		set_page(PAGES_VA + i * PAGE, page_pa(PAGES_VA + i * PAGE), PAGE_EL0);
	}
	set_page(READ_ONLY, page_pa(READ_ONLY), PAGE_EL0 | PTE_RO);
	set_page(EL1_ONLY, page_pa(EL1_ONLY), PTE_NORM);
	set_page(HOLE, NO_RAM, PAGE_EL0);
	level2[0] = (uint64_t)level3 | TABLE;
	level1[PAGES_VA >> 30] = (uint64_t)level2 | TABLE;
	flush();
}

void page_set(uint64_t va, uint64_t attributes)
{
	set_page(va, page_pa(va), attributes);
}
