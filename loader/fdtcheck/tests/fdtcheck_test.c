/* SPDX-License-Identifier: Apache-2.0 */
#include "fdtcheck/fdtcheck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

static _Alignas(8) uint8_t tree[512];

static int setup(void **state)
{
	(void)state;
	memset(tree, 0, sizeof(tree));
	assert_int_equal(fdt_create_empty_tree(tree, sizeof(tree)), 0);
	assert_int_equal(fdt_setprop_u32(tree, 0, "first", 1), 0);
	assert_int_equal(fdt_add_subnode(tree, 0, "node"), 0x18);
	assert_int_equal(fdt_setprop_u32(tree, 0x18, "second", 2), 0);
	return 0;
}

static void a_sound_one_passes(void **state)
{
	(void)state;
	assert_int_equal(fdtcheck_full(tree, sizeof(tree)), 0);
	assert_int_equal(fdtcheck_full(tree, sizeof(tree) - 1U), -FDT_ERR_TRUNCATED);
	assert_int_equal(fdtcheck_full(tree, 8), -FDT_ERR_TRUNCATED);
	fdt_set_off_mem_rsvmap(tree, fdt_totalsize(tree) - 8U); /* without an end */
	assert_int_equal(fdtcheck_full(tree, sizeof(tree)), -FDT_ERR_TRUNCATED);
	tree[0]++;
	assert_int_equal(fdtcheck_full(tree, sizeof(tree)), -FDT_ERR_BADMAGIC);
}

/* Each length that a property may claim, back to the front among them: an answer, and in no time.
 */
static void no_length_leads_astray(void **state)
{
	int length;
	struct fdt_property *property = fdt_get_property_w(tree, 0x18, "second", &length);

	(void)state;
	for (uint32_t back = 0; back < 128U; back++) {
		property->len = cpu_to_fdt32(0U - back - 1U);
		assert_int_equal(fdtcheck_full(tree, sizeof(tree)), -FDT_ERR_BADSTRUCTURE);
	}
}

/* What any byte of it is changed to: nothing is taken that libfdt would refuse. It is asked only
 * then, since its own check may not end. */
static void is_as_strict_as_libfdt(void **state)
{
	static const uint8_t values[] = {0, 1, 2, 3, 4, 5, 9, 0x2f, 0x7f, 0x80, 0xfe, 0xff};
	unsigned passed = 0;

	(void)state;
	for (size_t at = 0; at < fdt_totalsize(tree); at++) {
		uint8_t was = tree[at];

		for (size_t i = 0; i < sizeof(values); i++) {
			tree[at] = values[i];
			if (fdt_version(tree) >= 17U && fdtcheck_full(tree, sizeof(tree)) == 0) {
				assert_int_equal(fdt_check_full(tree, sizeof(tree)), 0);
				passed++;
			}
			tree[at] = was;
		}
	}
	assert_true(passed > 100U);
}

#define BEGIN FDT_BEGIN_NODE, 0 /* without a name */
#define NAMED FDT_BEGIN_NODE, 0x61000000
#define PROP  FDT_PROP, 0, 0 /* without a value, of the first name */
#define WORDS 12U

static int check_words(const uint32_t words[WORDS])
{
	uint32_t count = 0;

	while (words[count] != FDT_END) {
		count++;
	}
	fdt_set_size_dt_struct(tree, (count + 1U) * (uint32_t)sizeof(fdt32_t));
	for (uint32_t i = 0; i <= count; i++) {
		fdt32_st(tree + fdt_off_dt_struct(tree) + i * sizeof(fdt32_t), words[i]);
	}
	return fdtcheck_full(tree, sizeof(tree));
}

static void one_root_and_nothing_else(void **state)
{
	static const uint32_t good[][WORDS] = {
		{BEGIN, FDT_END_NODE, FDT_END},
		{FDT_NOP, BEGIN, FDT_NOP, FDT_END_NODE, FDT_END},
		{BEGIN, PROP, FDT_END_NODE, FDT_END},
		{BEGIN, NAMED, FDT_END_NODE, FDT_END_NODE, FDT_END},
	};
	static const uint32_t bad[][WORDS] = {
		{FDT_END},
		{FDT_NOP, FDT_END},
		{NAMED, FDT_END_NODE, FDT_END},
		{BEGIN, FDT_END},
		{BEGIN, NAMED, FDT_END_NODE, FDT_END},
		{FDT_END_NODE, FDT_END},
		{FDT_END_NODE, BEGIN, FDT_END},
		{BEGIN, FDT_END_NODE, FDT_END_NODE, FDT_END},
		{BEGIN, FDT_END_NODE, BEGIN, FDT_END_NODE, FDT_END},
		{BEGIN, FDT_END_NODE, PROP, FDT_END},
		{BEGIN, FDT_END_NODE, FDT_NOP, FDT_END},
		{PROP, BEGIN, FDT_END_NODE, FDT_END},
		{BEGIN, 5, FDT_END_NODE, FDT_END},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(check_words(good[i]), 0);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(check_words(bad[i]), -FDT_ERR_BADSTRUCTURE);
	}
}

/* Sound but for its place: what is read in place would not be aligned. */
static void the_structure_is_aligned(void **state)
{
	uint32_t at = fdt_off_dt_struct(tree);
	uint32_t size = fdt_size_dt_struct(tree);

	(void)state;
	memcpy(tree + 400, tree + fdt_off_dt_strings(tree), fdt_size_dt_strings(tree));
	fdt_set_off_dt_strings(tree, 400);
	memmove(tree + at + 1U, tree + at, size);
	fdt_set_off_dt_struct(tree, at + 1U);
	assert_int_equal(fdtcheck_full(tree, sizeof(tree)), -FDT_ERR_BADOFFSET);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_sound_one_passes, setup),
		cmocka_unit_test_setup(no_length_leads_astray, setup),
		cmocka_unit_test_setup(is_as_strict_as_libfdt, setup),
		cmocka_unit_test_setup(one_root_and_nothing_else, setup),
		cmocka_unit_test_setup(the_structure_is_aligned, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
