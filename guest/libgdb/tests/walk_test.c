/* SPDX-License-Identifier: Apache-2.0 */
/* Guests' tables, and what a debugger's registers hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "libgdb/walk.h"
#include "libgdb/watch.h"

#define RAM    UINT64_C(0x40000000)
#define WORDS  0x10000U
#define TABLE  UINT64_C(3)
#define BLOCK  UINT64_C(0x701) /* AF, and attributes that do not matter */
#define PAGE   (BLOCK | UINT64_C(2))
#define TCR_48 (UINT64_C(16) | UINT64_C(16) << 16 | UINT64_C(2) << 30) /* 4 KiB both */
#define UPPER  UINT64_C(0xffff000000000000)

static uint64_t ram[WORDS];
static unsigned reads;

static bool read_ram(void *ctx, uint64_t gpa, uint64_t *descriptor)
{
	(void)ctx;
	reads++;
	assert_int_equal(gpa % 8U, 0);
	if (gpa - RAM >= sizeof(ram)) {
		return false;
	}
	*descriptor = ram[(gpa - RAM) / 8U];
	return true;
}

static void put(uint64_t table, uint64_t index, uint64_t descriptor)
{
	ram[(table - RAM) / 8U + index] = descriptor;
}

static struct control_registers registers;

static int setup(void **state)
{
	(void)state;
	memset(ram, 0, sizeof(ram));
	registers = (struct control_registers){
		.sctlr_el1 = 1, .tcr_el1 = TCR_48, .ttbr0_el1 = RAM, .ttbr1_el1 = RAM + 0x4000U};
	return 0;
}

#define NOWHERE UINT64_MAX

static uint64_t together;

static uint64_t walk(uint64_t gva)
{
	uint64_t gpa;

	reads = 0;
	bool found = gdb_walk(&registers, gva, read_ram, NULL, &gpa, &together);

	assert_true(reads <= 4U);
	return found ? gpa : NOWHERE;
}

static void pages_of_4k(void **state)
{
	(void)state;
	put(RAM, 0, (RAM + 0x1000U) | TABLE);
	put(RAM + 0x1000U, 1, (RAM + 0x2000U) | TABLE);
	put(RAM + 0x2000U, 2, (RAM + 0x3000U) | TABLE);
	put(RAM + 0x3000U, 3, UINT64_C(0x0060812345678000) | PAGE);
	assert_int_equal(walk(0x40403abcU), UINT64_C(0x812345678abc));
	assert_int_equal(together, 0x544);
	assert_int_equal(walk(0x40404000U), NOWHERE);
	assert_int_equal(walk(0x40600000U), NOWHERE);
	assert_int_equal(walk(UPPER | 0x40403abcU), NOWHERE);
	/* What is reserved at the last level is no page. */
	put(RAM + 0x3000U, 3, UINT64_C(0x12345678000) | BLOCK);
	assert_int_equal(walk(0x40403abcU), NOWHERE);
}

static void blocks(void **state)
{
	(void)state;
	put(RAM, 0, (RAM + 0x1000U) | TABLE);
	put(RAM + 0x1000U, 1, UINT64_C(0x80000000) | BLOCK);
	put(RAM + 0x1000U, 2, (RAM + 0x2000U) | TABLE);
	put(RAM + 0x2000U, 2, UINT64_C(0x80400000) | BLOCK);
	assert_int_equal(walk(0x40123456U), UINT64_C(0x80123456));
	assert_int_equal(together, 0x40000000U - 0x123456U);
	assert_int_equal(walk(UINT64_C(0x80412345)), UINT64_C(0x80412345));
	assert_int_equal(together, 0x200000U - 0x12345U);
	put(RAM, 1, UINT64_C(0x8000000000) | BLOCK); /* no block of 512 GiB */
	assert_int_equal(walk(UINT64_C(0x8000000000)), NOWHERE);
}

