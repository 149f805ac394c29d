/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/types.h"
#include "coh/coh.h"
#include "fake/maintenance.h"

#define CTR_64_BYTES UINT64_C(0x80040004)
#define L1IP(kind)   ((uint64_t)(kind) << 14)
#define IDC	     BIT(28)
#define DIC	     BIT(29)

static unsigned ops[FAKE_OP_COUNT];
static enum fake_op order[8]; /* runs of one operation count once */
static unsigned order_count;

static void on_maintenance(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	ops[op]++;
	if (order_count < 8U && (order_count == 0U || order[order_count - 1U] != op)) {
		order[order_count++] = op;
	}
}

static int setup(void **state)
{
	(void)state;
	memset(ops, 0, sizeof(ops));
	order_count = 0;
	fake_maintain_hook(on_maintenance, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_maintain_hook(NULL, NULL);
	return 0;
}

static struct coh_counters run(uint64_t ctr, bool fwb, enum coh_reason reason, size_t size)
{
	struct coh_counters counters = {0};

	setup(NULL);
	coh_setup(ctr, fwb);
	coh_do(reason, 0x10000, size, &counters);
	return counters;
}

static void check_order(const enum fake_op *wanted, unsigned count)
{
	assert_int_equal(order_count, count);
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(order[i], wanted[i]);
	}
}

static void test_strategy_reads_ctr(void **state)
{
	struct coh_strategy s = coh_strategy_for(UINT64_C(0x8444c004), false); /* cortex-a57 */

	(void)state;
	assert_int_equal(s.dline, 64);
	assert_int_equal(s.iline, 64);
	assert_int_equal(s.icache, COH_ICACHE_PIPT);
	assert_false(s.idc || s.dic || s.fwb);
	s = coh_strategy_for(IDC | DIC | (UINT64_C(5) << 16) | L1IP(2) | 3U, true);
	assert_int_equal(s.dline, 128);
	assert_int_equal(s.iline, 32);
	assert_int_equal(s.icache, COH_ICACHE_VIPT);
	assert_true(s.idc && s.dic && s.fwb);
}

/* Of each field the one that serves both, whichever way they are asked. */
static void test_least_ctr(void **state)
{
	const uint64_t rest = UINT64_C(0x84000000);
	uint64_t big = rest | L1IP(3) | IDC | DIC | 5U << 16 | 4U;
	uint64_t little = rest | L1IP(2) | IDC | 4U << 16 | 5U;
	uint64_t least = rest | L1IP(2) | IDC | 4U << 16 | 4U;

	(void)state;
	assert_int_equal(coh_ctr_least(big, little), least);
	assert_int_equal(coh_ctr_least(little, big), least);
	assert_int_equal(coh_ctr_least(big, big), big);
	assert_int_equal(coh_ctr_least(L1IP(3), L1IP(1)), L1IP(1)); /* treated as the worst */
	assert_int_equal(coh_ctr_least(L1IP(2), L1IP(0)), L1IP(0));
	assert_int_equal(coh_ctr_least(rest, UINT64_C(0x83000000)), UINT64_C(0x80000000));
	assert_int_equal(coh_ctr_least(rest, UINT64_C(0x84300000)), UINT64_C(0x80000000));
	assert_int_equal(coh_strategy_for(least, false).ctr, least);
}

/* Either one may be the one that says more. */
static void test_ctr_differs(void **state)
{
	static const uint64_t more[] = {
		IDC, DIC, L1IP(1), 1U, UINT64_C(1) << 16, UINT64_C(1) << 20, UINT64_C(1) << 24};

	(void)state;
	for (unsigned i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		assert_true(coh_ctr_differs(more[i], 0));
		assert_true(coh_ctr_differs(0, more[i]));
		assert_false(coh_ctr_differs(more[i], more[i]));
	}
}

static void test_first_fetch(void **state)
{
	static const enum fake_op clean[] = {FAKE_DC_CVAU, FAKE_DSB_ISH};
	static const enum fake_op idc[] = {FAKE_DSB_ISH};
	struct coh_counters c;

	(void)state;
	c = run(CTR_64_BYTES | L1IP(3), false, COH_FIRST_FETCH, 2U * PAGE_SIZE);
	check_order(clean, 2);
	assert_int_equal(ops[FAKE_DC_CVAU], 128);
	assert_int_equal(coh_lines_cleaned(&c), 128);
	assert_int_equal(c.pages_cleaned, 2);
	c = run(CTR_64_BYTES | L1IP(3) | IDC, true, COH_FIRST_FETCH, 2U * PAGE_SIZE);
	check_order(idc, 1);
	assert_int_equal(c.skipped_idc, 2);
	for (unsigned kind = 0; kind < 4U; kind++) {
		run(CTR_64_BYTES | L1IP(kind) | DIC, false, COH_FIRST_FETCH, PAGE_SIZE);
		check_order(clean, 2);
	}
}

/* Where no CPU may clean alone: invalidated too, with the barrier of a clean; nothing else changes.
 */
