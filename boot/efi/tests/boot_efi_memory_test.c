/* SPDX-License-Identifier: Apache-2.0 */
/* From UEFI's memory map to ranges of RAM. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "efi/efi.h"

#define PAGES(n) ((uint64_t)(n)*EFI_PAGE_SIZE)

static struct machine machine;
static struct efi_memory_descriptor map[200];

static enum plinth_status describe(uint32_t count)
{
	const struct efi_memory_map whole = {
		.map = map,
		.size = count * sizeof(map[0]),
		.descriptor_size = sizeof(map[0]),
	};

	return efi_describe_memory(&whole, &machine);
}

static struct efi_memory_descriptor pages(
	enum efi_memory_type type, uint64_t first, uint64_t count, uint64_t attribute)
{
	return (struct efi_memory_descriptor){.type = (uint32_t)type,
		.physical_start = PAGES(first),
		.page_count = count,
		.attribute = attribute};
}

static void assert_range(const struct boot_range *range, uint64_t first, uint64_t count)
{
	assert_true(range->base == PAGES(first));
	assert_true(range->size == PAGES(count));
}

static int setup(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof(machine));
	return 0;
}

/* Each type alone: is it free RAM, RAM that is not ours, or no RAM? */
static void every_type(void **state)
{
	static const char kind[] = {
		[EFI_RESERVED_MEMORY] = 'r',
		[EFI_LOADER_CODE] = 'f',
		[EFI_LOADER_DATA] = 'f',
		[EFI_BOOT_SERVICES_CODE] = 'f',
		[EFI_BOOT_SERVICES_DATA] = 'f',
		[EFI_RUNTIME_SERVICES_CODE] = 'r',
		[EFI_RUNTIME_SERVICES_DATA] = 'r',
		[EFI_CONVENTIONAL_MEMORY] = 'f',
		[EFI_UNUSABLE_MEMORY] = '-',
		[EFI_ACPI_RECLAIM_MEMORY] = 'f',
		[EFI_ACPI_MEMORY_NVS] = 'r',
		[EFI_MEMORY_MAPPED_IO] = '-',
		[EFI_MEMORY_MAPPED_IO_PORT_SPACE] = '-',
		[EFI_PAL_CODE] = 'r',
		[EFI_PERSISTENT_MEMORY] = '-',
		[EFI_UNACCEPTED_MEMORY] = '-',
		[EFI_UNACCEPTED_MEMORY + 1] = '-',
	};

	(void)state;
	for (uint32_t type = 0; type < sizeof(kind); type++) {
		memset(&machine, 0, sizeof(machine));
		map[0] = pages((enum efi_memory_type)type, 16, 4, EFI_MEMORY_WB);
		assert_int_equal(describe(1), kind[type] == '-' ? PLINTH_EINVAL : PLINTH_OK);
		assert_int_equal(machine.ram_count, kind[type] == '-' ? 0 : 1);
		assert_int_equal(machine.reserved_count, kind[type] == 'r' ? 1 : 0);
	}
	map[0] = pages((enum efi_memory_type)0x80000000U, 16, 4, EFI_MEMORY_WB); /* a vendor's */
	assert_int_equal(describe(1), PLINTH_EINVAL);
}

static void attributes(void **state)
{
	(void)state;
	map[0] = pages(EFI_CONVENTIONAL_MEMORY, 1, 1, 0);
	map[1] = pages(EFI_CONVENTIONAL_MEMORY, 2, 1, EFI_MEMORY_WB | EFI_MEMORY_SP);
	map[2] = pages(EFI_RUNTIME_SERVICES_DATA, 3, 1, EFI_MEMORY_RUNTIME);
	map[3] = pages(EFI_CONVENTIONAL_MEMORY, 9, 1, EFI_MEMORY_WB);
	assert_int_equal(describe(4), PLINTH_OK);
	assert_int_equal(machine.ram_count, 1);
	assert_range(&machine.ram[0], 9, 1);
	assert_int_equal(machine.reserved_count, 0);
}

static void neighbours_are_one_range(void **state)
{
	(void)state;
	map[0] = pages(EFI_LOADER_DATA, 20, 5, EFI_MEMORY_WB);
	map[1] = pages(EFI_RUNTIME_SERVICES_CODE, 25, 5, EFI_MEMORY_WB);
	map[2] = pages(EFI_RUNTIME_SERVICES_DATA, 30, 2, EFI_MEMORY_WB);
	map[3] = pages(EFI_CONVENTIONAL_MEMORY, 10, 10, EFI_MEMORY_WB); /* in any order */
	map[4] = pages(EFI_CONVENTIONAL_MEMORY, 100, 1, EFI_MEMORY_WB);
	assert_int_equal(describe(5), PLINTH_OK);
	assert_int_equal(machine.ram_count, 2);
	assert_range(&machine.ram[0], 10, 22);
	assert_range(&machine.ram[1], 100, 1);
	assert_int_equal(machine.reserved_count, 1);
	assert_range(&machine.reserved[0], 25, 7);
}

