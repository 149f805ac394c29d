/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fake_platform.h"
#include "fw/device_path.h"
#include "fw/guid.h"
#include "fw/handles.h"
#include "fw/image.h"
#include "fw/memory.h"
#include "runtime/runtime.h"
#include "uefi/protocols.h"

#define FILE_SIZE  0x600U
#define IMAGE_SIZE 0x3000U
#define OPTIONAL   0x58U
#define SECTIONS   (OPTIONAL + 0xa0U)

static const struct efi_guid loaded_guid = EFI_LOADED_IMAGE_GUID;
static const struct efi_guid own_guid = EFI_GUID(1, 2, 3, 4);
static const struct efi_guid load_file2_guid = EFI_LOAD_FILE2_GUID;
static const struct efi_guid path_guid = EFI_DEVICE_PATH_GUID;

static uint8_t file[FILE_SIZE];
static struct efi_system_table table;
static efi_handle_t firmware;
static efi_handle_t running;
static uint64_t free_before;
static int interface;

static void put16(uint32_t at, uint16_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

static void put32(uint32_t at, uint32_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

static void put_section(uint32_t number, uint32_t memory, uint32_t in_file, uint32_t flags)
{
	uint32_t at = SECTIONS + number * 40U;

	put32(at + 8, 0x100);
	put32(at + 12, memory);
	put32(at + 16, 0x200);
	put32(at + 20, in_file);
	put32(at + 36, flags);
}

static int setup(void **state)
{
	(void)state;
	fake_platform_init();
	assert_int_equal(fw_images_init(&table, &firmware), EFI_SUCCESS);
	memset(file, 0, sizeof(file));
	put16(0, 0x5a4d);
	put32(0x3c, 0x40);
	put32(0x40, 0x4550);
	put16(0x44, 0xaa64);
	put16(0x46, 2);
	put16(0x54, SECTIONS - OPTIONAL);
	put16(OPTIONAL, 0x20b);
	put32(OPTIONAL + 16, 0x1010);
	put32(OPTIONAL + 32, 0x1000);
	put32(OPTIONAL + 56, IMAGE_SIZE);
	put32(OPTIONAL + 60, 0x200);
	put16(OPTIONAL + 68, 10);
	put16(OPTIONAL + 70, 0x100); /* NX_COMPAT */
	put_section(0, 0x1000, 0x200, 0x60000020);
	put_section(1, 0x2000, 0x400, 0xc0000040);
	/* What the pool keeps for itself is there from the first image on. */
	efi_handle_t image = NULL;
	assert_int_equal(fw_load_image(0, firmware, NULL, file, FILE_SIZE, &image), EFI_SUCCESS);
	assert_int_equal(fw_unload_image(image), EFI_SUCCESS);
	free_before = fake_free_memory();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_platform_fini();
	return 0;
}

static efi_handle_t load(void)
{
	efi_handle_t image = NULL;

	assert_int_equal(fw_load_image(0, firmware, NULL, file, FILE_SIZE, &image), EFI_SUCCESS);
	return image;
}

static enum fw_access access_at(uint64_t address)
{
	enum fw_access access;

	assert_true(platform_access(address, &access));
	return access;
}

static void test_sections_are_mapped_as_they_say(void **state)
{
	efi_handle_t image = load();
	struct efi_loaded_image *loaded = fw_interface(image, &loaded_guid);
	uint64_t base = (uintptr_t)loaded->image_base;

	(void)state;
	assert_int_equal(access_at(base), FW_ACCESS_RO);
	assert_int_equal(access_at(base + 0x1000U), FW_ACCESS_RX);
	assert_int_equal(access_at(base + 0x2000U), FW_ACCESS_RW);
	assert_int_equal(fw_unload_image(image), EFI_SUCCESS);
	assert_int_equal(access_at(base + 0x1000U), FW_ACCESS_RW);
	assert_true(fake_free_memory() == free_before);
	put16(OPTIONAL + 70, 0); /* no promise to keep to them */
	image = load();
	loaded = fw_interface(image, &loaded_guid);
	base = (uintptr_t)loaded->image_base;
	assert_int_equal(access_at(base + 0x1000U), FW_ACCESS_RWX);
	assert_int_equal(access_at(base + 0x2000U), FW_ACCESS_RWX);
}

static efi_status_t return_status(efi_handle_t image, void *system)
{
	running = image;
	assert_ptr_equal(system, &table);
	return EFI_ABORTED;
}

static void test_an_application_that_returns_is_gone(void **state)
{
	efi_handle_t image = load();
	struct efi_loaded_image *loaded = fw_interface(image, &loaded_guid);
	uint64_t base = (uintptr_t)loaded->image_base;

	(void)state;
	fake.entry = return_status;
	assert_int_equal(fw_start_image(image, NULL, NULL), EFI_ABORTED);
	assert_ptr_equal(running, image);
	assert_true(fake.entered == base + 0x1010U);
	assert_int_equal(fw_start_image(image, NULL, NULL), EFI_INVALID_PARAMETER);
	assert_true(fake_free_memory() == free_before);
}

static efi_status_t leave_by_exit(efi_handle_t image, void *system)
{
	void *found;

	(void)system;
	/* An opening that nobody closes ends with the image. */
	assert_int_equal(fw_open_protocol(firmware, &loaded_guid, &found, image, NULL,
				 EFI_OPEN_GET_PROTOCOL),
		EFI_SUCCESS);
	assert_int_equal(fw_exit(firmware, 0, 0, NULL), EFI_INVALID_PARAMETER);
	(void)fw_exit(image, EFI_NOT_READY, 6, (efi_char_t *)(uintptr_t)u"no");
	fail_msg("it came back");
	return EFI_SUCCESS;
}

static void test_exit_and_its_data(void **state)
{
	efi_char_t *data = NULL;
	struct efi_open_entry *entries;
	uint64_t count;
	uint64_t size = 0;

	(void)state;
	fake.entry = leave_by_exit;
	assert_int_equal(fw_start_image(load(), &size, &data), EFI_NOT_READY);
	assert_true(size == 6U && data[0] == 'n');
	assert_int_equal(fw_open_protocol_information(firmware, &loaded_guid, &entries, &count),
		EFI_SUCCESS);
	assert_true(count == 0U);
}

static uint32_t depth;

static efi_status_t nest(efi_handle_t image, void *system)
{
	(void)system;
	depth++;
	if (depth < 3U) {
		assert_int_equal(fw_start_image(load(), NULL, NULL), EFI_ERROR(40U + depth));
	}
	(void)fw_exit(image, EFI_ERROR(40U + --depth), 0, NULL);
	return EFI_SUCCESS;
}

static void test_images_start_images(void **state)
{
	(void)state;
	fake.entry = nest;
	assert_int_equal(fw_start_image(load(), NULL, NULL), EFI_ERROR(40));
	assert_true(fake_free_memory() == free_before);
}

static efi_status_t stay(efi_handle_t image, void *system)
{
	(void)system;
	assert_int_equal(
		fw_install_protocol_interface(&image, &own_guid, 0, &interface), EFI_SUCCESS);
	return EFI_SUCCESS;
}

static uint32_t unloads;

static efi_status_t unload(efi_handle_t image)
{
	unloads++;
	return fw_uninstall_protocol_interface(image, &own_guid, &interface);
}

/* A driver stays where it returns EFI_SUCCESS, until it lets itself be unloaded. */
static void test_drivers_stay(void **state)
{
	struct efi_loaded_image *loaded;
	efi_handle_t image;

	(void)state;
	put16(OPTIONAL + 68, 11);
	fake.entry = stay;
	image = load();
	assert_int_equal(fw_start_image(image, NULL, NULL), EFI_SUCCESS);
	loaded = fw_interface(image, &loaded_guid);
	assert_non_null(loaded);
	assert_int_equal(loaded->image_code_type, EFI_BOOT_SERVICES_CODE);
	assert_int_equal(fw_unload_image(image), EFI_UNSUPPORTED);
	loaded->unload = unload;
	assert_int_equal(fw_unload_image(image), EFI_SUCCESS);
	assert_int_equal(unloads, 1);
	assert_false(fw_is_handle(image));
	assert_true(fake_free_memory() == free_before);
}

static const struct {
	struct fw_path_vendor vendor;
	struct efi_device_path end;
} __attribute__((packed)) path = {
	.vendor = {FW_PATH_NODE(FW_PATH_MEDIA, FW_MEDIA_VENDOR, sizeof(struct fw_path_vendor)),
		EFI_GUID(9, 9, 9, 9)},
	.end = FW_PATH_END_NODE,
};

static uint64_t told_size = FILE_SIZE;

static efi_status_t load_file(struct efi_load_file *self, struct efi_device_path *rest,
	efi_bool_t boot_policy, uint64_t *size, void *buffer)
{
	(void)self;
	(void)rest;
	assert_int_equal(boot_policy, 0);
	if (buffer == NULL) {
		*size = told_size;
		return EFI_BUFFER_TOO_SMALL;
	}
	memcpy(buffer, file, FILE_SIZE);
	return EFI_SUCCESS;
}

static void test_by_load_file2(void **state)
{
	static struct efi_load_file loader = {.load_file = load_file};
	struct efi_device_path *from = (struct efi_device_path *)(uintptr_t)&path;
	struct efi_loaded_image *loaded;
	efi_handle_t device = NULL;
	efi_handle_t image = NULL;

	(void)state;
	assert_int_equal(fw_load_image(0, firmware, from, NULL, 0, &image), EFI_NOT_FOUND);
	assert_int_equal(
		fw_install_multiple(&device, &path_guid, from, &load_file2_guid, &loader, NULL),
		EFI_SUCCESS);
	assert_int_equal(fw_load_image(0, firmware, from, NULL, 0, &image), EFI_SUCCESS);
	loaded = fw_interface(image, &loaded_guid);
	assert_ptr_equal(loaded->device_handle, device);
	assert_int_equal(fw_unload_image(image), EFI_SUCCESS);
	told_size = UINT64_MAX; /* no file is that large */
	assert_int_equal(fw_load_image(0, firmware, from, NULL, 0, &image), EFI_LOAD_ERROR);
}

/* Fails the n-th change of permissions, for each n: nothing is left behind. */
static void test_failures_leave_nothing_behind(void **state)
{
	efi_handle_t image = NULL;
	efi_status_t status;
	uint64_t n = 0;

	(void)state;
	do {
		fake.protect_fails_at = ++n;
		status = fw_load_image(0, firmware, NULL, file, FILE_SIZE, &image);
		if (status != EFI_SUCCESS) {
			assert_null(image);
			fake.protect_fails_at = 0;
			assert_true(fake_free_memory() == free_before);
		}
	} while (status != EFI_SUCCESS);
	assert_true(n >= 4U);
}

#define FIXED 0x2008U /* in the data, by the only relocation */

/* The text's slot becomes a table of one relocation, at 0x1000. */
static void make_runtime_driver(void)
{
	put16(OPTIONAL + 68, 12);
	put32(OPTIONAL + 108, 6);
	put32(OPTIONAL + 112 + 5 * 8, 0x1000);
	put32(OPTIONAL + 112 + 5 * 8 + 4, 0x0c);
	put32(0x200, 0x2000);
	put32(0x204, 0x0c);
	put16(0x208, 10U << 12 | (FIXED & 0xfffU));
	put16(0x20a, 0);
	put32(0x400 + (FIXED & 0xfffU), 0x2000);
}

/* What SetVirtualAddressMap is going to need, from LoadImage to UnloadImage. */
static void test_runtime_drivers_are_noted(void **state)
{
	const struct fw_runtime_image *noted;
	const struct efi_loaded_image *loaded;
	efi_handle_t first;
	efi_handle_t second;
	uint64_t base;
	uint32_t type = 0;

	(void)state;
	assert_null(fw_runtime_images()); /* applications are none */
	make_runtime_driver();
	first = load();
	second = load();
	noted = fw_runtime_images();
	loaded = fw_interface(second, &loaded_guid);
	base = (uintptr_t)loaded->image_base;
	assert_true(noted->base == base && noted->fixup_count == 1U);
	assert_true(noted->fixup[0].offset == FIXED && noted->fixup[0].value == base + 0x2000U);
	assert_true(fw_memory_type((uintptr_t)noted, &type));
	assert_int_equal(type, EFI_RUNTIME_SERVICES_DATA);
	assert_non_null(noted->next);
	assert_null(noted->next->next);
	assert_int_equal(fw_unload_image(first), EFI_SUCCESS);
	assert_ptr_equal(fw_runtime_images(), noted);
	assert_null(noted->next);
	assert_int_equal(fw_unload_image(second), EFI_SUCCESS);
	assert_null(fw_runtime_images());
}

static void test_runtime_drivers_that_cannot_be_noted(void **state)
{
	efi_handle_t image = NULL;

	(void)state;
	make_runtime_driver();
	put16(0x208, 3U << 12); /* of another kind */
	assert_int_equal(fw_load_image(0, firmware, NULL, file, FILE_SIZE, &image), EFI_LOAD_ERROR);
	assert_null(fw_runtime_images());
	make_runtime_driver();
	fake.protect_fails_at = 2; /* the image, then its record */
	assert_int_equal(
		fw_load_image(0, firmware, NULL, file, FILE_SIZE, &image), EFI_OUT_OF_RESOURCES);
	fake.protect_fails_at = 0;
	assert_null(fw_runtime_images());
	assert_true(fake_free_memory() == free_before);
}

static void test_load_options_are_copied(void **state)
{
	efi_handle_t image = load();
	struct efi_loaded_image *loaded = fw_interface(image, &loaded_guid);
	char options[] = "abc";

	(void)state;
	assert_int_equal(fw_set_load_options(image, options, sizeof(options)), EFI_SUCCESS);
	options[0] = 'x';
	assert_string_equal((const char *)loaded->load_options, "abc");
	assert_int_equal(fw_set_load_options(image, options, 2), EFI_SUCCESS);
	assert_int_equal(loaded->load_options_size, 2);
	assert_int_equal(fw_set_load_options(firmware, options, 2), EFI_INVALID_PARAMETER);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_sections_are_mapped_as_they_say),
		TEST(test_an_application_that_returns_is_gone),
		TEST(test_exit_and_its_data),
		TEST(test_images_start_images),
		TEST(test_drivers_stay),
		TEST(test_by_load_file2),
		TEST(test_failures_leave_nothing_behind),
		TEST(test_runtime_drivers_are_noted),
		TEST(test_runtime_drivers_that_cannot_be_noted),
		TEST(test_load_options_are_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
