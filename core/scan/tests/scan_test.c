/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scan_rig.h"

#define UPPER UINT64_C(0xffff000000000000)

static void expect(unsigned i, uint64_t gva, uint64_t size, uint32_t flags, uint64_t gpa)
{
	assert_true(i < rig.found_count);
	assert_int_equal(rig.found[i].gva, gva);
	assert_int_equal(rig.found[i].last, gva + size - 1U);
	assert_int_equal(rig.found[i].flags, flags);
	assert_int_equal(rig.found[i].gpa, gpa);
}

#define RW1 (LIBSCAN_R1 | LIBSCAN_W1 | LIBSCAN_ASKED_1 | LIBSCAN_GPA)
#define RO1 (LIBSCAN_R1 | LIBSCAN_ASKED_1 | LIBSCAN_GPA)

static void test_pages_become_ranges(void **state)
{
	(void)state;
	model_reset(12, 48, 48);
	for (unsigned i = 0; i < 600; i++) {
		model_map(UPPER + i * 4096U, 0x40000000U + i * 4096U, 3, 0);
	}
	model_map(UPPER + UINT64_C(600) * 4096U, 0x50000000, 3, MODEL_RO);
	model_map(UPPER + UINT64_C(601) * 4096U, 0x50001000, 3, MODEL_RO);
	model_map(0x400000, 0x60000000, 3, MODEL_EL0);
	model_map(0x401000, 0x70000000, 3, MODEL_EL0);
	rig_run(SCAN_EL1, false);
	assert_int_equal(rig.found_count, 3);
	expect(0, 0x400000, 0x2000, LIBSCAN_R1 | LIBSCAN_W1 | LIBSCAN_ASKED_1 | LIBSCAN_SCATTERED,
		0);
	expect(1, UPPER, UINT64_C(600) * 4096U, RW1, 0x40000000);
	expect(2, UPPER + UINT64_C(600) * 4096U, 0x2000, RO1, 0x50000000);
	assert_int_equal(rig.found[0].attr, 0xff);
	assert_int_equal(rig.found[0].share, 3);
	assert_int_equal(model_reads, 0);
}

/* One AT for each entry that is invalid or a page, one more for each page that may not be written,
 * and two for each place where a block could begin. */
static void test_holes_are_skipped_by_their_level(void **state)
{
	uint64_t holes = 511 + 511 + 511 + 412 + 512; /* the other half's root: 512 */

	(void)state;
	model_reset(12, 48, 48);
	for (unsigned i = 0; i < 100; i++) {
		model_map(i * 4096U, 0x40000000U + i * 4096U, 3, i < 10 ? MODEL_RO : 0U);
	}
	rig_run(SCAN_EL1, false);
	assert_int_equal(rig.found_count, 2);
	assert_in_range(model_ats, holes + 100 + 10, holes + 100 + 10 + 2);
}

static void test_split_gpa_ends_ranges_where_the_gpa_jumps(void **state)
{
	const struct scan_regime with = (model_reset(12, 48, 48), rig_regime());

	(void)state;
	model_map(0x400000, 0x60000000, 3, 0);
	model_map(0x401000, 0x70000000, 3, 0);
	model_map(0x402000, 0x70001000, 3, 0);
	rig_run_regime(&with, (struct scan_request){.to = UINT64_MAX, .split_gpa = true});
	assert_int_equal(rig.found_count, 2);
	expect(0, 0x400000, 0x1000, RW1, 0x60000000);
	expect(1, 0x401000, 0x2000, RW1, 0x70000000);
}

/* Where EL0 may not write, the refusal tells the block's size: two ATs for 2 MiB, for 1 GiB. */
static void test_blocks_cost_two(void **state)
{
	(void)state;
	model_reset(12, 48, 48);
	model_map(UPPER, 0x40000000, 1, 0);
	model_map(UPPER + BLOCK_1G, 0x80000000, 2, MODEL_RO);
	rig_run(SCAN_EL1, false);
	assert_int_equal(rig.found_count, 2);
	expect(0, UPPER, BLOCK_1G, RW1, 0x40000000);
	expect(1, UPPER + BLOCK_1G, BLOCK_2M, RO1, 0x80000000);
	assert_int_equal(model_ats, 512U + 511 + 510 + 511 + 4);
}

