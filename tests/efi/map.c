/* SPDX-License-Identifier: Apache-2.0 */
#include "map.h"

#include "app.h"

#define PAGE	UINT64_C(0x1000)
#define BLOCK	UINT64_C(0x200000)
#define GIB	UINT64_C(0x40000000)
#define RAM	UINT64_C(0x40000000)
#define ENTRIES 512U
#define SLOTS	16U
#define SPLITS	4U

/* DDI 0487, D8.3.1: valid, a table or a page, attribute, inner shareable, access flag, XN. */
#define VALID  UINT64_C(0x1)
#define TABLE  UINT64_C(0x3)
#define NORMAL UINT64_C(0x704) /* and attribute 1 */
#define DEVICE UINT64_C(0x60000000000400)

/* D19.2: walks of TTBR1_EL1 (EPD1 is 0) by 4 KiB granules, cached, with 39 bits. */
#define TCR_HIGH                                                                                   \
	(UINT64_C(25) << 16 | UINT64_C(1) << 24 | UINT64_C(1) << 26 | UINT64_C(3) << 28 |          \
		UINT64_C(2) << 30)

static uint64_t low_root[ENTRIES] ALIGNED(4096);
static uint64_t high_root[ENTRIES] ALIGNED(4096);
static uint64_t ram[ENTRIES] ALIGNED(4096);
static uint64_t split[SPLITS][ENTRIES] ALIGNED(4096);
static uint64_t high[ENTRIES] ALIGNED(4096);
static uint64_t slots[SLOTS][ENTRIES] ALIGNED(4096);
static unsigned split_count;

static uint64_t table_of(const uint64_t *table)
{
	return (uintptr_t)table | TABLE;
}

static void flush(void)
{
	__asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

static void fill(void)
{
	if (ram[0] != 0U) {
		return;
	}
	for (unsigned i = 0; i < ENTRIES; i++) {
		ram[i] = (RAM + i * BLOCK) | NORMAL | VALID;
	}
}

/* The entry of a page in a block that is divided. */
static uint64_t *entry_of(uint64_t pa)
{
	uint64_t table = ram[(pa - RAM) / BLOCK] & ~(PAGE - 1U);

	return &((uint64_t *)(uintptr_t)table)[pa / PAGE % ENTRIES];
}

void map_divide(uint64_t pa, uint64_t pages)
{
	fill();
	for (uint64_t at = pa & ~(BLOCK - 1U); at < pa + pages * PAGE; at += BLOCK) {
		uint64_t *block = &ram[(at - RAM) / BLOCK];
		uint64_t *entries = split[split_count % SPLITS];

		if ((*block & TABLE) == TABLE) {
			continue;
		}
		split_count++;
		CHECK(split_count <= SPLITS);
		for (unsigned i = 0; i < ENTRIES; i++) {
			entries[i] = (at + i * PAGE) | NORMAL | TABLE;
		}
		*block = table_of(entries);
	}
}

void map_own(void)
{
	uint64_t tcr;

	fill();
	low_root[0] = DEVICE | VALID;
	low_root[1] = table_of(ram);
	low_root[2] = (RAM + GIB) | NORMAL | VALID;
	high_root[0] = table_of(high);
	for (unsigned i = 0; i < SLOTS; i++) {
		high[i] = table_of(slots[i]);
	}
	__asm__ volatile("mrs %0, tcr_el1" : "=r"(tcr));
	tcr = (tcr & UINT64_C(0xffffffff0000ffff)) | TCR_HIGH;
	__asm__ volatile(
		"dsb ish\n\tmsr ttbr0_el1, %0\n\tmsr ttbr1_el1, %1\n\tmsr tcr_el1, %2\n\tisb"
		:
		: "r"(low_root), "r"(high_root), "r"(tcr)
		: "memory");
	flush();
}

void map_take_away(uint64_t pa, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++) {
		*entry_of(pa + i * PAGE) = 0;
	}
	flush();
}

uint64_t map_high(unsigned slot, uint64_t pa, uint64_t pages)
{
	CHECK(slot < SLOTS && pages <= ENTRIES);
	for (uint64_t i = 0; i < pages && i < ENTRIES; i++) {
		slots[slot % SLOTS][i] = (pa + i * PAGE) | NORMAL | TABLE;
	}
	flush();
	return MAP_HIGH + slot * BLOCK;
}
