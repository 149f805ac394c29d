/* SPDX-License-Identifier: Apache-2.0 */
#include "loader/loader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "base/compiler.h"
#include "fixture.h"
#include "guest_pen/layout.h"
#include "kernels.h"

static void test_plain_vm(void **state)
{
	(void)state;
	machine.loader.host.has_entropy = false;
	archive_add(&bundle, ".", ARCHIVE_DIRECTORY, NULL);
	archive_add(&bundle, "./vm", ARCHIVE_DIRECTORY, NULL);
	fixture_add_vm("./vm", VM);
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.config_count, 1);
	assert_int_equal(machine.line_count, 0);

	const struct vm_config *c = &machine.configs[0];

	assert_string_equal(c->name, "vm");
	assert_int_equal(c->flags, 0);
	assert_int_equal(c->vcpu_count, 1);
	assert_int_equal(c->ram_size, 0x4000000);
	assert_int_equal(c->overhead, VM_OVERHEAD_DEFAULT);
	assert_int_equal(c->weight, VM_WEIGHT_DEFAULT);
	assert_int_equal(c->entry, VM_RAM_BASE);
	assert_int_equal(c->arg, VM_RAM_BASE + 0x10000);
	assert_int_equal(c->image_count, 2);
	/* The kernel is used in place. */
	assert_int_equal(c->images[0].ipa, VM_RAM_BASE);
	assert_memory_equal((const void *)(uintptr_t)c->images[0].source, kernel, sizeof(kernel));
	assert_true(c->images[0].source - (uintptr_t)bundle.bytes < bundle.size);
	assert_int_equal(c->images[1].ipa, c->arg);
	assert_int_equal(c->images[1].source, (uintptr_t)machine.blocks[0].va);
	assert_int_equal(c->uuid[6] >> 4, 8);
	assert_int_equal(c->uuid[8] >> 6, 2);
}

static void test_initrd_seeds_and_token(void **state)
{
	(void)state;
	fixture_add_vm("vm", VM "initrd = \"rd\"; control = \"power\"; coherency = \"eager\";");
	fixture_add_file("vm", "rd", "initrd", 6);
	assert_int_equal(fixture_load(), PLINTH_OK);

	const struct vm_config *c = &machine.configs[0];
	static const uint32_t kinds[] = {VM_IMAGE_COPY, VM_IMAGE_COPY, VM_IMAGE_COPY,
		VM_IMAGE_RANDOM, VM_IMAGE_RANDOM, VM_IMAGE_TOKEN};
	static const char *const names[] = {"kaslr-seed", "rng-seed", "security-plinth-token"};

	assert_int_equal(c->flags, VM_FLAG_CONTROL | VM_FLAG_COHERENCY_EAGER);
	assert_int_equal(c->rights, VM_RIGHT_POWER);
	assert_int_equal(c->image_count, 6);
	assert_memory_equal((const void *)(uintptr_t)c->images[1].source, "initrd", 6);
	assert_int_equal((c->images[1].ipa ^ c->images[1].source) & (PAGE_SIZE - 1), 0);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(c->images[i].kind, kinds[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		const struct vm_image *overlay = &c->images[3 + i];
		const uint8_t *dtb = (const uint8_t *)(uintptr_t)c->images[2].source;
		int length;
		const uint8_t *value =
			fdt_getprop(dtb, fdt_path_offset(dtb, "/chosen"), names[i], &length);

		assert_non_null(value);
		assert_int_equal(overlay->size, length);
		assert_int_equal(overlay->source, 0);
		assert_int_equal(overlay->ipa - c->arg, value - dtb);
	}
}

static void test_packed_kernel(void **state)
{
	(void)state;
	size_t size;
	uint8_t *packed = kernels_gzip(kernel, sizeof(kernel), &size);

	fixture_add_dtb("vm", VM);
	fixture_add_file("vm", "Image", packed, size);
	free(packed);
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.block_count, 2);
	assert_int_equal(machine.configs[0].images[0].source, (uintptr_t)machine.blocks[0].va);
	assert_int_equal(machine.configs[0].images[0].size, sizeof(kernel));
	assert_memory_equal(machine.blocks[0].va, kernel, sizeof(kernel));
}

