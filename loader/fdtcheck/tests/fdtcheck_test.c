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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_sound_one_passes, setup),
		cmocka_unit_test_setup(no_length_leads_astray, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