static void test_views(void **state)
{
	const uint32_t none0 = LIBSCAN_ASKED_0;

	(void)state;
	model_reset(12, 48, 48);
	model_map(0x1000, 0x40001000, 3, MODEL_EL0);
	model_map(0x2000, 0x40002000, 3, MODEL_EL0 | MODEL_RO);
	model_map(0x3000, 0x40003000, 3, 0);
	model_map(0x4000, 0x40004000, 3, MODEL_RO);
	rig_run(SCAN_EL0, false);
	assert_int_equal(rig.found_count, 2);
	expect(0, 0x1000, 0x1000, LIBSCAN_R0 | LIBSCAN_W0 | LIBSCAN_ASKED_0 | LIBSCAN_GPA,
		0x40001000);
	expect(1, 0x2000, 0x1000, LIBSCAN_R0 | LIBSCAN_ASKED_0 | LIBSCAN_GPA, 0x40002000);
	model_ats = 0;
	rig_run(SCAN_BOTH, false);
	assert_int_equal(rig.found_count, 4);
	expect(0, 0x1000, 0x1000, RW1 | none0 | LIBSCAN_R0 | LIBSCAN_W0, 0x40001000);
	expect(1, 0x2000, 0x1000, RO1 | none0 | LIBSCAN_R0, 0x40002000);
	expect(2, 0x3000, 0x1000, RW1 | none0, 0x40003000);
	expect(3, 0x4000, 0x1000, RO1 | none0, 0x40004000);
}

static void test_access_flag_and_attributes_divide(void **state)
{
	(void)state;
	model_reset(12, 48, 48);
	model_map(0x1000, 0x40001000, 3, 0);
	model_map(0x2000, 0x40002000, 3, MODEL_DEV);
	model_map(0x200000, 0x40200000, 2, MODEL_NO_AF);
	rig_run(SCAN_EL1, false);
	assert_int_equal(rig.found_count, 3);
	expect(1, 0x2000, 0x1000, RW1, 0x40002000);
	assert_int_equal(rig.found[1].attr, 0x04);
	assert_int_equal(rig.found[1].share, 2);
	expect(2, 0x200000, BLOCK_2M, LIBSCAN_NO_AF | LIBSCAN_ASKED_1, 0);
}

static void test_disabled_half_and_edges(void **state)
{
	(void)state;
	model_reset(12, 48, 48);
	model_map(0, 0x40000000, 3, 0);
	model_map(UINT64_C(0x0000fffffffff000), 0x40001000, 3, 0);
	model_map(UPPER, 0x40002000, 3, 0);
	model_map(UINT64_C(0xfffffffffffff000), 0x40003000, 3, 0);
	rig_run(SCAN_EL1, false);
	assert_int_equal(rig.found_count, 4);
	expect(1, UINT64_C(0x0000fffffffff000), 0x1000, RW1, 0x40001000);
	expect(3, UINT64_C(0xfffffffffffff000), 0x1000, RW1, 0x40003000);
	model_half[0].off = true;
	model_ats = 0;
	rig_run(SCAN_EL1, false);
	assert_int_equal(rig.found_count, 2);
	model_half[1].off = true;
	model_ats = 0;
	rig_run(SCAN_EL1, false);
	assert_int_equal(rig.found_count, 0);
	assert_int_equal(model_ats, 0);
}

static void test_from_and_to(void **state)
{
	const struct scan_regime with = (model_reset(12, 48, 48), rig_regime());
	struct scan_request request = {.from = 0x2345, .to = 0x3001};

	(void)state;
	for (unsigned i = 0; i < 16; i++) {
		model_map(i * 4096U, 0x40000000U + i * 4096U, 3, 0);
	}
	model_map(UPPER, 0x41000000, 3, 0);
	rig_run_regime(&with, request);
	assert_int_equal(rig.found_count, 1);
	expect(0, 0x2000, 0x2000, RW1, 0x40002000);
	request = (struct scan_request){.from = UINT64_C(1) << 60, .to = UINT64_MAX};
	rig_run_regime(&with, request); /* between the halves */
	assert_int_equal(rig.found_count, 1);
	expect(0, UPPER, 0x1000, RW1, 0x41000000);
	request = (struct scan_request){.from = UINT64_C(1) << 60, .to = UINT64_C(1) << 61};
	rig_run_regime(&with, request);
	assert_int_equal(rig.found_count, 0);
	request = (struct scan_request){.from = 0x3000, .to = 0x2000};
	rig_run_regime(&with, request);
	assert_int_equal(rig.found_count, 0);
}