static void test_elf_kernel(void **state)
{
	(void)state;
	uint8_t elf[200];

	kernels_elf(elf, 2);
	kernels_elf_segment(elf, 0, 176, 0x40100000, 24, 24);
	kernels_elf_segment(elf, 1, 0, 0x40200000, 0, 0x1000); /* .bss alone: no image */
	memset(elf + 176, 1, 24);
	kernels_put64(elf, 24, 0x40100000);
	machine.loader.host.has_entropy = false;
	fixture_add_dtb("vm", VM);
	fixture_add_file("vm", "Image", elf, sizeof(elf));
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.configs[0].image_count, 2);
	assert_int_equal(machine.configs[0].entry, 0x40100000);
	assert_int_equal(machine.configs[0].arg, VM_RAM_BASE);
	assert_int_equal(machine.configs[0].images[0].size, 24);
}

static void test_uuids(void **state)
{
	(void)state;
	uint8_t first[16];

	fixture_add_vm("a", VM);
	fixture_add_vm("b", VM);
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_memory_not_equal(machine.configs[0].uuid, machine.configs[1].uuid, 16);
	memcpy(first, machine.configs[0].uuid, 16);
	harness_fini(&machine);
	harness_init(&machine);
	assert_int_equal(harness_load(&machine, bundle.bytes, bundle.size), PLINTH_OK);
	assert_memory_equal(machine.configs[0].uuid, first, 16);
}

/* Memory is handed out in order; who does not fit is left out, smaller ones still start. */
static void test_memory_runs_out(void **state)
{
	(void)state;
	machine.loader.host.free_memory = MIB(190);
	fixture_add_vm("a", VM);
	fixture_add_vm("b", VM);
	fixture_add_vm("c", VM);
	fixture_add_vm("d", WITHOUT_MEMORY "memory = /bits/ 64 <0x2000000>;");
	fixture_add_vm("e", VM "overcommit;");
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.config_count, 4);
	assert_string_equal(machine.configs[2].name, "d");
	assert_string_equal(machine.configs[3].name, "e");
	assert_int_equal(machine.line_count, 1);
	/* 190 MiB less two times 64 MiB, 1 MiB of overhead and 8 KiB of devicetree. */
	assert_string_equal(machine.lines[0],
		"VM \"c\": memory: 0x4000000 bytes, of 0xbe00000 only 0x3bfc000 are free");
}

/* Overcommitted memory is not taken from what is left, overhead is. */
static void test_overcommit(void **state)
{
	(void)state;
	machine.loader.host.free_memory = MIB(70);
	fixture_add_vm("a", VM "overcommit;");
	fixture_add_vm("b", VM "overcommit;");
	fixture_add_vm("c", VM);
	fixture_add_vm("d", VM);
	fixture_add_vm(
		"e", WITHOUT_MEMORY "memory = /bits/ 64 <0x200000>; overhead = <0x40000000>;");
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.config_count, 3);
	assert_string_equal(machine.configs[2].name, "c");
	assert_int_equal(machine.line_count, 2);
	assert_string_equal(machine.lines[0],
		"VM \"d\": memory: 0x4000000 bytes, of 0x4600000 only 0x2fa000 are free");
	assert_string_equal(
		machine.lines[1], "VM \"e\": overhead: 0x40000000 bytes, only 0xfa000 are free");
}

static void test_too_many_vms(void **state)
{
	(void)state;
	for (char name[] = "a"; name[0] <= 'f'; name[0]++) {
		fixture_add_vm(name, VM);
	}
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.config_count, HARNESS_CONFIG_MAX);
	assert_int_equal(machine.line_count, 1);
	assert_string_equal(
		machine.lines[0], "VM \"e\": left out, as all after it: only 4 VMs can start");
}

/* The last of two entries with one name counts, once. */
static void test_repeated_file(void **state)
{
	(void)state;
	fixture_add_dtb("vm", "compatible = \"wrong\";");
	fixture_add_vm("vm", VM);
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.config_count, 1);
	assert_int_equal(machine.line_count, 0);
}

