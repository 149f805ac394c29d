/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vgic_lr.h"

/* Every list register that GICv2 can hold, but for ids and numbers that differ in no way. */
static void test_v2_round_trip(void **state)
{
	static const uint32_t ids[] = {0, 1, 15, 16, 27, 31, 32, 287, 511, 512, 1019, 1023};

	(void)state;
	for (uint32_t top = 0; top < 512U; top++) { /* HW, group, state, priority */
		for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
			for (uint32_t mid = 0; mid < 1024U; mid++) {
				uint32_t v2 = (top << 23) | (mid << 10) | ids[i];

				if ((v2 >> 31) == 0U) {
					v2 &= ~(UINT32_C(0x3f) << 13); /* source and EOI only */
				}
				assert_int_equal(vgic_lr_to_v2(vgic_lr_from_v2(v2)), v2);
			}
		}
	}
}

static void test_v2_fields(void **state)
{
	(void)state;
	/* IHI 0048, 5.3.9: each field where it belongs. */
	assert_int_equal(vgic_lr_to_v2(287U), 287U);
	assert_int_equal(vgic_lr_to_v2(LR_PENDING), 1U << 28);
	assert_int_equal(vgic_lr_to_v2(LR_ACTIVE), 1U << 29);
	assert_int_equal(vgic_lr_to_v2(LR_GROUP1), 1U << 30);
	assert_int_equal(
		vgic_lr_to_v2(LR_HW | FIELD_PREP(LR_PHYS, 1019U)), (1U << 31) | (1019U << 10));
	assert_int_equal(vgic_lr_to_v2(LR_EOI), 1U << 19);
	assert_int_equal(vgic_lr_to_v2(FIELD_PREP(LR_SOURCE, 5U)), 5U << 10);
	assert_int_equal(vgic_lr_to_v2(FIELD_PREP(LR_PRIORITY, 0xffU)), 0x1fU << 23);
}

static void test_v3_round_trip(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 64U; bits++) {
		uint64_t lr = ((bits & 1U) != 0U ? LR_PENDING : 0U) |
			      ((bits & 2U) != 0U ? LR_ACTIVE : 0U) |
			      ((bits & 4U) != 0U ? LR_GROUP1 : 0U) |
			      ((bits & 8U) != 0U ? LR_HW | FIELD_PREP(LR_PHYS, 27U)
						 : FIELD_PREP(LR_SOURCE, 7U)) |
			      ((bits & 24U) == 16U ? LR_EOI : 0U);

		for (unsigned priority = 0; priority < 256U; priority += 8U) {
			uint64_t whole = lr | FIELD_PREP(LR_PRIORITY, priority) | 1019U;

			assert_true(vgic_lr_from_v2(vgic_lr_to_v2(whole)) == whole);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v2_round_trip),
		cmocka_unit_test(test_v2_fields),
		cmocka_unit_test(test_v3_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
