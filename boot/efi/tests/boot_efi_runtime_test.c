/* SPDX-License-Identifier: Apache-2.0 */
/* From UEFI's tables to the memory of its runtime services. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "efi/efi.h"

#define PAGES(n)    ((uint64_t)(n)*EFI_PAGE_SIZE)
#define ENTRIES_MAX 80U
#define CODE	    (EFI_MEMORY_RUNTIME | EFI_MEMORY_RO)
#define RODATA	    (EFI_MEMORY_RUNTIME | EFI_MEMORY_RO | EFI_MEMORY_XP)
#define DATA	    (EFI_MEMORY_RUNTIME | EFI_MEMORY_XP)

static struct {
	struct efi_memory_attributes_table head;
	struct efi_memory_descriptor entry[ENTRIES_MAX];
} table;

static struct efi_memory_descriptor map[4];
static struct boot_efi found;

static int setup(void **state)
{
	(void)state;
	memset(&table, 0, sizeof(table));
	memset(map, 0, sizeof(map));
	table.head.version = 1;
	table.head.descriptor_size = sizeof(table.entry[0]);
	return 0;
}

static void add(uint64_t first, uint64_t count, uint64_t attribute)
{
	table.entry[table.head.entry_count++] = (struct efi_memory_descriptor){
		.type = EFI_RUNTIME_SERVICES_CODE,
		.physical_start = PAGES(first),
		.page_count = count,
		.attribute = attribute,
	};
}

static bool describe(void)
{
	const struct efi_memory_map whole = {
		.map = map, .size = sizeof(map), .descriptor_size = sizeof(map[0])};

	memset(&found, 0xee, sizeof(found));
	return efi_describe_runtime(&whole, &table.head, sizeof(table), &found);
}

static void assert_region(unsigned i, uint64_t first, uint64_t count, enum boot_efi_kind kind)
{
	assert_true(found.region[i].base == PAGES(first));
	assert_true(found.region[i].size == PAGES(count));
	assert_int_equal(found.region[i].kind, kind);
}

static void each_kind(void **state)
{
	(void)state;
	add(16, 2, CODE);
	add(18, 1, RODATA);
	add(19, 3, DATA);
	add(22, 1, DATA);
	add(30, 1, DATA);
	map[0] = (struct efi_memory_descriptor){.type = EFI_RUNTIME_SERVICES_CODE,
		.physical_start = PAGES(16),
		.page_count = 7,
		.attribute = EFI_MEMORY_RUNTIME};
	map[1] = (struct efi_memory_descriptor){.type = EFI_MEMORY_MAPPED_IO,
		.physical_start = PAGES(1),
		.page_count = 4,
		.attribute = EFI_MEMORY_RUNTIME};
	map[2] = (struct efi_memory_descriptor){
		.type = EFI_MEMORY_MAPPED_IO, .physical_start = PAGES(8), .page_count = 1};
	assert_true(describe());
	assert_int_equal(found.region_count, 5);
	assert_region(0, 16, 2, BOOT_EFI_CODE);
	assert_region(1, 18, 1, BOOT_EFI_RODATA);
	assert_region(2, 19, 4, BOOT_EFI_DATA);
	assert_region(3, 30, 1, BOOT_EFI_DATA);
	assert_region(4, 1, 4, BOOT_EFI_DEVICE);
	assert_int_equal(found.services, 0);
}

static void assert_refused(void)
{
	assert_false(describe());
	assert_int_equal(found.region_count, 0);
}

static void what_is_not_used(void **state)
{
	assert_refused(); /* no entry */
	add(16, 1, EFI_MEMORY_RUNTIME);
	assert_refused(); /* written and executed */
	(void)setup(state);
	add(16, 0, DATA);
	assert_refused();
	(void)setup(state);
	add(16, UINT64_C(1) << 52, DATA);
	assert_refused();
	(void)setup(state);
	add(16, 1, DATA);
	table.head.descriptor_size = sizeof(table.entry[0]) - 1U;
	assert_refused();
	table.head.descriptor_size = UINT32_MAX;
	assert_true(describe()); /* of the one entry the step does not count */
	table.head.entry_count = 2;
	assert_refused();
	table.head.descriptor_size = sizeof(table.entry[0]);
	table.head.entry_count = ENTRIES_MAX + 1U;
	assert_refused();
	table.head.entry_count = UINT32_MAX;
	assert_refused();
	(void)setup(state);
	for (unsigned i = 0; i < BOOT_EFI_MAX; i++) {
		add(16U + 2U * i, 1, DATA);
	}
	assert_true(describe());
	add(16U + 2U * BOOT_EFI_MAX, 1, DATA);
	assert_refused();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_kind, setup),
		cmocka_unit_test_setup(what_is_not_used, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