/* The core finds keys and values in the bundle: the copy that was parsed is the next VM's. */
static void test_guestinfo(void **state)
{
	(void)state;
	fixture_add_vm("vm", VM "vmware; guestinfo { metadata = \"one\"; a.b = \"\"; };");
	fixture_add_vm("next", VM "vmware;");
	assert_int_equal(fixture_load(), PLINTH_OK);

	const struct vm_config *c = &machine.configs[0];
	const struct vm_guestinfo *entries = (const void *)(uintptr_t)c->guestinfo;

	assert_int_equal(c->guestinfo_count, 2);
	assert_int_equal(entries[0].key_size, 8);
	assert_memory_equal((const void *)(uintptr_t)entries[0].key, "metadata", 9);
	assert_int_equal(entries[0].value_size, 3);
	assert_memory_equal((const void *)(uintptr_t)entries[0].value, "one", 4);
	assert_true(entries[0].value - (uintptr_t)bundle.bytes < bundle.size);
	assert_memory_equal((const void *)(uintptr_t)entries[1].key, "a.b", 4);
	assert_int_equal(entries[1].value_size, 0);
	assert_int_equal(machine.configs[1].guestinfo_count, 0);
	assert_int_equal(machine.configs[1].guestinfo, 0);
}

/* Each allocation refused in turn: reported, nothing kept, the next VM starts. */
static void test_each_allocation_fails(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"VM \"packed\": kernel: no memory for 0x1000 bytes",
		"VM \"packed\": secondary-boot: no memory for 0x1000 bytes",
		"VM \"packed\": tables: no memory for 0x1000 bytes",
		"VM \"packed\": vm.dtb: no memory for 0x2000 bytes",
		"VM \"packed\": guestinfo: no memory for 0x1000 bytes",
	};
	size_t size;
	uint8_t *packed = kernels_gzip(kernel, sizeof(kernel), &size);

	fixture_add_dtb("packed", VM "tables = \"acpi\"; secondary-boot = \"parking\"; vmware; "
				     "guestinfo { a = \"b\"; };");
	fixture_add_file("packed", "Image", packed, size);
	free(packed);
	fixture_add_vm("good", VM);
	archive_finish(&bundle);
	for (size_t call = 1; call <= ARRAY_SIZE(lines); call++) {
		harness_fini(&machine);
		harness_init(&machine);
		machine.failing_call = call;
		assert_int_equal(harness_load(&machine, bundle.bytes, bundle.size), PLINTH_OK);
		assert_int_equal(machine.config_count, 1);
		assert_string_equal(machine.configs[0].name, "good");
		assert_int_equal(machine.block_count, 1);
		assert_string_equal(machine.lines[0], lines[call - 1]);
	}
}

static const void *image_at(const struct vm_config *c, uint64_t ipa, uint64_t size)
{
	for (uint32_t i = 0; i < c->image_count; i++) {
		if (c->images[i].ipa == ipa && c->images[i].size >= size) {
			return (const void *)(uintptr_t)c->images[i].source;
		}
	}
	fail_msg("no image at 0x%llx", (unsigned long long)ipa);
	return NULL;
}

static uint64_t u64_at(const void *bytes, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const uint8_t *)bytes + offset, sizeof(value));
	return value;
}

/* The VM starts in the pen, which goes on to the kernel; the words are in the pen's page. */
static void test_spin_table(void **state)
{
	(void)state;
	fixture_add_vm("vm", VM "secondary-boot = \"spin-table\";");
	assert_int_equal(fixture_load(), PLINTH_OK);

	const struct vm_config *c = &machine.configs[0];
	const void *pen = image_at(c, VM_RAM_BASE + c->ram_size - KIB(64), PAGE_SIZE);
	const void *fdt = image_at(c, c->arg, 1);
	int cpu = fdt_path_offset(fdt, "/cpus/cpu@0");
	const void *word = fdt_getprop(fdt, cpu, "cpu-release-addr", NULL);

	assert_int_equal(c->entry, VM_RAM_BASE + c->ram_size - KIB(64));
	assert_int_equal(u64_at(pen, PEN_ENTRY_OFFSET), VM_RAM_BASE);
	assert_non_null(word);
	assert_int_equal(fdt64_ld(word), c->entry + PEN_WORDS_OFFSET);
}

static void test_parking(void **state)
{
	(void)state;
	fixture_add_vm("vm", VM "secondary-boot = \"parking\"; tables = \"acpi\";");
	assert_int_equal(fixture_load(), PLINTH_OK);

	const struct vm_config *c = &machine.configs[0];
	uint64_t tables = VM_RAM_BASE + c->ram_size - KIB(64);
	const void *pen = image_at(c, tables - KIB(64), PAGE_SIZE);
	const void *fdt = image_at(c, c->arg, 1);
	const fdt64_t *system =
		fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "linux,uefi-system-table", NULL);

	assert_int_equal(c->entry, tables - KIB(64));
	assert_int_equal(u64_at(pen, PEN_ENTRY_OFFSET), VM_RAM_BASE);
	assert_non_null(system);
	assert_int_equal(fdt64_ld(system), tables);
	assert_memory_equal(image_at(c, tables, KIB(1)), "IBI SYST", 8);
}