static void test_never_clean(void **state)
{
	static const enum fake_op by_civac[] = {FAKE_DC_CIVAC, FAKE_DSB_ISH};
	static const enum fake_op none[] = {FAKE_DSB_ISH};
	struct coh_counters counters = {0};
	char line[COH_LINE_SIZE];

	(void)state;
	coh_setup(CTR_64_BYTES | L1IP(3), false);
	coh_never_clean();
	coh_do(COH_FIRST_FETCH, 0x10000, PAGE_SIZE, &counters);
	check_order(by_civac, 2);
	assert_int_equal(ops[FAKE_DC_CIVAC], 64);
	assert_int_equal(coh_lines_cleaned(&counters), 64);
	coh_describe(line, sizeof(line));
	assert_non_null(strstr(line, "64 B, clean and invalidate to PoC,"));
	for (unsigned log2 = 4; log2 <= 5U; log2++) {
		coh_setup(
			(CTR_64_BYTES & ~(UINT64_C(0xf) << 16)) | UINT64_C(1) * log2 << 16, false);
		coh_never_clean();
		for (unsigned reason = 0; reason < COH_REASON_COUNT; reason++) {
			enum coh_op op = coh_strategy()->plan[reason].op;

			assert_true(op != COH_OP_CLEAN_POU && op != COH_OP_CLEAN_POU_ANY);
		}
	}
	setup(NULL);
	coh_setup(CTR_64_BYTES | L1IP(3) | IDC, false);
	coh_never_clean();
	coh_do(COH_FIRST_FETCH, 0x10000, PAGE_SIZE, &counters);
	check_order(none, 1);
	coh_setup(CTR_64_BYTES | L1IP(3), false); /* begins anew */
	assert_int_equal(coh_strategy()->plan[COH_FIRST_FETCH].op, COH_OP_CLEAN_POU);
}

static void test_exec_lost(void **state)
{
	static const enum fake_op by_va[] = {FAKE_IC_IVAU, FAKE_DSB_ISH};
	static const enum fake_op all[] = {FAKE_IC_IALLUIS, FAKE_DSB_ISH};
	struct coh_counters c;

	(void)state;
	c = run(CTR_64_BYTES | L1IP(3), false, COH_EXEC_LOST, PAGE_SIZE);
	check_order(by_va, 2);
	assert_int_equal(ops[FAKE_IC_IVAU], 64);
	assert_int_equal(c.lines_invalidated, 64);
	for (unsigned kind = 0; kind < 3U; kind++) {
		c = run(CTR_64_BYTES | L1IP(kind), false, COH_EXEC_LOST, PAGE_SIZE);
		check_order(all, 2);
		assert_int_equal(c.invalidated_all, 1);
	}
	run(CTR_64_BYTES | L1IP(3), false, COH_EXEC_LOST, KIB(68));
	check_order(all, 2); /* more than an instruction cache holds */
	run(CTR_64_BYTES | L1IP(3), false, COH_EXEC_LOST_BY_ALL, 0);
	check_order(all, 2);
	c = run(CTR_64_BYTES | L1IP(3) | DIC, false, COH_EXEC_LOST, PAGE_SIZE);
	check_order(NULL, 0);
	assert_int_equal(c.skipped_dic, 1);
	run(CTR_64_BYTES | L1IP(3) | DIC, false, COH_EXEC_LOST_BY_ALL, 0);
	check_order(NULL, 0);
	setup(NULL);
	coh_setup(CTR_64_BYTES | L1IP(3), false);
	coh_forget_boot();
	check_order(all, 2);
}

/* Lines of any size that CTR_EL0 can tell of: each once, and all. */
static void test_line_sizes(void **state)
{
	(void)state;
	for (uint64_t code = 0; code <= 15U; code++) {
		uint64_t line = UINT64_C(4) << code;

		run(L1IP(3) | code << 16, false, COH_FIRST_FETCH, 4U * PAGE_SIZE);
		assert_int_equal(
			ops[FAKE_DC_CVAU], line < 4U * PAGE_SIZE ? 4U * PAGE_SIZE / line : 1U);
	}
}

static void test_poc_reasons(void **state)
{
	static const enum coh_reason reasons[] = {COH_PAGE_TO_MMU_OFF_GUEST, COH_PAGE_CHANGES_OWNER,
		COH_READER_BEFORE, COH_WRITER_BEFORE, COH_WRITER_AFTER, COH_CACHES_ON, COH_SET_WAY};
	static const enum fake_op poc[] = {FAKE_DC_CIVAC, FAKE_DSB_SY};

	(void)state;
	for (unsigned i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		/* Whatever IDC and DIC say: they are about PoU. */
		run(CTR_64_BYTES | L1IP(3) | IDC | DIC, false, reasons[i], PAGE_SIZE);
		check_order(poc, 2);
		assert_int_equal(ops[FAKE_DC_CIVAC], 64);
		run(CTR_64_BYTES | L1IP(3), true, reasons[i], PAGE_SIZE);
		assert_int_equal(ops[FAKE_DC_CIVAC], reasons[i] == COH_SET_WAY ? 64 : 0); /* FWB */
	}
	assert_int_equal(COH_REASON_COUNT, 10);
}

static void test_describe(void **state)
{
	char line[COH_LINE_SIZE];

	(void)state;
	coh_setup(CTR_64_BYTES | L1IP(3), false);
	coh_describe(line, sizeof(line));
	assert_string_equal(line, "coherency: data lines 64 B, clean to PoU, instruction lines "
				  "64 B, PIPT by VA, guests cleaned to PoC with caches off");
	for (unsigned i = 0; i < 32U; i++) {
		coh_setup(CTR_64_BYTES | (9U << 16) | L1IP(i % 4U) | ((i & 4U) != 0U ? IDC : 0U) |
				  ((i & 8U) != 0U ? DIC : 0U),
			(i & 16U) != 0U);
		coh_describe(line, sizeof(line));
		assert_true(strlen(line) < COH_LINE_SIZE - 1U); /* not cut */
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_strategy_reads_ctr),
		TEST(test_least_ctr),
		TEST(test_ctr_differs),
		TEST(test_first_fetch),
		TEST(test_never_clean),
		TEST(test_exec_lost),
		TEST(test_line_sizes),
		TEST(test_poc_reasons),
		TEST(test_describe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
