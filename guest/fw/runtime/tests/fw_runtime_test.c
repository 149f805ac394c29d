/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "runtime/runtime.h"

#define MOVES	   UINT64_C(0xffff000000000000)
#define IMAGE_SIZE 256U
#define FIXUPS	   4U

/* Memory of the firmware's, and of one runtime driver each. */
static struct {
	struct fw_runtime runtime;
	efi_char_t vendor[8];
	struct efi_configuration_table table;
} data;
static uint8_t image[2][IMAGE_SIZE];
static uint64_t
	record[2][(sizeof(struct fw_runtime_image) + FIXUPS * sizeof(struct fw_runtime_fixup)) /
		  sizeof(uint64_t)];
static uint64_t converted_by_driver;
static unsigned told;

/* All physical addresses go up by MOVES, but for an image that nobody has mapped. */
static const void *unmapped;

efi_status_t fw_runtime_convert_pointer(uint64_t disposition, void *pointer)
{
	uint64_t address;

	(void)disposition;
	memcpy(&address, pointer, sizeof(address));
	if (unmapped != NULL && address == (uintptr_t)unmapped) {
		return EFI_NOT_FOUND;
	}
	assert_true(address < MOVES); /* nothing is converted twice */
	address += MOVES;
	memcpy(pointer, &address, sizeof(address));
	return EFI_SUCCESS;
}

static struct fw_runtime_image *head_of(unsigned number)
{
	return (struct fw_runtime_image *)(void *)record[number];
}

static uint64_t read64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static void put_fixup(unsigned number, uint64_t offset, uint64_t value)
{
	struct fw_runtime_image *head = head_of(number);

	head->fixup[head->fixup_count++] = (struct fw_runtime_fixup){offset, value};
	memcpy(image[number] + offset, &value, sizeof(value));
}

static int setup(void **state)
{
	(void)state;
	memset(&data, 0, sizeof(data));
	memset(record, 0, sizeof(record));
	memset(image, 0x77, sizeof(image));
	told = 0;
	unmapped = NULL;
	data.runtime.services.header.header_size = sizeof(data.runtime.services);
	data.runtime.system.header.header_size = sizeof(data.runtime.system);
	data.runtime.system.firmware_vendor = data.vendor;
	data.runtime.system.runtime_services = &data.runtime.services;
	data.runtime.system.table = &data.table;
	for (unsigned i = 0; i < 2U; i++) {
		head_of(i)->base = (uintptr_t)image[i];
	}
	head_of(0)->next = head_of(1);
	data.runtime.images = head_of(0);
	return 0;
}

static void test_pointers_of_all_images_move(void **state)
{
	(void)state;
	put_fixup(0, 8, (uintptr_t)image[0] + 100U);
	put_fixup(0, 33, (uintptr_t)image[0]); /* at an odd address */
	put_fixup(1, IMAGE_SIZE - 8U, (uintptr_t)image[1] + 1U);
	fw_runtime_convert(&data.runtime);
	assert_true(read64(image[0] + 8) == (uintptr_t)image[0] + 100U + MOVES);
	assert_true(read64(image[0] + 33) == (uintptr_t)image[0] + MOVES);
	assert_true(read64(image[1] + IMAGE_SIZE - 8U) == (uintptr_t)image[1] + 1U + MOVES);
	assert_int_equal(image[0][7], 0x77);
	assert_int_equal(image[0][16], 0x77);
	assert_int_equal(image[0][41], 0x77);
}

/* As EDK II has it: what is no more as it was loaded is the driver's own business. */
static void test_pointers_that_the_driver_changed_stay(void **state)
{
	uint64_t other = 0x1234;

	(void)state;
	put_fixup(0, 0, (uintptr_t)image[0] + 4U);
	put_fixup(0, 8, (uintptr_t)image[0] + 4U);
	memcpy(image[0], &other, sizeof(other));
	fw_runtime_convert(&data.runtime);
	assert_true(read64(image[0]) == other);
	assert_true(read64(image[0] + 8) == (uintptr_t)image[0] + 4U + MOVES);
}

static void convert_first(efi_event_t event, void *context)
{
	(void)event;
	assert_true(read64(context) < MOVES); /* listeners come before the relocation */
	assert_int_equal(fw_runtime_convert_pointer(0, context), EFI_SUCCESS);
	converted_by_driver = read64(context);
	told++;
}

static void test_listeners_come_first(void **state)
{
	(void)state;
	put_fixup(0, 16, (uintptr_t)image[0] + 40U);
	data.runtime.listener[0] =
		(struct fw_runtime_listener){NULL, convert_first, image[0] + 16U};
	data.runtime.listener_count = 1;
	fw_runtime_convert(&data.runtime);
	assert_int_equal(told, 1);
	assert_true(converted_by_driver == (uintptr_t)image[0] + 40U + MOVES);
	assert_true(read64(image[0] + 16) == converted_by_driver);
}

static void test_an_image_without_a_virtual_address_stays(void **state)
{
	(void)state;
	unmapped = image[0];
	put_fixup(0, 0, (uintptr_t)image[0] + 4U);
	put_fixup(1, 0, (uintptr_t)image[1] + 4U);
	fw_runtime_convert(&data.runtime);
	assert_true(read64(image[0]) == (uintptr_t)image[0] + 4U);
	assert_true(read64(image[1]) == (uintptr_t)image[1] + 4U + MOVES);
}

static uint32_t crc_of(const void *table, uint32_t size, uint32_t crc_offset)
{
	const uint8_t *bytes = table;
	uint32_t crc = UINT32_MAX;

	for (uint32_t i = 0; i < size; i++) {
		bool is_crc = i >= crc_offset && i < crc_offset + 4U;

		crc ^= is_crc ? 0U : bytes[i];
		for (unsigned bit = 0; bit < 8U; bit++) {
			crc = (crc >> 1) ^ ((crc & 1U) != 0U ? 0xedb88320U : 0U);
		}
	}
	return ~crc;
}

static void test_tables_are_converted_and_sealed(void **state)
{
	const struct efi_runtime_services *services = &data.runtime.services;
	const struct efi_system_table *system = &data.runtime.system;
	const uint32_t crc_offset = offsetof(struct efi_table_header, crc32);

	(void)state;
	fw_runtime_convert(&data.runtime);
	assert_true((uintptr_t)system->runtime_services == (uintptr_t)services + MOVES);
	assert_true((uintptr_t)system->firmware_vendor == (uintptr_t)data.vendor + MOVES);
	assert_true((uintptr_t)system->table == (uintptr_t)&data.table + MOVES);
	assert_true((uintptr_t)services->reset_system == MOVES); /* they were null */
	assert_int_equal(services->header.crc32, crc_of(services, sizeof(*services), crc_offset));
	assert_int_equal(system->header.crc32, crc_of(system, sizeof(*system), crc_offset));
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pointers_of_all_images_move),
		TEST(test_pointers_that_the_driver_changed_stay),
		TEST(test_listeners_come_first),
		TEST(test_an_image_without_a_virtual_address_stays),
		TEST(test_tables_are_converted_and_sealed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
