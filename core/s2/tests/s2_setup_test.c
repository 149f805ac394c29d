/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "s2/s2.h"

static void test_features(void **state)
{
	struct s2_features f;

	(void)state;
	f = s2_features_from_ids(0, 0, 0);
	assert_int_equal(f.pa_bits, 32);
	assert_int_equal(f.ipa_bits, 32);
	assert_int_equal(f.vmid_bits, 8);
	assert_false(f.fwb);
	f = s2_features_from_ids(4, 0x20, BIT(40)); /* cortex-a57: 44 bits */
	assert_int_equal(f.pa_bits, 44);
	assert_int_equal(f.ipa_bits, 40);
	assert_int_equal(f.vmid_bits, 16);
	assert_true(f.fwb);
	f = s2_features_from_ids(6, 0x10, 0); /* 52 bits; a VMIDBits value that is reserved */
	assert_int_equal(f.pa_bits, 48);
	assert_int_equal(f.vmid_bits, 8);
	assert_int_equal(s2_features_from_ids(1, 0, 0).ipa_bits, 36);
}

static void test_vtcr(void **state)
{
	(void)state;
	/* T0SZ 24, SL0 1, WBWA, inner, 4 KiB, PS 44 bits, VS. */
	assert_int_equal(
		s2_vtcr(&(struct s2_features){.pa_bits = 44, .ipa_bits = 40, .vmid_bits = 16}),
		BIT(31) | BIT(19) | (4U << 16) | (3U << 12) | (1U << 10) | (1U << 8) | (1U << 6) |
			24U);
	assert_int_equal(
		s2_vtcr(&(struct s2_features){.pa_bits = 32, .ipa_bits = 32, .vmid_bits = 8}),
		BIT(31) | (3U << 12) | (1U << 10) | (1U << 8) | (1U << 6) | 32U);
}

/* Bits as the Arm ARM's figures have them, not as our macros do. */
static void test_entries(void **state)
{
	const pa_t pa = pa_init(UINT64_C(0x40200000));
	s2_pte_t block = s2_pte_leaf(pa, S2_LEVEL_2M, S2_ATTR_WRITE, S2_PAGE_OWNED, false);
	s2_pte_t page = s2_pte_leaf(pa, S2_LEVEL_4K, S2_ATTR_EXEC, S2_PAGE_OWNED, true);
	s2_pte_t device = s2_pte_leaf(
		pa, S2_LEVEL_4K, S2_ATTR_DEVICE | S2_ATTR_WRITE, S2_PAGE_SHARED_BORROWER, false);

	(void)state;
	assert_int_equal(block.v, pa.v | BIT(54) | 0x7fdU);
	assert_int_equal(page.v, pa.v | 0x75bU); /* MemAttr 6, read-only, valid page */
	assert_int_equal(device.v, pa.v | BIT(54) | (UINT64_C(2) << 55) | 0x7c7U);
	assert_int_equal(s2_pte_table(pa).v, pa.v | 3U);
	assert_int_equal(s2_pte_split(block, S2_LEVEL_2M).v, block.v | 2U);
	assert_int_equal(s2_pte_leaf(pa, S2_LEVEL_4K, S2_ATTR_UNTOUCHED, S2_PAGE_OWNED, false).v,
		pa.v | BIT(54) | 0x37fU); /* the access flag is clear */
	assert_int_equal(s2_pte_note(S2_PAGE_NONE).v, 0);
	assert_int_equal(s2_pte_state(s2_pte_note(S2_PAGE_LENT_OUT)), S2_PAGE_LENT_OUT);
	assert_false(s2_pte_is_valid(s2_pte_note(S2_PAGE_LENT_OUT)));
}

/* One of the 64 sets of attributes. */
static uint32_t attrs_of(uint32_t n)
{
	static const uint32_t all[] = {S2_ATTR_DEVICE, S2_ATTR_WRITE, S2_ATTR_EXEC, S2_ATTR_WRITTEN,
		S2_ATTR_DIRTY_LOG, S2_ATTR_UNTOUCHED};
	uint32_t attrs = 0;

	for (unsigned i = 0; i < 6U; i++) {
		attrs |= (n & BIT(i)) != 0U ? all[i] : 0U;
	}
	return attrs;
}

/* Every change of every set: the result is what a leaf made so would be. */
static void test_edits(void **state)
{
	const pa_t pa = pa_init(BIT(30));

	(void)state;
	for (uint32_t n = 0; n < 64U * 64U; n++) {
		uint32_t old = attrs_of(n % 64U) & ~S2_ATTR_DEVICE;
		uint32_t change = attrs_of(n / 64U) & ~S2_ATTR_DEVICE;
		uint32_t set = change & ~old;
		uint32_t clear = change & old;
		const struct s2_pte_edit edit = s2_pte_edit(set, clear);
		s2_pte_t before = s2_pte_leaf(pa, S2_LEVEL_2M, old, S2_PAGE_OWNED, false);
		s2_pte_t after = s2_pte_edited(before, &edit);

		assert_int_equal(after.v,
			s2_pte_leaf(pa, S2_LEVEL_2M, (old | set) & ~clear, S2_PAGE_OWNED, false).v);
	}
}

static void test_entries_keep_what_they_are_given(void **state)
{
	static const enum s2_page_state states[] = {
		S2_PAGE_OWNED, S2_PAGE_SHARED_OWNER, S2_PAGE_SHARED_BORROWER, S2_PAGE_LENT_IN};

	(void)state;
	for (uint32_t n = 0; n < 64U; n++) {
		unsigned level = 1U + n % 3U;
		uint32_t attrs = attrs_of(n);

		for (unsigned i = 0; i < 8U; i++) {
			s2_pte_t pte = s2_pte_leaf(
				pa_init(BIT(40)), level, attrs, states[i / 2U], i % 2U != 0U);

			assert_int_equal(s2_pte_attrs(pte), attrs);
			assert_int_equal(s2_pte_state(pte), states[i / 2U]);
			assert_int_equal(s2_pte_pa(pte).v, BIT(40));
			assert_true(s2_pte_is_leaf(pte, level));
			assert_true(s2_pte_is_dying(s2_pte_dying(pte)));
			assert_false(s2_pte_is_dying(pte));
			assert_int_equal(s2_pte_attrs(s2_pte_dying(pte)), attrs);
			assert_int_equal(s2_pte_state(s2_pte_dying(pte)), states[i / 2U]);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_vtcr),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_entries_keep_what_they_are_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