static void the_upper_half(void **state)
{
	(void)state;
	put(RAM + 0x4000U, 0, (RAM + 0x1000U) | TABLE);
	put(RAM + 0x1000U, 0, UINT64_C(0x40000000) | BLOCK);
	registers.ttbr1_el1 |= UINT64_C(0x12) << 48 | 1U; /* ASID, CnP */
	assert_int_equal(walk(UPPER | 0x1234U), UINT64_C(0x40001234));
	assert_int_equal(walk(0x1234), NOWHERE);
	assert_int_equal(walk(UINT64_C(0x12ff000000001234)), NOWHERE);
	assert_int_equal(reads, 0);
	registers.tcr_el1 |= UINT64_C(1) << 38; /* TBI1 */
	assert_int_equal(walk(UINT64_C(0x12ff000000001234)), UINT64_C(0x40001234));
	registers.tcr_el1 |= UINT64_C(1) << 23; /* EPD1 */
	assert_int_equal(walk(UPPER | 0x1234U), NOWHERE);
}

/* 39 bits: three levels; 25 bits: a first table of 16 entries at level 2. */
static void smaller_spaces(void **state)
{
	(void)state;
	registers.tcr_el1 = UINT64_C(25);
	put(RAM, 1, UINT64_C(0x80000000) | BLOCK);
	assert_int_equal(walk(0x40000010U), UINT64_C(0x80000010));
	assert_int_equal(walk(UINT64_C(0x8000000000)), NOWHERE); /* the 40th bit */
	registers.tcr_el1 = UINT64_C(39);
	registers.ttbr0_el1 = RAM + 0x80U; /* 16 entries, aligned to them */
	put(RAM + 0x80U, 15, UINT64_C(0x80600000) | BLOCK);
	assert_int_equal(walk(0x1e00010U), UINT64_C(0x80600010));
	assert_int_equal(walk(0x2000000U), NOWHERE);
}

static void other_granules(void **state)
{
	(void)state;
	registers.tcr_el1 = UINT64_C(22) | UINT64_C(1) << 14; /* 64 KiB, 42 bits: two levels */
	put(RAM, 2, (RAM + 0x10000U) | TABLE);
	put(RAM, 3, UINT64_C(0x60000000) | BLOCK); /* 512 MiB */
	put(RAM + 0x10000U, 5, UINT64_C(0x80050000) | PAGE);
	assert_int_equal(walk(0x40051234U), UINT64_C(0x80051234));
	assert_int_equal(walk(0x60001234U), UINT64_C(0x60001234));
	(void)setup(NULL);
	registers.tcr_el1 = UINT64_C(28) | UINT64_C(2) << 14; /* 16 KiB, 36 bits: two levels */
	put(RAM, 32, (RAM + 0x4000U) | TABLE);
	put(RAM + 0x4000U, 5, UINT64_C(0x80014000) | PAGE);
	assert_int_equal(walk(0x40014123U), UINT64_C(0x80014123));
	put(RAM, 33, UINT64_C(0x82000000) | BLOCK); /* 32 MiB */
	assert_int_equal(walk(0x42001234U), UINT64_C(0x82001234));
}

/* Tables that lead nowhere, or back: no more than four reads. */
static void hostile_tables(void **state)
{
	(void)state;
	put(RAM, 0, RAM | TABLE);
	assert_int_equal(walk(0x234), RAM | 0x234U); /* as the CPU has it: itself, as a page */
	put(RAM, 0, UINT64_C(0xffffffffffffffff));
	assert_int_equal(walk(0x1234), NOWHERE);
	for (uint64_t tcr = 0; tcr < 64U; tcr++) {
		for (uint64_t granule = 0; granule < 4U; granule++) {
			registers.tcr_el1 = tcr | granule << 14 | tcr << 16 | granule << 30;
			(void)walk(0x1234);
			(void)walk(UINT64_MAX - 7U);
			(void)walk(UINT64_C(0x0123456789abcdef));
		}
	}
	registers.sctlr_el1 = 0;
	assert_int_equal(walk(0x1234), 0x1234);
	assert_int_equal(walk(UPPER), NOWHERE);
}

#define E_EL01 (1U | 3U << 1)

