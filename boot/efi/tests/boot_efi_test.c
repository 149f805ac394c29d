/* SPDX-License-Identifier: Apache-2.0 */
/* What boot takes from a firmware, and what it does where the firmware does not give it. */
#include "efi/efi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"
#include "fake_efi.h"

#define MIB2 (UINT64_C(2) << 20)

static struct efi efi;
static struct boot_range bundle;
static uint8_t bytes[10000];

static int setup(void **state)
{
	(void)state;
	fake_efi_reset();
	fake_efi_open(&efi);
	bundle = (struct boot_range){0};
	for (size_t i = 0; i < sizeof(bytes); i++) {
		bytes[i] = (uint8_t)(i * 7U);
	}
	return 0;
}

static int nothing_left_open(void **state)
{
	(void)state;
	fake_efi_end();
	assert_int_equal(fake_efi.open_files, 0);
	return 0;
}

static void what_is_no_system_table_is_refused(void **state)
{
	uint8_t stranger;
	struct efi bad;

	(void)state;
	assert_int_equal(efi_open(&bad, efi.image, NULL), PLINTH_EINVAL);
	efi_print(&bad, "nobody there");
	assert_int_equal(efi_open(&bad, &stranger, &fake_efi.system), PLINTH_EINVAL);
	fake_efi.services.header.header_size--;
	assert_int_equal(efi_open(&bad, efi.image, &fake_efi.system), PLINTH_EINVAL);
	efi_print(&bad, "says who");
	assert_true(fake_efi_printed("plinth: says who\r\n"));
	fake_efi.services.header.header_size++;
	fake_efi.services.header.signature ^= 1U;
	assert_int_equal(efi_open(&bad, efi.image, &fake_efi.system), PLINTH_EINVAL);
	fake_efi.services.header.signature ^= 1U;
	fake_efi.system.header.header_size = 100;
	assert_int_equal(efi_open(&bad, efi.image, &fake_efi.system), PLINTH_EINVAL);
	fake_efi.system.header.header_size = sizeof(fake_efi.system);
	fake_efi.system.header.signature = 0;
	assert_int_equal(efi_open(&bad, efi.image, &fake_efi.system), PLINTH_EINVAL);
}

static void long_lines_are_whole(void **state)
{
	char text[200];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1U] = '\0';
	efi_print(&efi, "%s %u", text, 17U);
	assert_int_equal(strlen(fake_efi.console), strlen("plinth: ") + strlen(text) + 5U);
	assert_true(fake_efi_printed("xxx 17\r\n"));
	fake_efi.system.con_out = NULL;
	efi_print(&efi, "to nowhere");
}

static void tables_by_guid(void **state)
{
	(void)state;
	assert_null(efi_find_table(&efi, &efi_guid_acpi20));
	fake_efi.table[0] = (struct efi_configuration_table){efi_guid_devicetree, &bytes[0]};
	fake_efi.table[1] = (struct efi_configuration_table){efi_guid_acpi20, &bytes[1]};
	fake_efi.system.table_count = 1;
	assert_null(efi_find_table(&efi, &efi_guid_acpi20));
	fake_efi.system.table_count = 2;
	assert_ptr_equal(efi_find_table(&efi, &efi_guid_acpi20), &bytes[1]);
	assert_ptr_equal(efi_find_table(&efi, &efi_guid_devicetree), &bytes[0]);
	fake_efi.system.table = NULL;
	assert_null(efi_find_table(&efi, &efi_guid_acpi20));
}