static void test_mmu_off_is_the_identity(void **state)
{
	const struct scan_registers r = {.tcr = model_tcr(), .mmfr0 = RIG_MMFR0};
	const struct scan_regime with = scan_regime_of(&r);

	(void)state;
	model_ats = 0;
	rig_run_regime(&with, (struct scan_request){.to = UINT64_MAX});
	assert_int_equal(rig.found_count, 1);
	expect(0, 0, UINT64_C(1) << 48, RW1, 0);
	assert_int_equal(model_ats, 0);
}

/* A table page that stage 2 has not yet is never taken for a hole. */
static void test_absent_tables_are_made_present(void **state)
{
	uint64_t *entry;

	(void)state;
	model_reset(12, 48, 48);
	model_map(0x1000, 0x40001000, 3, 0);
	model_map(BLOCK_1G, 0x40002000, 3, 0);
	entry = model_entry(BLOCK_1G, 2);
	model_absent(*entry & UINT64_C(0xfffffffff000), false);
	rig_run(SCAN_EL1, false);
	assert_int_equal(rig.found_count, 2);
	assert_int_equal(rig.scan.counts.lost, 0);
	assert_int_equal(model_reads, 4); /* the way to the one missing page, counted */
}

/* One that is in no memory hides what it would map, and no more. */
static void test_lost_tables_are_left_out(void **state)
{
	(void)state;
	model_reset(12, 48, 48);
	model_map(0x1000, 0x40001000, 3, 0);
	model_map(BLOCK_2M, 0x40002000, 3, 0);
	model_map(2U * BLOCK_2M, 0x40003000, 3, 0);
	model_absent(*model_entry(BLOCK_2M, 2) & UINT64_C(0xfffffffff000), true);
	*model_entry(BLOCK_1G, 1) = UINT64_C(0x9999000000) | 3U; /* out of memory altogether */
	rig_run(SCAN_EL1, false);
	assert_int_equal(rig.found_count, 2);
	expect(0, 0x1000, 0x1000, RW1, 0x40001000);
	expect(1, 2U * BLOCK_2M, 0x1000, RW1, 0x40003000);
	assert_int_equal(rig.scan.counts.lost, 2);
}

/* All of it is read, as often as there are levels; a tag is no part of the address. */
static void test_the_way_alone(void **state)
{
	const uint64_t upper = UINT64_C(0xffff800000000000);
	struct scan_regime with;
	uint64_t *entry;

	(void)state;
	model_reset(12, 48, 48);
	model_map(BLOCK_1G, 0x40002000, 3, 0);
	model_map(upper + BLOCK_2M, 0x40004000, 2, 0);
	entry = model_entry(BLOCK_1G, 2);
	model_absent(*entry & UINT64_C(0xfffffffff000), false);
	with = rig_regime();
	assert_true(scan_read_way(&with, BLOCK_1G | UINT64_C(0xa5) << 56, model_read, NULL));
	assert_int_equal(model_reads, 4);
	assert_true(scan_read_way(&with, BLOCK_1G + BLOCK_2M, model_read, NULL)); /* a hole */
	assert_int_equal(model_reads, 7);
	assert_true(scan_read_way(&with, upper + BLOCK_2M, model_read, NULL));
	assert_int_equal(model_reads, 10);
	assert_true(scan_read_way(
		&with, (upper + BLOCK_2M) & ~(UINT64_C(0xa5) << 56), model_read, NULL));
	assert_int_equal(model_reads, 13);
	model_reads = 0;
	model_ats = 0;
	rig_run(SCAN_EL1, false); /* reads nothing: it is there now */
	assert_int_equal(model_reads, 0);

	model_absent(*entry & UINT64_C(0xfffffffff000), true);
	assert_false(scan_read_way(&with, BLOCK_1G, model_read, NULL));
	with.half[0].off = true;
	with.half[1].is_flat = true;
	model_reads = 0;
	assert_false(scan_read_way(&with, BLOCK_1G, model_read, NULL));
	assert_false(scan_read_way(&with, upper, model_read, NULL));
	with = rig_regime();
	with.half[0].last >>= 9; /* between the halves */
	assert_false(scan_read_way(&with, UINT64_C(1) << 47, model_read, NULL));
	assert_int_equal(model_reads, 0);
}