static void watchpoints(void **state)
{
	struct control_debug_pair pair;

	(void)state;
	assert_int_equal(gdb_watch_pair(GDB_POINT_WRITE, 0x1000, 4, &pair), 4);
	assert_int_equal(pair.value, 0x1000);
	assert_int_equal(pair.control, E_EL01 | 2U << 3 | 0xfU << 5);
	assert_int_equal(gdb_watch_pair(GDB_POINT_READ, 0x1006, 8, &pair), 2);
	assert_int_equal(pair.value, 0x1000);
	assert_int_equal(pair.control, E_EL01 | 1U << 3 | 0xc0U << 5);
	assert_int_equal(gdb_watch_pair(GDB_POINT_ACCESS, 0x1008, 8, &pair), 8);
	assert_int_equal(pair.control, E_EL01 | 3U << 3 | 0xffU << 5);
	assert_int_equal(gdb_watch_pair(GDB_POINT_WRITE, 0x1008, 16, &pair), 8);
	assert_int_equal(pair.control, E_EL01 | 2U << 3 | 0xffU << 5);
	assert_int_equal(gdb_watch_pair(GDB_POINT_WRITE, 0x1010, 16, &pair), 16);
	assert_int_equal(pair.control, E_EL01 | 2U << 3 | 0xffU << 5 | 4U << 24);
	assert_int_equal(gdb_watch_pair(GDB_POINT_WRITE, 0x1000, 0x1800, &pair), 0x1000);
	assert_int_equal(pair.control >> 24, 12);
	assert_int_equal(gdb_watch_pair(GDB_POINT_WRITE, 0, UINT64_MAX, &pair), 0x80000000);
	pair = gdb_breakpoint_pair(UPPER);
	assert_int_equal(pair.control, E_EL01 | 0xfU << 5);
	assert_int_equal(pair.value, UPPER);
}

static void which_watchpoint(void **state)
{
	uint64_t address;

	(void)state;
	assert_true(gdb_watch_met(0x1002, 0x1000, 4, &address));
	assert_int_equal(address, 0x1002);
	assert_true(gdb_watch_met(0xff8, 0x1000, 4, &address)); /* a pair is stored from there */
	assert_int_equal(address, 0x1000);
	assert_false(gdb_watch_met(0x1004, 0x1000, 4, &address));
	assert_false(gdb_watch_met(0x800, 0x1000, 4, &address));
}

static void what_may_be_stepped_masked(void **state)
{
	(void)state;
	assert_true(gdb_step_masks(0x91000421));  /* add */
	assert_true(gdb_step_masks(0xd65f03c0));  /* ret */
	assert_true(gdb_step_masks(0xf9400000));  /* ldr */
	assert_false(gdb_step_masks(0xd53b4220)); /* mrs daif */
	assert_false(gdb_step_masks(0xd50342df)); /* msr daifset */
	assert_true(gdb_step_masks(0xd503201f));  /* nop */
	assert_true(gdb_step_masks(0xd503233f));  /* paciasp */
	assert_false(gdb_step_masks(0xd503205f)); /* wfe */
	assert_false(gdb_step_masks(0xd503207f)); /* wfi */
	assert_false(gdb_step_masks(0xd4000001)); /* svc */
	assert_false(gdb_step_masks(0xd4200000)); /* brk */
	assert_false(gdb_step_masks(0xd69f03e0)); /* eret */
	assert_false(gdb_step_masks(0xd69f0fff)); /* eretab */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pages_of_4k, setup),
		cmocka_unit_test_setup(blocks, setup),
		cmocka_unit_test_setup(the_upper_half, setup),
		cmocka_unit_test_setup(smaller_spaces, setup),
		cmocka_unit_test_setup(other_granules, setup),
		cmocka_unit_test_setup(hostile_tables, setup),
		cmocka_unit_test_setup(watchpoints, setup),
		cmocka_unit_test_setup(which_watchpoint, setup),
		cmocka_unit_test_setup(what_may_be_stepped_masked, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
