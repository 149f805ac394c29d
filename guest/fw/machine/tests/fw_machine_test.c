/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <libfdt.h>

#include "machine/fw_machine.h"

#define TREE_SIZE 8192

static uint8_t tree[TREE_SIZE];
static struct fw_machine machine;

static void put(int node, const char *name, const uint32_t *cells, int count)
{
	fdt32_t value[8];

	for (int i = 0; i < count; i++) {
		value[i] = cpu_to_fdt32(cells[i]);
	}
	assert_int_equal(fdt_setprop(tree, node, name, value, count * 4), 0);
}

static int add(int parent, const char *name)
{
	int node = fdt_add_subnode(tree, parent, name);

	assert_true(node >= 0);
	return node;
}

static void build(void)
{
	static const uint32_t ram[] = {0, 0x40000000, 0, 0x10000000};

	assert_int_equal(fdt_create_empty_tree(tree, TREE_SIZE), 0);
	assert_int_equal(fdt_setprop_u32(tree, 0, "#address-cells", 2), 0);
	assert_int_equal(fdt_setprop_u32(tree, 0, "#size-cells", 2), 0);
	int memory = add(0, "memory@40000000");
	assert_int_equal(fdt_setprop_string(tree, memory, "device_type", "memory"), 0);
	put(memory, "reg", ram, 4);
	(void)add(0, "chosen");
}

static int chosen(void)
{
	return fdt_path_offset(tree, "/chosen");
}

static void test_everything(void **state)
{
	static const uint32_t kernel[] = {1, 0x2000, 0, 0x3000};
	static const uint32_t acpi[] = {0, 0x4fff0000, 0, 0x8000};
	static const uint32_t disk[] = {2, 0, 0, 0x100000};
	static const uint8_t seed[32] = {1, 2, 3};

	(void)state;
	build();
	put(chosen(), "plinth,kernel", kernel, 4);
	put(chosen(), "plinth,acpi", acpi, 4);
	assert_int_equal(fdt_setprop_u64(tree, chosen(), "linux,initrd-start", 0x100010000), 0);
	assert_int_equal(fdt_setprop_u64(tree, chosen(), "linux,initrd-end", 0x100018000), 0);
	assert_int_equal(fdt_setprop_string(tree, chosen(), "bootargs", "console=x"), 0);
	assert_int_equal(fdt_setprop(tree, chosen(), "rng-seed", seed, (int)sizeof(seed)), 0);
	int pmem = add(0, "pmem@200000000");
	assert_int_equal(fdt_setprop_string(tree, pmem, "compatible", "pmem-region"), 0);
	put(pmem, "reg", disk, 4);
	assert_int_equal(fdt_setprop(tree, pmem, "read-only", NULL, 0), 0);
	int reserved = add(0, "reserved-memory");
	assert_int_equal(fdt_setprop_u32(tree, reserved, "#address-cells", 2), 0);
	assert_int_equal(fdt_setprop_u32(tree, reserved, "#size-cells", 2), 0);
	put(add(reserved, "tables@4fff0000"), "reg", acpi, 4);
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_OK);
	assert_int_equal(machine.ram_count, 1);
	assert_true(machine.ram[0].base == 0x40000000U && machine.ram[0].size == 0x10000000U);
	assert_true(machine.kernel.base == 0x100002000U && machine.kernel.size == 0x3000U);
	assert_true(machine.initrd.base == 0x100010000U && machine.initrd.size == 0x8000U);
	assert_true(machine.acpi.base == 0x4fff0000U);
	assert_true(machine.smbios.size == 0U);
	assert_string_equal(machine.bootargs, "console=x");
	assert_int_equal(machine.seed_size, 32);
	assert_int_equal(machine.disk_count, 1);
	assert_true(machine.disk[0].range.base == 0x200000000U && machine.disk[0].read_only);
	assert_int_equal(machine.reserved_count, 1);
}

