/* SPDX-License-Identifier: Apache-2.0 */
/* From a firmware's configuration tables to struct machine, and out of the boot services. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fake_efi.h"
#include "test_acpi.h"

static struct efi efi;
static struct efi_start start;
static struct test_acpi acpi;
static void *fdt;

static int setup(void **state)
{
	(void)state;
	fake_efi_reset();
	fake_efi_open(&efi);
	test_acpi_load(&acpi, "aavmf-gic3-a57-4.acpi", 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_acpi_free(&acpi);
	fake_efi_end();
	free(fdt);
	fdt = NULL;
	if (start.map.map != NULL) {
		(void)efi.services->free_pool(start.map.map);
	}
	start.map.map = NULL;
	return 0;
}

static void give(const struct efi_guid *guid, void *table)
{
	fake_efi.table[fake_efi.system.table_count++] =
		(struct efi_configuration_table){*guid, table};
}

static void give_fdt(const char *name)
{
	size_t size;

	fdt = test_data_read(name, &size);
	give(&efi_guid_devicetree, fdt);
}

static void collect(enum plinth_status status)
{
	assert_int_equal(efi_collect(&efi, &start), status);
}

static void by_acpi(void **state)
{
	(void)state;
	give(&efi_guid_acpi20, acpi.bytes);
	collect(PLINTH_OK);
	assert_int_equal(start.machine.cpu_count, 4);
	assert_int_equal(start.machine.gic.version, 3);
	assert_int_equal(start.machine.initrd.size, 0);
	assert_int_equal(start.machine.seed_size, 0);
	assert_true(fake_efi_printed("with ACPI: 4 CPUs, GICv3"));
}

/* Where there are both, the devicetree is the machine's. */
static void by_devicetree(void **state)
{
	(void)state;
	give(&efi_guid_acpi20, acpi.bytes);
	give_fdt("virt-gic3-max-8.dtb");
	collect(PLINTH_OK);
	assert_int_equal(start.machine.cpu_count, 8);
	assert_true(fake_efi_printed("with a devicetree: 8 CPUs"));
}

/* What GRUB leaves on an ACPI machine: a tree with /chosen alone; its initrd counts. */
static void by_acpi_with_a_stub(void **state)
{
	static const struct {
		uint32_t header[10];
		uint32_t reserved[4];
		uint32_t tree[23];
		char strings[36];
	} stub = {
		.header = {0xedfe0dd0, 0xb8000000, 0x38000000, 0x94000000, 0x28000000, 0x11000000,
			0x10000000, 0, 0x24000000, 0x5c000000},
		/* root { chosen { linux,initrd-start = <0 0x4000>; linux,initrd-end = <0 0x5000> }
		   } */
		.tree = {0x01000000, 0, 0x01000000, 0x736f6863, 0x00006e65, 0x03000000, 0x08000000,
			0, 0, 0x00400000, 0x03000000, 0x08000000, 0x13000000, 0, 0x00500000,
			0x02000000, 0x02000000, 0x09000000, 0x04000000, 0x04000000, 0x04000000,
			0x04000000, 0x09000000},
		.strings = "linux,initrd-start\0linux,initrd-end",
	};

	(void)state;
	fdt = aligned_alloc(8, sizeof(stub));
	memcpy(fdt, &stub, sizeof(stub));
	give(&efi_guid_devicetree, fdt);
	give(&efi_guid_acpi20, acpi.bytes);
	collect(PLINTH_OK);
	assert_true(fake_efi_printed("with ACPI: 4 CPUs"));
	assert_true(start.machine.initrd.base == 0x4000U);
	assert_true(start.machine.initrd.size == 0x1000U);
	/* No bundle is looked for but the one that is there already. */
	assert_int_equal(efi_find_bundle(&efi, &start), PLINTH_OK);
	assert_true(start.machine.initrd.base == 0x4000U);
}

static void neither(void **state)
{
	(void)state;
	collect(PLINTH_EINVAL);
	assert_true(fake_efi_printed("neither ACPI 2.0 nor a devicetree"));
}

static void tables_outside_of_memory_are_not_read(void **state)
{
	(void)state;
	fake_efi.map[0].physical_start = 0;
	fake_efi.map[0].page_count = 1;
	give(&efi_guid_acpi20, acpi.bytes);
	give_fdt("virt-gic3-max-8.dtb");
	collect(PLINTH_EINVAL);
	assert_true(fake_efi_printed("devicetree: not where the firmware has memory"));
	assert_true(fake_efi_printed("ACPI: "));
}

static void a_broken_devicetree_is_told_and_acpi_taken(void **state)
{
	(void)state;
	give_fdt("virt-gic3-max-8.dtb");
	((uint32_t *)fdt)[2] = 0xffffffff; /* off_dt_struct */
	give(&efi_guid_acpi20, acpi.bytes);
	collect(PLINTH_OK);
	assert_true(fake_efi_printed("plinth: devicetree: "));
	assert_int_equal(start.machine.cpu_count, 4);
}