static void test_an_abort_of_at_hides_its_table(void **state)
{
	(void)state;
	model_reset(12, 48, 48);
	model_map(0x1000, 0x40001000, 3, 0);
	model_map(BLOCK_2M, 0x40002000, 3, 0);
	model_aborts(*model_entry(0x1000, 2) & UINT64_C(0xfffffffff000));
	rig_run(SCAN_EL1, false);
	assert_int_equal(rig.found_count, 1);
	expect(0, BLOCK_2M, 0x1000, RW1, 0x40002000);
	assert_true(rig.scan.counts.lost >= 1U);
}

/* A root that points to itself: every page of it is mapped, again and again. Each step ends. */
static void test_loops_end_each_step(void **state)
{
	const struct scan_regime with = (model_reset(12, 48, 48), rig_regime());
	struct libscan_range range;

	(void)state;
	for (unsigned i = 0; i < 512; i++) {
		*model_entry((uint64_t)i << 39, 0) = model_half[0].root | 0x403U;
	}
	scan_begin(&rig.scan, &with,
		&(struct scan_request){.to = UINT64_MAX, .split_gpa = true, .read = model_read});
	model_ats = 0;
	for (unsigned i = 0; i < 2000; i++) {
		assert_int_not_equal(scan_step(&rig.scan, &range), SCAN_DONE);
	}
	assert_true(rig.scan.gva > 0x10000U);
	assert_true(model_ats < UINT64_C(2000) * 520U);
}

static void test_exec_reads_leaves(void **state)
{
	(void)state;
	model_reset(12, 48, 48);
	model_map(0x1000, 0x40001000, 3, MODEL_PXN);
	model_map(0x2000, 0x40002000, 3, MODEL_UXN | MODEL_RO);
	model_map(BLOCK_2M, 0x40200000, 2, MODEL_EL0);
	model_map(BLOCK_1G, 0x40003000, 3, 0);
	*model_entry(BLOCK_1G, 1) |= UINT64_C(1) << 59; /* PXNTable */
	rig_run(SCAN_EL1, true);
	assert_int_equal(rig.found_count, 4);
	expect(0, 0x1000, 0x1000, RW1 | LIBSCAN_ASKED_X | LIBSCAN_X0, 0x40001000);
	expect(1, 0x2000, 0x1000, RO1 | LIBSCAN_ASKED_X | LIBSCAN_X1, 0x40002000);
	expect(2, BLOCK_2M, BLOCK_2M, RW1 | LIBSCAN_ASKED_X | LIBSCAN_X0, 0x40200000);
	expect(3, BLOCK_1G, 0x1000, RW1 | LIBSCAN_ASKED_X | LIBSCAN_X0, 0x40003000);
	assert_int_equal(rig.found[0].leaves, 4096);
	assert_int_equal(rig.found[2].leaves, BLOCK_2M);
	assert_true(model_reads > 0U);
}

/* Tables that take rights from what is below them. */
static void test_hierarchical_permissions(void **state)
{
	(void)state;
	model_reset(12, 48, 48);
	model_map(0x1000, 0x40001000, 3, MODEL_EL0);
	model_map(BLOCK_1G, 0x40002000, 3, MODEL_EL0);
	*model_entry(0, 2) |= UINT64_C(1) << 62;
	*model_entry(BLOCK_1G, 2) |= UINT64_C(1) << 61;
	rig_run(SCAN_BOTH, false);
	assert_int_equal(rig.found_count, 2);
	expect(0, 0x1000, 0x1000, RO1 | LIBSCAN_R0 | LIBSCAN_ASKED_0, 0x40001000);
	expect(1, BLOCK_1G, 0x1000, RW1 | LIBSCAN_ASKED_0, 0x40002000);
}

