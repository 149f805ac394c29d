/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fake_platform.h"
#include "fw/device_path.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/memory.h"

static const struct efi_guid path_guid = EFI_DEVICE_PATH_GUID;
static const struct efi_guid guid = EFI_GUID(1, 2, 3, 4);

static const struct two {
	struct fw_path_memory memory;
	struct fw_path_hard_drive drive;
	struct efi_device_path end;
} __attribute__((packed)) partition = {
	.memory = {FW_PATH_NODE(
			   FW_PATH_HARDWARE, FW_HARDWARE_MEMORY, sizeof(struct fw_path_memory)),
		EFI_PERSISTENT_MEMORY, 0x100000000, 0x1ffffffff},
	.drive = {FW_PATH_NODE(
			  FW_PATH_MEDIA, FW_MEDIA_HARD_DRIVE, sizeof(struct fw_path_hard_drive)),
		1, 2048, 4096, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 2, 2},
	.end = FW_PATH_END_NODE,
};

static const struct efi_device_path end = FW_PATH_END_NODE;

static int setup(void **state)
{
	(void)state;
	fake_platform_init();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_platform_fini();
	return 0;
}

static const struct efi_device_path *path(void)
{
	return (const struct efi_device_path *)(const void *)&partition;
}

static void test_sizes_and_joins(void **state)
{
	struct efi_device_path *disk = fw_path_join(NULL, &partition.memory.head, NULL);
	struct efi_device_path *file = fw_path_of_file(path(), u"\\A");

	(void)state;
	assert_true(fw_path_size(path()) == sizeof(partition));
	assert_true(fw_path_size(&end) == 4U);
	assert_true(fw_path_size(disk) == sizeof(struct fw_path_memory) + 4U);
	assert_true(fw_path_begins(path(), disk));
	assert_true(fw_path_begins(path(), &end));
	assert_false(fw_path_begins(disk, path()));
	assert_true(fw_path_begins(file, path()));
	assert_true(fw_path_size(file) == sizeof(partition) + 4U + 6U);
	assert_null(fw_path_copy(NULL));
}

static void test_text(void **state)
{
	struct efi_device_path *file = fw_path_of_file(path(), u"\\EFI\\x");
	static const char text[] =
		"MemoryMapped(0xe,0x100000000,0x1ffffffff)/"
		"HD(1,GPT,04030201-0605-0807-090A-0B0C0D0E0F10,0x800,0x1000)/\\EFI\\x";
	char out[200];

	(void)state;
	assert_true(fw_path_to_text(file, out, sizeof(out)) == sizeof(text) - 1U);
	assert_string_equal(out, text);
	assert_true(fw_path_to_text(file, out, 10) == sizeof(text) - 1U);
	assert_string_equal(out, "MemoryMap");
	assert_true(fw_path_to_text(&end, out, sizeof(out)) == 0U);
	assert_string_equal(out, "");
}

/* Whatever the lengths say. */
static void test_paths_from_outside(void **state)
{
	static const struct {
		uint8_t bytes[12];
		uint64_t size;
		bool sound;
	} cases[] = {
		{{0x7f, 0xff, 4, 0}, 4, true},
		{{0x7f, 0xff, 4, 0}, 3, false},
		{{0x7f, 0xff, 5, 0}, 12, false},
		{{1, 1, 8, 0, 0, 0, 0, 0, 0x7f, 0xff, 4, 0}, 12, true},
		{{1, 1, 8, 0, 0, 0, 0, 0, 0x7f, 0xff, 4, 0}, 11, false},
		{{1, 1, 0, 0, 0x7f, 0xff, 4, 0}, 12, false},
		{{1, 1, 0xff, 0xff}, 12, false},
		{{1, 1, 12, 0}, 12, false},
		{{0}, 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t *exact = malloc(cases[i].size > 0U ? cases[i].size : 1U);

		memcpy(exact, cases[i].bytes, cases[i].size);
		if (fw_path_is_within(exact, cases[i].size) != cases[i].sound) {
			fail_msg("case %zu", i);
		}
		free(exact);
	}
}

static void test_locate_the_nearest_device(void **state)
{
	struct efi_device_path *disk = fw_path_join(NULL, &partition.memory.head, NULL);
	struct efi_device_path *file = fw_path_of_file(path(), u"\\x");
	struct efi_device_path *rest = file;
	efi_handle_t on_disk = NULL;
	efi_handle_t on_partition = NULL;
	efi_handle_t found;
	int interface;

	(void)state;
	assert_int_equal(fw_install_multiple(&on_disk, &path_guid, disk, &guid, &interface, NULL),
		EFI_SUCCESS);
	assert_int_equal(fw_locate_device_path(&guid, &rest, &found), EFI_SUCCESS);
	assert_ptr_equal(found, on_disk);
	assert_int_equal(rest->sub_type, FW_MEDIA_HARD_DRIVE);
	rest = file;
	assert_int_equal(
		fw_install_multiple(&on_partition, &path_guid, path(), &guid, &interface, NULL),
		EFI_SUCCESS);
	assert_int_equal(fw_locate_device_path(&guid, &rest, &found), EFI_SUCCESS);
	assert_ptr_equal(found, on_partition);
	assert_int_equal(rest->sub_type, FW_MEDIA_FILE);
	rest = (struct efi_device_path *)(uintptr_t)&end;
	assert_int_equal(fw_locate_device_path(&guid, &rest, &found), EFI_NOT_FOUND);
	/* The same path on another handle would be another device. */
	found = NULL;
	assert_int_equal(
		fw_install_protocol_interface(&found, &path_guid, 0, (void *)(uintptr_t)path()),
		EFI_ALREADY_STARTED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sizes_and_joins),
		TEST(test_text),
		TEST(test_paths_from_outside),
		TEST(test_locate_the_nearest_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