/* By ACPI and PSCI there is no pen: the kernel is entered as ever. */
static void test_acpi_and_psci(void **state)
{
	(void)state;
	fixture_add_vm("vm", VM "tables = \"acpi\";");
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.configs[0].entry, VM_RAM_BASE);
	(void)image_at(&machine.configs[0], VM_RAM_BASE + 0x4000000 - KIB(64), KIB(1));
}

/* SMBIOS for VMware's tools lies behind the RAM that the kernel uses. */
static void test_vmware_has_tables(void **state)
{
	(void)state;
	fixture_add_vm("vm", VM "vmware;");
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.configs[0].entry, VM_RAM_BASE);
	assert_memory_equal(image_at(&machine.configs[0], VM_RAM_BASE + 0x4000000 - KIB(64), 120),
		"IBI SYST", 8);
}

/* By number, above RAM, each with 2 MiB to itself, its image at its start. */
static void test_disks(void **state)
{
	static uint8_t image[MIB(2) + 5];

	(void)state;
	memset(image, 0x5a, sizeof(image));
	fixture_add_vm("vm", VM "disk@2 { size = <0x400000>; };"
				"disk@1 { image = \"data\"; };"
				"disk@0 { image = \"rom\"; size = <0x200000>; read-only; };");
	fixture_add_file("vm", "data", image, sizeof(image));
	fixture_add_file("vm", "rom", "rom", 3);
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.line_count, 0);

	const struct vm_config *c = &machine.configs[0];
	const void *fdt = image_at(c, c->arg, 1);

	assert_int_equal(c->range_count, 3);
	assert_int_equal(c->ranges[0].ipa, VM_RAM_BASE + GIB(1));
	assert_int_equal(c->ranges[0].size, MIB(2));
	assert_int_equal(c->ranges[0].flags, VM_RANGE_READ_ONLY);
	assert_int_equal(c->ranges[1].ipa, c->ranges[0].ipa + MIB(2));
	assert_int_equal(c->ranges[1].size, MIB(4));
	assert_int_equal(c->ranges[1].flags, 0);
	assert_int_equal(c->ranges[2].ipa, c->ranges[1].ipa + MIB(4));
	assert_int_equal(c->ranges[2].size, MIB(4));
	assert_memory_equal(image_at(c, c->ranges[0].ipa, 3), "rom", 3);
	assert_memory_equal(image_at(c, c->ranges[1].ipa, sizeof(image)), image, sizeof(image));
	assert_true(fdt_path_offset(fdt, "/pmem@80000000") > 0);
	assert_true(fdt_path_offset(fdt, "/pmem@80200000") > 0);
	assert_true(fdt_path_offset(fdt, "/pmem@80600000") > 0);
}

/* Loads a VM with a disk of 4 MiB where so much memory is left beside its RAM. */
static enum plinth_status load_disk(const char *disk, uint64_t left)
{
	static uint8_t image[MIB(4)];

	fixture_add_vm("vm", disk);
	fixture_add_file("vm", "data", image, sizeof(image));
	machine.loader.host.free_memory = 0x4000000 + VM_OVERHEAD_DEFAULT + KIB(8) + left;
	return fixture_load();
}

static void test_memory_of_a_disk(void **state)
{
	(void)state;
	assert_int_equal(load_disk(VM "disk@0 { image = \"data\"; };", MIB(4)), PLINTH_OK);
}

static void test_no_memory_for_a_disk(void **state)
{
	(void)state;
	assert_int_equal(
		load_disk(VM "disk@0 { image = \"data\"; };", MIB(4) - KIB(12)), PLINTH_ENOENT);
	assert_string_equal(machine.lines[0],
		"VM \"vm\": disk@0: 0x400000 bytes, of 0x44ff000 only 0x3ff000 are free");
}

/* Zeroes take no more than a page; the rest is shown where it lies, unless cpio has put it askew.
 */