/* TG0 and TG1 by their own encodings; sizes; what is no encoding or is not there. */
static void test_registers(void **state)
{
	struct scan_registers r = {.sctlr = 1, .mmfr0 = RIG_MMFR0};
	struct scan_regime with;

	(void)state;
	r.tcr = UINT64_C(17) | UINT64_C(22) << 16 | UINT64_C(2) << 14 | UINT64_C(3) << 30;
	r.ttbr[0] = UINT64_C(0xabcd00004000a000);
	with = scan_regime_of(&r);
	assert_int_equal(with.half[0].page_shift, 14);
	assert_int_equal(with.half[0].start_level, 1);
	assert_int_equal(with.half[0].last, (UINT64_C(1) << 47) - 1U);
	assert_int_equal(with.half[0].table, 0x40008000);
	assert_int_equal(with.half[1].page_shift, 16);
	assert_int_equal(with.half[1].start_level, 2);
	assert_int_equal(with.half[1].base, ~((UINT64_C(1) << 42) - 1U));
	r.mmfr0 = UINT64_C(0xf) << 24; /* neither 16 KiB nor 64 KiB */
	with = scan_regime_of(&r);
	assert_int_equal(with.half[0].page_shift, 12);
	assert_int_equal(with.half[1].page_shift, 12);
	r.tcr = UINT64_C(16) | UINT64_C(3) << 14 | UINT64_C(1) << 41 | UINT64_C(1) << 39;
	with = scan_regime_of(&r);
	assert_int_equal(with.half[0].page_shift, 12);
	assert_int_equal(with.half[0].start_level, 0);
	assert_true(with.half[0].has_no_hierarchy);
	assert_true(with.sets_access_flag);
	r.tcr = 0; /* both sizes beyond what there is */
	with = scan_regime_of(&r);
	assert_int_equal(with.half[0].last, (UINT64_C(1) << 48) - 1U);
	r.tcr = 63U | UINT64_C(63) << 16;
	with = scan_regime_of(&r);
	assert_int_equal(with.half[0].last, 0xffff);
}

/* FEAT_LVA: 52 bits, with 64 KiB pages alone. */
static void test_large_addresses(void **state)
{
	struct scan_registers r = {.sctlr = 1, .mmfr0 = RIG_MMFR0, .mmfr2 = RIG_MMFR2_LVA};
	struct scan_regime with;

	(void)state;
	r.tcr = UINT64_C(12) | UINT64_C(12) << 16 | UINT64_C(1) << 14 | UINT64_C(2) << 30;
	r.ttbr[0] = UINT64_C(0x4000b000);
	with = scan_regime_of(&r);
	assert_int_equal(with.half[0].last, (UINT64_C(1) << 52) - 1U);
	assert_int_equal(with.half[0].start_level, 1);
	assert_int_equal(with.half[0].table, 0x4000a000); /* 1,024 entries */
	assert_int_equal(with.half[1].base, UPPER);
	r.mmfr2 = 0;
	with = scan_regime_of(&r);
	assert_int_equal(with.half[0].last, (UINT64_C(1) << 48) - 1U);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_become_ranges),
		cmocka_unit_test(test_holes_are_skipped_by_their_level),
		cmocka_unit_test(test_split_gpa_ends_ranges_where_the_gpa_jumps),
		cmocka_unit_test(test_blocks_cost_two),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_access_flag_and_attributes_divide),
		cmocka_unit_test(test_disabled_half_and_edges),
		cmocka_unit_test(test_from_and_to),
		cmocka_unit_test(test_mmu_off_is_the_identity),
		cmocka_unit_test(test_absent_tables_are_made_present),
		cmocka_unit_test(test_lost_tables_are_left_out),
		cmocka_unit_test(test_the_way_alone),
		cmocka_unit_test(test_an_abort_of_at_hides_its_table),
		cmocka_unit_test(test_loops_end_each_step),
		cmocka_unit_test(test_exec_reads_leaves),
		cmocka_unit_test(test_hierarchical_permissions),
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_large_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
