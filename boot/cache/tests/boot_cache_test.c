/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "fake/maintenance.h"

static uint64_t first, last;
static unsigned lines, barriers;

static void maintain(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	if (op == FAKE_DC_CIVAC) {
		assert_int_equal(barriers, 0); /* the barrier is the last */
		first = lines == 0 ? address : first;
		last = address;
		lines++;
	} else {
		assert_int_equal(op, FAKE_DSB_SY);
		barriers++;
	}
}

static void clean(uintptr_t start, uint64_t size, uint64_t line_log2_words)
{
	lines = 0;
	barriers = 0;
	fake_sysregs.ctr_el0 = line_log2_words << 16;
	fake_maintain_hook(maintain, NULL);
	cache_clean((const void *)start, size);
	fake_maintain_hook(NULL, NULL);
	assert_int_equal(barriers, 1);
}

static void every_line_once(void **state)
{
	(void)state;
	clean(0x1000, 0x100, 4);
	assert_int_equal(lines, 4);
	assert_true(first == 0x1000 && last == 0x10c0);
	clean(0x1000, 0x100, 5); /* 128-byte lines */
	assert_int_equal(lines, 2);
}

static void partial_lines_count(void **state)
{
	(void)state;
	clean(0x103f, 2, 4);
	assert_int_equal(lines, 2);
	assert_true(first == 0x1000 && last == 0x1040);
	clean(0x1040, 0, 4);
	assert_int_equal(lines, 0);
}

static void counts_tell_what_was_executed(void **state)
{
	struct cache_counts before = cache_counts();

	(void)state;
	clean(0x103f, 2, 4);
	assert_int_equal(cache_counts().lines - before.lines, 2);
	cache_count((const void *)0x103f, 2, 0);
	assert_int_equal(cache_counts().lines - before.lines, 4);
	cache_count((const void *)0x1000, 0x1000, 1);
	assert_int_equal(cache_counts().lines - before.lines, 4 + 64);
	cache_count((const void *)0x1040, 0, 1);
	assert_int_equal(cache_counts().lines - before.lines, 4 + 64);
	cache_invalidate_icache();
	assert_int_equal(cache_counts().icache_all - before.icache_all, 3);
}

static void invalidate(void *ctx, enum fake_op op, uint64_t address)
{
	enum fake_op *last_op = ctx;

	(void)address;
	assert_int_equal(op, *last_op == FAKE_IC_IALLUIS ? FAKE_DSB_SY : FAKE_IC_IALLUIS);
	*last_op = op;
}

static void instructions_are_gone_when_it_returns(void **state)
{
	enum fake_op last_op = FAKE_DSB_SY;

	(void)state;
	fake_maintain_hook(invalidate, &last_op);
	cache_invalidate_icache();
	fake_maintain_hook(NULL, NULL);
	assert_int_equal(last_op, FAKE_DSB_SY);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_once),
		cmocka_unit_test(partial_lines_count),
		cmocka_unit_test(counts_tell_what_was_executed),
		cmocka_unit_test(instructions_are_gone_when_it_returns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