static void command_line(void **state)
{
	(void)state;
	give(&efi_guid_acpi20, acpi.bytes);
	fake_efi_options("bench bundle=/b.cpio");
	collect(PLINTH_OK);
	assert_string_equal(start.machine.cmdline, "bench");
	assert_string_equal(start.options.bundle, "\\b.cpio");
	assert_int_equal(efi_find_bundle(&efi, &start), PLINTH_EINVAL);
	assert_true(fake_efi_printed("\\b.cpio: no such file"));
}

static void load_options_that_are_no_text(void **state)
{
	static const uint8_t guid[16] = {1, 2, 3};

	(void)state;
	give(&efi_guid_acpi20, acpi.bytes);
	fake_efi.loaded.load_options = (void *)(uintptr_t)guid;
	fake_efi.loaded.load_options_size = sizeof(guid);
	collect(PLINTH_OK);
	assert_true(fake_efi_printed("load options are no text"));
}

static void no_bundle_says_what_to_do(void **state)
{
	(void)state;
	give(&efi_guid_acpi20, acpi.bytes);
	collect(PLINTH_OK);
	assert_int_equal(efi_find_bundle(&efi, &start), PLINTH_ENOENT);
	assert_true(fake_efi_printed("no bundle of VMs: put it at \\plinth\\bundle.cpio"));
	assert_true(efi_status_of(PLINTH_ENOENT) == EFI_NOT_FOUND);
	assert_true(efi_status_of(PLINTH_OK) == EFI_SUCCESS);
	assert_true(efi_status_of(PLINTH_ENOMEM) == EFI_OUT_OF_RESOURCES);
	assert_true(efi_status_of(PLINTH_EINVAL) == EFI_LOAD_ERROR);
}

static void seeds_are_mixed(void **state)
{
	uint8_t before[BOOT_SEED_SIZE];

	(void)state;
	give_fdt("virt-gic3-max-8.dtb");
	collect(PLINTH_OK);
	memcpy(before, start.machine.seed, sizeof(before));
	(void)efi.services->free_pool(start.map.map);
	fake_efi.has_rng = true;
	collect(PLINTH_OK);
	assert_int_equal(start.machine.seed_size, BOOT_SEED_SIZE);
	for (size_t i = 0; i < sizeof(before); i++) {
		assert_int_equal(start.machine.seed[i], before[i] ^ 0x5a);
	}
}

static void no_memory_map(void **state)
{
	(void)state;
	fake_efi.map[0].attribute = 0;
	collect(PLINTH_EINVAL);
	assert_true(fake_efi_printed("the firmware gives no memory map"));
}

/* Memory is what the last map says, not the one that the tables were read by, and of the
 * devicetree's memory only the reservations are kept. */
static void leaving(void **state)
{
	(void)state;
	give_fdt("virt-gic3-max-8.dtb");
	collect(PLINTH_OK);
	assert_true(start.machine.ram[0].base == 0x40000000U);
	fake_efi.map[0] = (struct efi_memory_descriptor){.type = EFI_CONVENTIONAL_MEMORY,
		.physical_start = 0x80000000,
		.page_count = 16,
		.attribute = EFI_MEMORY_WB};
	fake_efi.map[1] = fake_efi.map[0];
	fake_efi.map[1].physical_start = 0x90000000;
	fake_efi.map[1].type = EFI_RUNTIME_SERVICES_DATA;
	fake_efi.map_count = 2;
	assert_int_equal(efi_leave(&efi, &start), PLINTH_OK);
	assert_int_equal(start.machine.ram_count, 2);
	assert_true(start.machine.ram[0].base == 0x80000000U);
	assert_int_equal(start.machine.reserved_count, 1);
	assert_true(start.machine.reserved[0].base == 0x90000000U);
}

static void no_way_out(void **state)
{
	(void)state;
	give(&efi_guid_acpi20, acpi.bytes);
	collect(PLINTH_OK);
	fake_efi.map_changes = 1000;
	assert_int_equal(efi_leave(&efi, &start), PLINTH_EINVAL);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(by_acpi),
		TEST(by_devicetree),
		TEST(by_acpi_with_a_stub),
		TEST(neither),
		TEST(tables_outside_of_memory_are_not_read),
		TEST(a_broken_devicetree_is_told_and_acpi_taken),
		TEST(command_line),
		TEST(load_options_that_are_no_text),
		TEST(no_bundle_says_what_to_do),
		TEST(seeds_are_mixed),
		TEST(no_memory_map),
		TEST(leaving),
		TEST(no_way_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
