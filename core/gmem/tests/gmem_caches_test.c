/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's caches turned off and on, and set/way: bounded steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gmem_rig.h"

static struct gmem *const gmem = &rig.gmem;

static void test_set_way_is_bounded(void **state)
{
	ipa_t cursor = ipa_init(0);
	unsigned steps = 1;
	uint8_t byte = 1;

	(void)state;
	rig_caches_on();
	for (uint64_t at = 0; at < FIXTURE_RAM; at += PAGE_SIZE) {
		assert_int_equal(gmem_write(gmem, ipa_init(VM_RAM_BASE + at), &byte, 1), PLINTH_OK);
	}
	gmem->counters.coh.pages_cleaned = 0;
	while (gmem_set_way(gmem, &cursor) == PLINTH_EAGAIN) {
		steps++;
	}
	assert_in_range(steps, 8, 10);
	assert_int_equal(gmem->counters.coh.pages_cleaned, FIXTURE_RAM / PAGE_SIZE);
}

/* Many small pieces touched with caches off: all are maintained when they come on. */
static void test_caches_on_after_many_pieces(void **state)
{
	ipa_t cursor = ipa_init(0);
	uint64_t cleaned;

	(void)state;
	for (uint64_t at = 0; at < FIXTURE_RAM; at += KIB(16)) {
		assert_int_equal(rig_fault(VM_RAM_BASE + at, GMEM_READ), GMEM_RESUME);
	}
	cleaned = gmem->counters.coh.pages_cleaned;
	while (gmem_caches_on(gmem, &cursor) == PLINTH_EAGAIN) {
	}
	assert_false(gmem->mmu_off);
	assert_true(gmem->counters.coh.pages_cleaned - cleaned >= gmem->counters.map_4k);
	(void)rig_caches_off();
	assert_true(gmem->mmu_off);
	cursor = ipa_init(0);
	cleaned = gmem->counters.coh.pages_cleaned;
	assert_int_equal(gmem_caches_on(gmem, &cursor), PLINTH_OK);
	assert_int_equal(gmem->counters.coh.pages_cleaned, cleaned); /* nothing new was mapped */
}

/* However a guest has cut its memory up, a step is short. */
static void test_caches_off_is_bounded(void **state)
{
	(void)state;
	rig_caches_on();
	for (uint64_t at = 0; at < MIB(1); at += PAGE_SIZE) {
		assert_int_equal(rig_fault(VM_RAM_BASE + MIB(3) + at, GMEM_READ), GMEM_RESUME);
	}
	for (uint64_t at = 0; at < MIB(1); at += 2U * PAGE_SIZE) {
		assert_int_equal(
			gmem_relinquish(gmem, ipa_init(VM_RAM_BASE + MIB(3) + at), S2_LEVEL_4K),
			PLINTH_OK);
	}
	assert_in_range(
		rig_caches_off(), 3, 4); /* 128 runs, and 1,026 entries before and between */
	assert_int_equal(gmem_caches_off(gmem), PLINTH_OK);
	rig_check_leaf(VM_RAM_BASE + MIB(4) - PAGE_SIZE, S2_LEVEL_4K,
		S2_ATTR_WRITE | S2_ATTR_WRITTEN | S2_ATTR_UNTOUCHED, S2_PAGE_OWNED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
	static const struct CMUnitTest tests[] = {
		TEST(test_set_way_is_bounded),
		TEST(test_caches_on_after_many_pieces),
		TEST(test_caches_off_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
