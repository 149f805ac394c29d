/* SPDX-License-Identifier: Apache-2.0 */
/* A few pieces of guest memory that are copied at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "gmem_rig.h"

static struct gmem *const gmem = &rig.gmem;

/* A few pieces under one lock: the short way of what needs nothing, and the long way of what does,
 * to the same end. */
static void parts_are_copied(void **state)
{
	const uint64_t other = ZERO_BLOCK + PAGE_SIZE;
	const uint64_t image = FIXTURE_IMAGE_0 + KIB(32);
	_Alignas(uint64_t) uint8_t got[3][128];
	uint64_t word = 0x1122334455667788;
	uint8_t bytes[100];
	struct gmem_part out[] = {
		{.ipa = ipa_init(ZERO_BLOCK + 8U), .size = 8, .from = &word},
		{.ipa = ipa_init(ZERO_BLOCK + 33U), .size = 99, .from = bytes},
		{.ipa = ipa_init(other + 6U), .size = 6, .from = bytes},
	};
	struct gmem_part in[] = {
		{.ipa = ipa_init(ZERO_BLOCK), .size = 128, .to = got[0]},
		{.ipa = ipa_init(other), .size = 24, .to = got[1]},
		{.ipa = ipa_init(image), .size = 64, .to = got[2]},
	};

	(void)state;
	memset(bytes, 0x5a, sizeof(bytes));
	for (unsigned round = 0; round < 4U; round++) {
		if (round == 1U) {
			rig_caches_on();
		}
		if (round == 2U) { /* code that is written over will be maintained anew */
			assert_int_equal(rig_fault(ZERO_BLOCK, GMEM_FETCH), GMEM_RESUME);
			assert_int_equal(rig_fault(image, GMEM_READ), GMEM_RESUME);
		}
		assert_int_equal(gmem_copy_parts(gmem, out, 3, true), PLINTH_OK);
		assert_int_equal(rig_leaf_of(ZERO_BLOCK).attrs & S2_ATTR_EXEC, 0);
		assert_true((rig_leaf_of(ZERO_BLOCK).attrs & S2_ATTR_WRITTEN) != 0U);
		memset(got, 0xee, sizeof(got));
		assert_int_equal(gmem_copy_parts(gmem, in, 3, false), PLINTH_OK);
		assert_memory_equal(&got[0][8], &word, 8);
		assert_int_equal(got[0][32], 0);
		assert_memory_equal(&got[0][33], bytes, 95);
		assert_memory_equal(&got[1][6], bytes, 6);
		assert_int_equal(got[1][12], 0);
		assert_memory_equal(got[2], &rig.expected[image - VM_RAM_BASE], 64);
		assert_int_equal(got[2][64], 0xee);
		word++;
	}
}

/* What comes before a bad piece is done, nothing behind it. */
static void bad_parts(void **state)
{
	uint64_t word = 5;
	uint64_t got = 7;
	struct gmem_part parts[] = {
		{.ipa = ipa_init(ZERO_BLOCK), .size = 8, .from = &word},
		{.ipa = ipa_init(VM_RAM_BASE + FIXTURE_RAM), .size = 8, .from = &word},
		{.ipa = ipa_init(ZERO_BLOCK + 8U), .size = 8, .from = &word},
	};

	(void)state;
	assert_int_equal(gmem_copy_parts(gmem, parts, 3, true), PLINTH_EFAULT);
	assert_int_equal(gmem_read(gmem, ipa_init(ZERO_BLOCK), &got, 8), PLINTH_OK);
	assert_int_equal(got, 5);
	assert_int_equal(gmem_read(gmem, ipa_init(ZERO_BLOCK + 8U), &got, 8), PLINTH_OK);
	assert_int_equal(got, 0);
	/* What was given away is not there, as short a way as there may be. */
	rig_caches_on();
	assert_int_equal(gmem_relinquish(gmem, ipa_init(ZERO_BLOCK), S2_LEVEL_4K), PLINTH_OK);
	assert_int_equal(gmem_copy_parts(gmem, parts, 1, true), PLINTH_EFAULT);
	parts[0].to = &got;
	assert_int_equal(gmem_copy_parts(gmem, parts, 1, false), PLINTH_EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parts_are_copied, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(bad_parts, rig_setup, rig_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