static void reservations_of_a_devicetree_stay(void **state)
{
	(void)state;
	machine.reserved[0] = (struct boot_range){PAGES(500), PAGES(1)};
	machine.reserved_count = 1;
	machine.ram_count = 7; /* a devicetree's idea of RAM does not */
	map[0] = pages(EFI_ACPI_MEMORY_NVS, 3, 1, EFI_MEMORY_WB);
	assert_int_equal(describe(1), PLINTH_OK);
	assert_int_equal(machine.ram_count, 1);
	assert_int_equal(machine.reserved_count, 2);
	assert_range(&machine.reserved[0], 500, 1);
	assert_range(&machine.reserved[1], 3, 1);
}

static void unsound_descriptors_are_left_out(void **state)
{
	(void)state;
	map[0] = pages(EFI_CONVENTIONAL_MEMORY, 1, 0, EFI_MEMORY_WB);
	map[1] = pages(EFI_CONVENTIONAL_MEMORY, 1, UINT64_MAX / 2U, EFI_MEMORY_WB);
	map[2] = pages(EFI_CONVENTIONAL_MEMORY, 1, 1, EFI_MEMORY_WB);
	map[2].physical_start += 8U;
	map[3] = pages(EFI_CONVENTIONAL_MEMORY, 0, 2, EFI_MEMORY_WB);
	map[3].physical_start = UINT64_MAX - EFI_PAGE_SIZE + 1U;
	assert_int_equal(describe(4), PLINTH_EINVAL);
	assert_int_equal(machine.ram_count, 0);
}

/* More ranges than there is room for: counted, and what is reserved never becomes RAM. */
static void no_room(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 150U; i++) {
		map[i] = pages(i % 2U == 0U ? EFI_CONVENTIONAL_MEMORY : EFI_RESERVED_MEMORY, 4U * i,
			1, EFI_MEMORY_WB);
	}
	machine.reserved_count = MACHINE_RESERVED_MAX - 3U;
	assert_int_equal(describe(150), PLINTH_OK);
	assert_int_equal(machine.ram_count, MACHINE_RAM_MAX);
	assert_int_equal(machine.reserved_count, MACHINE_RESERVED_MAX);
	assert_int_equal(machine.ram_ignored, 150U - MACHINE_RAM_MAX);
	for (uint32_t i = 0; i < machine.ram_count; i++) {
		bool reserved = machine.ram[i].base / PAGES(4) % 2U != 0U;

		assert_true(!reserved || machine.ram[i].base <= PAGES(4U * 5U));
	}
}

/* A firmware's descriptors may be longer than ours; the last one may be cut. */
static void the_firmware_tells_the_step(void **state)
{
	uint64_t bytes[3U * 7U] = {0};
	struct efi_memory_map whole = {
		.map = bytes, .size = sizeof(bytes) - 24U, .descriptor_size = 56};

	(void)state;
	for (uint32_t i = 0; i < 3U; i++) {
		map[0] = pages(EFI_CONVENTIONAL_MEMORY, 10U * (i + 1U), 1, EFI_MEMORY_WB);
		memcpy(&bytes[7U * i], &map[0], sizeof(map[0]));
	}
	assert_int_equal(efi_describe_memory(&whole, &machine), PLINTH_OK);
	assert_int_equal(machine.ram_count, 2); /* the third lacks its end */
	assert_range(&machine.ram[1], 20, 1);
	whole.descriptor_size = 39;
	assert_int_equal(efi_describe_memory(&whole, &machine), PLINTH_EINVAL);
	whole.descriptor_size = UINT64_MAX - 8U;
	assert_int_equal(efi_describe_memory(&whole, &machine), PLINTH_OK);
	assert_int_equal(machine.ram_count, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_type, setup),
		cmocka_unit_test_setup(attributes, setup),
		cmocka_unit_test_setup(neighbours_are_one_range, setup),
		cmocka_unit_test_setup(reservations_of_a_devicetree_stay, setup),
		cmocka_unit_test_setup(unsound_descriptors_are_left_out, setup),
		cmocka_unit_test_setup(no_room, setup),
		cmocka_unit_test_setup(the_firmware_tells_the_step, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