static void allocations_are_aligned_and_without_slack(void **state)
{
	uint64_t base = 0;

	(void)state;
	for (fake_efi.page_skew = 0; fake_efi.page_skew < 512U; fake_efi.page_skew += 73U) {
		fake_efi.pages = 0;
		assert_int_equal(efi_alloc(&efi, EFI_LOADER_DATA, 5000, MIB2, &base), PLINTH_OK);
		assert_true(is_aligned(base, MIB2));
		assert_int_equal(fake_efi.pages, 2);
		efi_free(&efi, base, 5000);
		assert_int_equal(fake_efi.pages, 0);
	}
	assert_int_equal(efi_alloc(&efi, EFI_LOADER_DATA, 4096, EFI_PAGE_SIZE, &base), PLINTH_OK);
	assert_int_equal(fake_efi.pages, 1);
	fake_efi.no_memory = true;
	assert_int_equal(efi_alloc(&efi, EFI_LOADER_DATA, 1, MIB2, &base), PLINTH_ENOMEM);
}

static void give_file(const char *name)
{
	fake_efi.file_name = name;
	fake_efi.file = bytes;
	fake_efi.file_size = sizeof(bytes);
}

static void assert_bundle(void)
{
	assert_true(bundle.size == sizeof(bytes));
	assert_true(is_aligned(bundle.base, MIB2));
	assert_memory_equal((void *)(uintptr_t)bundle.base, bytes, sizeof(bytes));
}

static void bundle_beside_us(void **state)
{
	(void)state;
	give_file("\\plinth\\bundle.cpio");
	fake_efi.read_max = 999; /* in pieces */
	assert_int_equal(efi_load_bundle(&efi, "", &bundle), PLINTH_OK);
	assert_bundle();
}

static void bundle_by_name(void **state)
{
	(void)state;
	give_file("\\other.cpio");
	assert_int_equal(efi_load_bundle(&efi, "", &bundle), PLINTH_ENOENT);
	assert_int_equal(efi_load_bundle(&efi, "\\other.cpio", &bundle), PLINTH_OK);
	assert_bundle();
	assert_int_equal(efi_load_bundle(&efi, "\\missing", &bundle), PLINTH_EINVAL);
	assert_true(fake_efi_printed("plinth: \\missing: no such file"));
}

static void bundle_by_load_file2(void **state)
{
	(void)state;
	give_file("\\plinth\\bundle.cpio");
	fake_efi.file_size = 1; /* not this one */
	fake_efi.initrd = bytes;
	fake_efi.initrd_size = fake_efi.initrd_size_then = sizeof(bytes);
	assert_int_equal(efi_load_bundle(&efi, "", &bundle), PLINTH_OK);
	assert_bundle();
}

static void no_bundle(void **state)
{
	(void)state;
	assert_int_equal(efi_load_bundle(&efi, "", &bundle), PLINTH_ENOENT);
	assert_string_equal(fake_efi.console, "");
}

static void assert_refused(enum plinth_status status, const char *text)
{
	fake_efi.pages = 0;
	fake_efi.console[0] = '\0';
	assert_int_equal(efi_load_bundle(&efi, "", &bundle), status);
	assert_true(fake_efi_printed(text));
	assert_true(bundle.size == 0U);
	assert_int_equal(fake_efi.pages, 0);
}

static void files_that_are_no_bundle(void **state)
{
	(void)state;
	give_file("\\plinth\\bundle.cpio");
	fake_efi.is_folder = true;
	assert_refused(PLINTH_EINVAL, "not a file that can be a bundle");
	fake_efi.is_folder = false;
	fake_efi.file_size = 0;
	assert_refused(PLINTH_EINVAL, "not a file that can be a bundle");
	fake_efi.file_size = EFI_BUNDLE_SIZE_MAX + 1U;
	assert_refused(PLINTH_EINVAL, "not a file that can be a bundle");
	fake_efi.file_size = sizeof(bytes);
	fake_efi.no_memory = true;
	assert_refused(PLINTH_ENOMEM, "no memory for its 9 KiB");
	fake_efi.no_memory = false;
	fake_efi.read_status = EFI_DEVICE_ERROR;
	assert_refused(PLINTH_EINVAL, "cannot be read");
	fake_efi.read_status = EFI_SUCCESS;
	fake_efi.read_max = 0; /* reads of nothing must not go on for ever */
	assert_refused(PLINTH_EINVAL, "cannot be read");
}