static void test_memory_of_a_read_only_disk(void **state)
{
	static const char disk[] = VM "disk@0 { image = \"data\"; size = <0x800000>; read-only; };";

	(void)state;
	assert_int_equal(load_disk(disk, MIB(4) + KIB(4)), PLINTH_OK);
	const struct vm_config *c = &machine.configs[0];
	const struct vm_image *image = &c->images[c->image_count - 1];

	assert_int_equal(image->ipa, c->ranges[0].ipa);
	assert_false((image->source & (PAGE_SIZE - 1)) == 0);
}

/* A pair of 64-bit cells of /chosen. */
static uint64_t chosen(const void *fdt, const char *name, unsigned index)
{
	int length = 0;
	const fdt64_t *pair = fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), name, &length);

	assert_non_null(pair);
	assert_true((size_t)length >= (index + 1) * sizeof(*pair));
	return fdt64_ld(&pair[index]);
}

/* ROM at 0, devicetree at the start of RAM, all else for the firmware to find. */
static void test_firmware_of_the_vm(void **state)
{
	(void)state;
	fixture_add_vm("vm", VM "initrd = \"rd\"; firmware = \"rom\"; bootargs = \"quiet\";"
				"disk@0 { size = <0x200000>; };");
	fixture_add_file("vm", "rd", "initrd", 6);
	fixture_add_file("vm", "rom", "firmware", 8);
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.line_count, 0);

	const struct vm_config *c = &machine.configs[0];
	const void *fdt = image_at(c, VM_RAM_BASE, 1);
	uint64_t above = VM_RAM_BASE + GIB(1);

	assert_int_equal(c->flags, 0);
	assert_int_equal(c->entry, 0);
	assert_int_equal(c->arg, VM_RAM_BASE);
	assert_int_equal(c->range_count, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(c->ranges[i].flags, i < 3 ? VM_RANGE_READ_ONLY : 0);
		assert_int_equal(c->ranges[i].size, i == 0  ? VM_DEVICES_BASE
						    : i < 3 ? PAGE_SIZE
							    : MIB(2));
	}
	assert_memory_equal(image_at(c, 0, 8), "firmware", 8);
	assert_int_equal(chosen(fdt, "plinth,kernel", 0), above);
	assert_int_equal(chosen(fdt, "plinth,kernel", 1), FIXTURE_KERNEL_SIZE);
	assert_memory_equal(image_at(c, above, FIXTURE_KERNEL_SIZE), kernel, sizeof(kernel));
	assert_int_equal(chosen(fdt, "plinth,initrd", 0), above + MIB(2));
	assert_int_equal(chosen(fdt, "plinth,initrd", 1), 6);
	assert_memory_equal(image_at(c, above + MIB(2), 6), "initrd", 6);
	assert_true(fdt_path_offset(fdt, "/pmem@80400000") > 0);
	assert_memory_equal(image_at(c, chosen(fdt, "plinth,smbios", 0), 5), "_SM3_", 5);
	assert_null(fdt_getprop(fdt, fdt_path_offset(fdt, "/chosen"), "plinth,acpi", NULL));
	assert_true(fdt_path_offset(fdt, "/reserved-memory/tables@43ff0000") > 0);
	assert_int_equal(fdt_num_mem_rsv(fdt), 1);
}

