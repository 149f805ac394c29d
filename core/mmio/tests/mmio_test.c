/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mmio/mmio.h"

static struct mmio_map map;

static int setup(void **state)
{
	(void)state;
	map = (struct mmio_map){0};
	return 0;
}

static enum mmio_result nothing(void *ctx, struct mmio_access *access)
{
	(void)ctx;
	(void)access;
	return MMIO_DONE;
}

static enum plinth_status add(uint64_t base, uint64_t size, const char *name)
{
	return mmio_add(&map, ipa_init(base), size, nothing, &map, name);
}

static const char *find(uint64_t address)
{
	const struct mmio_region *region = mmio_find(&map, ipa_init(address));

	return region != NULL ? region->name : "none";
}

static void an_empty_map_answers_nothing(void **state)
{
	(void)state;
	assert_string_equal(find(0), "none");
	assert_string_equal(find(UINT64_MAX), "none");
}

static void regions_are_found_by_all_their_bytes(void **state)
{
	(void)state;
	assert_int_equal(add(0x09000000, 0x1000, "uart"), PLINTH_OK);
	assert_int_equal(add(0x08000000, 0x10000, "gicd"), PLINTH_OK);
	assert_int_equal(add(0x0a000000, 0x200, "virtio"), PLINTH_OK);
	assert_int_equal(add(0x09001000, 0x1000, "rtc"), PLINTH_OK);
	assert_string_equal(map.region[0].name, "gicd");
	assert_string_equal(map.region[3].name, "virtio");
	assert_ptr_equal(map.region[0].ctx, &map);

	assert_string_equal(find(0x08000000), "gicd");
	assert_string_equal(find(0x0800ffff), "gicd");
	assert_string_equal(find(0x09000fff), "uart");
	assert_string_equal(find(0x09001000), "rtc");
	assert_string_equal(find(0x07ffffff), "none");
	assert_string_equal(find(0x08010000), "none");
	assert_string_equal(find(0x0a0001ff), "virtio");
	assert_string_equal(find(0x0a000200), "none");
	assert_true(mmio_region_has(&map.region[0], ipa_init(0x0800ffff)));
	assert_false(mmio_region_has(&map.region[0], ipa_init(0x08010000)));
	assert_false(mmio_region_has(&map.region[0], ipa_init(0x07ffffff)));
}

static void bad_regions_are_refused(void **state)
{
	(void)state;
	assert_int_equal(add(0x1000, 0, "empty"), PLINTH_EINVAL);
	assert_int_equal(add(UINT64_MAX - 7U, 16, "wraps"), PLINTH_EINVAL);
	/* A wide access would lie in it with one half. */
	assert_int_equal(add(0x1004, 0x1000, "begins between"), PLINTH_EINVAL);
	assert_int_equal(add(0x1000, 0xffc, "ends between"), PLINTH_EINVAL);
	assert_int_equal(add(0x1000, 0x1000, "a"), PLINTH_OK);
	assert_int_equal(add(0x1ff8, 8, "last bytes"), PLINTH_EEXIST);
	assert_int_equal(add(0x0, 0x1008, "first bytes"), PLINTH_EEXIST);
	assert_int_equal(add(0x0, 0x10000, "around"), PLINTH_EEXIST);
	assert_int_equal(map.count, 1);
	assert_int_equal(add(UINT64_MAX - 7U, 8, "the last bytes there are"), PLINTH_OK);
	assert_string_equal(find(UINT64_MAX), "the last bytes there are");
}

static void a_full_map_is_told_and_still_finds(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < MMIO_REGION_MAX; i++) {
		uint64_t base = ((i * 7U) % MMIO_REGION_MAX) * 0x1000U;

		assert_int_equal(add(base, 0x800, "r"), PLINTH_OK);
	}
	assert_int_equal(add(0x100000, 0x10, "one more"), PLINTH_ENOMEM);
	for (uint64_t i = 0; i < MMIO_REGION_MAX; i++) {
		const struct mmio_region *region = mmio_find(&map, ipa_init(i * 0x1000U + 0x7fcU));

		assert_non_null(region);
		assert_int_equal(region->base, i * 0x1000U);
		assert_null(mmio_find(&map, ipa_init(i * 0x1000U + 0x800U)));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_map_answers_nothing, setup),
		cmocka_unit_test_setup(regions_are_found_by_all_their_bytes, setup),
		cmocka_unit_test_setup(bad_regions_are_refused, setup),
		cmocka_unit_test_setup(a_full_map_is_told_and_still_finds, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