static void initrds_that_are_no_bundle(void **state)
{
	(void)state;
	fake_efi.initrd = bytes;
	fake_efi.initrd_size = 0;
	assert_refused(PLINTH_EINVAL, "initrd: not one that can be a bundle");
	fake_efi.initrd_size = EFI_BUNDLE_SIZE_MAX + 1U;
	assert_refused(PLINTH_EINVAL, "initrd: not one that can be a bundle");
	fake_efi.initrd_size = sizeof(bytes);
	fake_efi.initrd_size_then = sizeof(bytes) - 1U;
	assert_refused(PLINTH_EINVAL, "initrd: cannot be read");
	fake_efi.no_memory = true;
	assert_refused(PLINTH_ENOMEM, "initrd: no memory");
}

static void random_bytes(void **state)
{
	uint8_t out[3] = {0};

	(void)state;
	assert_false(efi_random(&efi, out, sizeof(out)));
	fake_efi.has_rng = true;
	assert_true(efi_random(&efi, out, sizeof(out)));
	assert_int_equal(out[2], 0x5a);
	fake_efi.rng_status = EFI_DEVICE_ERROR;
	assert_false(efi_random(&efi, out, sizeof(out)));
}

static void boot_services_end_when_the_map_keeps_still(void **state)
{
	struct efi_memory_map map;

	(void)state;
	assert_int_equal(efi_get_memory_map(&efi, &map), PLINTH_OK);
	fake_efi.map_changes = 3;
	assert_int_equal(efi_exit_boot_services(&efi, &map), PLINTH_OK);
	assert_int_equal(fake_efi.exits, 4);
	assert_int_equal(map.size, 4U * fake_efi.descriptor_size); /* the last map, not the first */
	assert_true(fake_efi.boot_services_over);
	(void)efi.services->free_pool(map.map);
}

static void a_firmware_that_never_lets_go(void **state)
{
	struct efi_memory_map map;

	(void)state;
	assert_int_equal(efi_get_memory_map(&efi, &map), PLINTH_OK);
	fake_efi.map_changes = 1000000;
	assert_int_equal(efi_exit_boot_services(&efi, &map), PLINTH_EINVAL);
	assert_true(fake_efi.exits < 100U);
	(void)efi.services->free_pool(map.map);
}

static void maps_that_make_no_sense(void **state)
{
	struct efi_memory_map map;

	(void)state;
	fake_efi.descriptor_size = 39;
	assert_int_equal(efi_get_memory_map(&efi, &map), PLINTH_EINVAL);
	fake_efi.descriptor_size = EFI_PAGE_SIZE + 1U;
	assert_int_equal(efi_get_memory_map(&efi, &map), PLINTH_EINVAL);
	fake_efi.descriptor_size = 40;
	assert_int_equal(efi_get_memory_map(&efi, &map), PLINTH_OK);
	(void)efi.services->free_pool(map.map);
	assert_int_equal(fake_efi.pools, 0);
	fake_efi.no_memory = true;
	assert_int_equal(efi_get_memory_map(&efi, &map), PLINTH_ENOMEM);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, nothing_left_open)
	static const struct CMUnitTest tests[] = {
		TEST(what_is_no_system_table_is_refused),
		TEST(long_lines_are_whole),
		TEST(tables_by_guid),
		TEST(allocations_are_aligned_and_without_slack),
		TEST(bundle_beside_us),
		TEST(bundle_by_name),
		TEST(bundle_by_load_file2),
		TEST(no_bundle),
		TEST(files_that_are_no_bundle),
		TEST(initrds_that_are_no_bundle),
		TEST(random_bytes),
		TEST(boot_services_end_when_the_map_keeps_still),
		TEST(a_firmware_that_never_lets_go),
		TEST(maps_that_make_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