/* The tree is whole all the same: the firmware reads it. */
static void test_own_firmware_with_acpi(void **state)
{
	(void)state;
	fixture_add_dtb("vm", "compatible = \"plinth,vm\"; vcpus = <2>; vmware; "
			      "memory = /bits/ 64 <0x4000000>; firmware = \"uefi\"; "
			      "nvram = \"volatile\"; tables = \"acpi\";");
	archive_add(&bundle, "plinth-fw.bin", ARCHIVE_REGULAR, "plinth's");
	assert_int_equal(fixture_load(), PLINTH_OK);

	const struct vm_config *c = &machine.configs[0];
	const void *fdt = image_at(c, VM_RAM_BASE, 1);
	int node = fdt_path_offset(fdt, "/chosen");

	assert_int_equal(c->flags, VM_FLAG_UEFI | VM_FLAG_NVRAM_VOLATILE | VM_FLAG_VMWARE);
	assert_int_equal(c->range_count, 1);
	assert_int_equal(c->ranges[0].size, PAGE_SIZE);
	assert_memory_equal(image_at(c, 0, 8), "plinth's", 8);
	assert_true(fdt_path_offset(fdt, "/cpus/cpu@1") > 0);
	assert_null(fdt_getprop(fdt, node, "linux,uefi-system-table", NULL));
	assert_null(fdt_getprop(fdt, node, "plinth,kernel", NULL));
	assert_null(fdt_getprop(fdt, node, "plinth,initrd", NULL));
	uint64_t tables = VM_RAM_BASE + 0x4000000 - KIB(64);
	uint64_t smbios = chosen(fdt, "plinth,smbios", 0) - tables;
	const uint8_t *bytes = image_at(c, tables, smbios + chosen(fdt, "plinth,smbios", 1));

	assert_int_equal(chosen(fdt, "plinth,acpi", 0), tables);
	assert_memory_equal(bytes, "RSD PTR ", 8);
	assert_memory_equal(bytes + smbios, "_SM3_", 5);
	assert_int_equal(chosen(fdt, "plinth,smbios", 0) % PAGE_SIZE, 0);
	assert_true(chosen(fdt, "plinth,acpi", 0) + chosen(fdt, "plinth,acpi", 1) <=
		    chosen(fdt, "plinth,smbios", 0));
}

static unsigned count_u64(const void *bytes, size_t size, uint64_t value)
{
	unsigned count = 0;

	for (size_t offset = 0; offset + sizeof(value) <= size; offset++) {
		count += u64_at(bytes, offset) == value ? 1 : 0;
	}
	return count;
}

/* The VM starts in the pen, which goes on to the ROM; the pen lies before the tables, and the
 * firmware finds both reserved. */
static void test_own_firmware_with_parking(void **state)
{
	(void)state;
	fixture_add_dtb("vm", "compatible = \"plinth,vm\"; vcpus = <2>; "
			      "memory = /bits/ 64 <0x4000000>; firmware = \"uefi\"; "
			      "tables = \"acpi\"; secondary-boot = \"parking\";");
	archive_add(&bundle, "plinth-fw.bin", ARCHIVE_REGULAR, "plinth's");
	assert_int_equal(fixture_load(), PLINTH_OK);

	const struct vm_config *c = &machine.configs[0];
	const void *fdt = image_at(c, VM_RAM_BASE, 1);
	uint64_t tables = VM_RAM_BASE + 0x4000000 - KIB(64);
	uint64_t base;
	uint64_t size;

	assert_int_equal(c->entry, tables - KIB(64));
	assert_int_equal(c->arg, VM_RAM_BASE);
	assert_int_equal(u64_at(image_at(c, c->entry, PAGE_SIZE), PEN_ENTRY_OFFSET), 0);
	assert_int_equal(chosen(fdt, "plinth,acpi", 0), tables);
	assert_int_equal(fdt_num_mem_rsv(fdt), 1);
	assert_int_equal(fdt_get_mem_rsv(fdt, 0, &base, &size), 0);
	assert_int_equal(base, c->entry);
	assert_int_equal(size, KIB(128));
	assert_true(fdt_path_offset(fdt, "/reserved-memory/pen@43fe0000") > 0);
	/* The MADT names vCPU 1's mailbox, the second page. */
	assert_int_equal(count_u64(image_at(c, tables, 1), chosen(fdt, "plinth,acpi", 1),
				 c->entry + PAGE_SIZE),
		1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_plain_vm),
		CASE(test_initrd_seeds_and_token),
		CASE(test_packed_kernel),
		CASE(test_elf_kernel),
		CASE(test_uuids),
		CASE(test_memory_runs_out),
		CASE(test_overcommit),
		CASE(test_too_many_vms),
		CASE(test_repeated_file),
		CASE(test_guestinfo),
		CASE(test_vmware_has_tables),
		CASE(test_each_allocation_fails),
		CASE(test_spin_table),
		CASE(test_parking),
		CASE(test_acpi_and_psci),
		CASE(test_disks),
		CASE(test_firmware_of_the_vm),
		CASE(test_own_firmware_with_acpi),
		CASE(test_own_firmware_with_parking),
		CASE(test_memory_of_a_disk),
		CASE(test_no_memory_for_a_disk),
		CASE(test_memory_of_a_read_only_disk),
	};

	return cmocka_run_group_tests_name("loader/loader", tests, NULL, NULL);
}
