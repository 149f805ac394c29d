/* SPDX-License-Identifier: Apache-2.0 */
/* Pages by what touched them first, and the program's own. */
#include "base/compiler.h"
#include "selfmod.h"

#define PATCHES	     50U
#define SPOT	     (100U * PAGE) /* somewhere in an area, with nothing executed around it */
#define STRIDE	     (16U * PAGE)
#define IMAGE_PAGES  4U
#define INSN_MOVZ(v) (0x52800000U | ((uint32_t)(v) << 5))
#define INSN_RET     0xd65f03c0U

/* Comes with the program, and is not touched before it is tried. */
static uint32_t image_code[IMAGE_PAGES][PAGE / sizeof(uint32_t)] __attribute__((aligned(4096))) = {
	{INSN_MOVZ(101), INSN_RET},
	{INSN_MOVZ(102), INSN_RET},
	{INSN_MOVZ(103), INSN_RET},
	{INSN_MOVZ(104), INSN_RET},
};

/* Patches and runs a page of code again and again. */
static bool patches_are_seen(uint64_t at)
{
	unsigned wrong = 0;

	for (uint32_t i = 1; i <= PATCHES; i++) {
		code_make(at, 1000U + i);
		expect_value(&wrong, code_run(at), 1000U + i);
	}
	return wrong == 0U;
}

static void fill(uint64_t from, uint64_t size)
{
	for (uint64_t at = from; at < from + size; at += PAGE) {
		*(volatile uint64_t *)at = at;
	}
}

static bool is_filled(uint64_t from, uint64_t size)
{
	bool same = true;

	for (uint64_t at = from; at < from + size; at += PAGE) {
		same = same && *(volatile uint64_t *)at == at;
	}
	return same;
}

void selfmod_first_touch(void)
{
	uint64_t written = AREA(AREA_WRITTEN) + SPOT;
	uint64_t read = AREA(AREA_READ) + SPOT;
	uint64_t fetched = AREA(AREA_FETCHED) + SPOT;

	fill(AREA(AREA_DATA), BLOCK);
	fill(AREA(AREA_WRITTEN), BLOCK);
	print("selfmod: data 0x%lx\n", AREA(AREA_DATA));

	code_make(written, 1);
	check(code_run(written) == 1U, "code in a page that was written first");
	check(patches_are_seen(written), "and patched");
	check(is_filled(written + STRIDE, 4U * PAGE), "data beside it stays");
	print("selfmod: executed 0x%lx\n", written);

	check(*(volatile uint32_t *)read == 0U, "a page that is read first is zero");
	check(code_run(read) == CODE_UNDEFINED, "executed as it is, it is undefined");
	check(patches_are_seen(read), "code in a page that was read first");
	print("selfmod: executed 0x%lx\n", read);

	check(code_run(fetched) == CODE_UNDEFINED, "a page that is fetched first is zero");
	check(patches_are_seen(fetched), "code in a page that was fetched first");
	print("selfmod: executed 0x%lx\n", fetched);
	check(is_filled(AREA(AREA_DATA), BLOCK), "data elsewhere stays");
}

void selfmod_image(void)
{
	uint64_t page[IMAGE_PAGES];

	for (unsigned i = 0; i < IMAGE_PAGES; i++) {
		page[i] = (uint64_t)image_code[i];
	}
	check(code_run(page[0]) == 101U, "code that was loaded");
	check(patches_are_seen(page[0]), "and patched after it ran");
	check(patches_are_seen(page[1]), "and patched before it ran");
	check(*(volatile uint32_t *)page[2] == INSN_MOVZ(103) && code_run(page[2]) == 103U,
		"and read before it ran");
	check(code_run(page[3]) == 104U && code_run(page[2]) == 103U && code_run(page[0]) == 1050U,
		"and beside what was patched");
}

#define TABLE_SLOT    500UL /* of libguest's level 1: RAM addresses that the VM has not */
#define ENTRY_TABLE   3UL
#define ENTRY_PAGE    0x703UL		   /* AttrIndx 0, inner shareable, AF */
#define ENTRY_NORMAL  (ENTRY_PAGE | 0x4UL) /* AttrIndx 1 */
#define ENTRY_NO_EXEC 0x60000000000000UL   /* UXN, PXN */
#define VA_BASE	      (TABLE_SLOT << 30)

static void set_entry(uint64_t table, uint64_t index, uint64_t entry)
{
	volatile uint64_t *at = (volatile uint64_t *)table + index;

	*at = 0;
	__asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish" ::: "memory");
	*at = entry;
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

uint64_t selfmod_map(unsigned page, uint64_t pa, bool device)
{
	set_entry(
		AREA(AREA_TABLE2), page, pa | (device ? ENTRY_PAGE | ENTRY_NO_EXEC : ENTRY_NORMAL));
	return VA_BASE + page * PAGE;
}

/* One table after the other is seen by a walk before anybody writes it. */
void selfmod_tables(void)
{
	uint64_t level1 = READ_SYSREG("ttbr0_el1") & 0xfffffffff000UL;
	uint64_t code = AREA(AREA_WRITTEN) + SPOT + STRIDE;
	uint64_t table = AREA(AREA_TABLE2) + PAGE; /* beside the one in use */

	set_entry(level1, TABLE_SLOT, AREA(AREA_TABLE) | ENTRY_TABLE);
	check(code_run(VA_BASE) == CODE_FAULT, "an untouched table of level 2 maps nothing");
	set_entry(AREA(AREA_TABLE), 0, AREA(AREA_TABLE2) | ENTRY_TABLE);
	check(code_run(VA_BASE) == CODE_FAULT, "an untouched table of level 3 maps nothing");
	print("selfmod: table 0x%lx\n", AREA(AREA_TABLE));
	print("selfmod: table 0x%lx\n", AREA(AREA_TABLE2));

	code_make(code, 7);
	check(code_run(selfmod_map(0, code, false)) == 7U, "code through an alias");
	check(code_run(code) == 7U, "and at its own address");

	/* A page of code becomes a table, and then code again. */
	check(patches_are_seen(table), "code beside a table");
	set_entry(table, 0, code | ENTRY_NORMAL);
	set_entry(AREA(AREA_TABLE), 1, table | ENTRY_TABLE);
	check(code_run(VA_BASE + BLOCK) == 7U, "code becomes a table");
	set_entry(AREA(AREA_TABLE), 1, 0);
	check(patches_are_seen(table), "and code again");
	check(code_run(VA_BASE + BLOCK) == CODE_FAULT, "and maps nothing more");
	print("selfmod: executed 0x%lx\nselfmod: executed 0x%lx\n", code, table);
}