/* Plinth's own loader names it as it names the kernel. */
static void test_initrd_of_plinth(void **state)
{
	static const uint32_t initrd[] = {1, 0x200000, 0, 0x1234};

	(void)state;
	build();
	put(chosen(), "plinth,initrd", initrd, 4);
	assert_int_equal(fdt_setprop_u64(tree, chosen(), "linux,initrd-start", 0x100010000), 0);
	assert_int_equal(fdt_setprop_u64(tree, chosen(), "linux,initrd-end", 0x100018000), 0);
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_OK);
	assert_true(machine.initrd.base == 0x100200000U && machine.initrd.size == 0x1234U);
}

static void test_what_is_not_there(void **state)
{
	(void)state;
	build();
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_OK);
	assert_true(machine.kernel.size == 0U && machine.initrd.size == 0U);
	assert_int_equal(machine.disk_count, 0);
	assert_int_equal(fdt_del_node(tree, fdt_path_offset(tree, "/memory@40000000")), 0);
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_ENOENT);
	tree[0] = 0;
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_EINVAL);
}

static void test_bad_values(void **state)
{
	static const uint32_t wraps[] = {0xffffffff, 0xfffff000, 0, 0x2000};
	char *longer = calloc(1, FW_BOOTARGS_MAX + 1U);

	(void)state;
	build();
	put(chosen(), "plinth,kernel", wraps, 4);
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_ERANGE);
	put(chosen(), "plinth,kernel", wraps, 3);
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_EINVAL);
	build();
	put(fdt_path_offset(tree, "/memory@40000000"), "reg", wraps, 4);
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_ERANGE);
	build();
	assert_int_equal(fdt_setprop_u32(tree, 0, "#address-cells", 3), 0);
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_EINVAL);
	build();
	for (uint32_t i = 0; i < FW_BOOTARGS_MAX; i++) {
		longer[i] = 'x';
	}
	assert_int_equal(fdt_setprop(tree, chosen(), "bootargs", longer, FW_BOOTARGS_MAX + 1), 0);
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_ERANGE);
	build();
	assert_int_equal(fdt_setprop_u64(tree, chosen(), "linux,initrd-start", 2), 0);
	assert_int_equal(fdt_setprop_u64(tree, chosen(), "linux,initrd-end", 1), 0);
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_ERANGE);
	free(longer);
}

static void test_more_disks_than_fit(void **state)
{
	char name[32];

	(void)state;
	build();
	for (uint32_t i = 0; i < FW_DISK_MAX + 2U; i++) {
		uint32_t reg[] = {2, i << 20, 0, 0x100000};

		(void)snprintf(name, sizeof(name), "pmem@2%08x", i << 20);
		int node = add(0, name);
		assert_int_equal(fdt_setprop_string(tree, node, "compatible", "pmem-region"), 0);
		put(node, "reg", reg, 4);
	}
	assert_int_equal(fw_machine_read(&machine, tree), PLINTH_OK);
	assert_int_equal(machine.disk_count, FW_DISK_MAX);
	assert_int_equal(machine.disks_left_out, 2);
}

static void test_published_tree(void **state)
{
	static const uint32_t kernel[] = {1, 0x2000, 0, 0x3000};
	static uint8_t copy[2 * TREE_SIZE];

	(void)state;
	build();
	put(chosen(), "plinth,kernel", kernel, 4);
	assert_int_equal(fdt_setprop_string(tree, chosen(), "bootargs", "console=x"), 0);
	assert_int_equal(fdt_setprop_u64(tree, chosen(), "kaslr-seed", 5), 0);
	assert_int_equal(fdt_setprop_string(tree, chosen(), "stdout-path", "/pl011"), 0);
	assert_int_equal(fw_machine_publish(tree, copy, sizeof(copy)), PLINTH_OK);
	int node = fdt_path_offset(copy, "/chosen");
	assert_null(fdt_getprop(copy, node, "plinth,kernel", NULL));
	assert_null(fdt_getprop(copy, node, "bootargs", NULL));
	assert_null(fdt_getprop(copy, node, "kaslr-seed", NULL));
	assert_non_null(fdt_getprop(copy, node, "stdout-path", NULL));
	assert_true(fdt_path_offset(copy, "/memory@40000000") > 0);
	assert_int_equal(fw_machine_publish(tree, copy, 100), PLINTH_ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_initrd_of_plinth),
		cmocka_unit_test(test_what_is_not_there),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_more_disks_than_fit),
		cmocka_unit_test(test_published_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
