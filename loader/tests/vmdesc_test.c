/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* memmem */
#include "vmdesc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dts.h"

#define COMPLETE                                                                                   \
	"compatible = \"plinth,vm\"; vcpus = <2>; memory = /bits/ 64 <0x20000000>; "               \
	"kernel = \"Image\"; "

static const struct loader_host host3 = {
	.gic_version = 3, .cpu_count = 4, .ipa_bits = 40, .free_memory = GIB(8)};
static const struct loader_host host2 = {
	.gic_version = 2, .cpu_count = 4, .ipa_bits = 40, .free_memory = GIB(8)};

struct parsed {
	uint8_t *dtb;
	size_t size;
	struct vmdesc desc;
	struct loader_error error;
	enum plinth_status status;
};

static struct parsed parse_on(const struct loader_host *host, const char *before, const char *body)
{
	struct parsed p = {.dtb = NULL};
	static char text[6144];

	snprintf(text, sizeof(text), "/dts-v1/; / { %s%s };", before, body);
	p.dtb = dts_compile(text, &p.size);
	p.status = vmdesc_parse(p.dtb, p.size, host, &p.desc, &p.error);
	return p;
}

static void expect_error_on(
	const struct loader_host *host, const char *before, const char *body, const char *error)
{
	struct parsed p = parse_on(host, before, body);

	assert_int_equal(p.status, PLINTH_EINVAL);
	assert_string_equal(p.error.text, error);
	free(p.dtb);
}

/* A complete VM with one mistake. */
static void expect_error(const char *body, const char *error)
{
	expect_error_on(&host3, COMPLETE, body, error);
}

/* A VM whose properties are all here. */
static void expect_error_in(const char *body, const char *error)
{
	expect_error_on(&host3, "", body, error);
}

static void test_defaults(void **state)
{
	(void)state;
	struct parsed p = parse_on(&host3, COMPLETE, "");

	assert_int_equal(p.status, PLINTH_OK);
	assert_int_equal(p.desc.vcpu_count, 2);
	assert_int_equal(p.desc.memory, 0x20000000);
	assert_string_equal(p.desc.kernel, "Image");
	assert_null(p.desc.initrd);
	assert_string_equal(p.desc.bootargs, "");
	assert_int_equal(p.desc.weight, VM_WEIGHT_DEFAULT);
	assert_int_equal(p.desc.overhead, VM_OVERHEAD_DEFAULT);
	assert_int_equal(p.desc.affinity, 0);
	assert_int_equal(p.desc.flags, 0);
	assert_int_equal(p.desc.rights, 0);
	free(p.dtb);
}

static void test_everything(void **state)
{
	(void)state;
	struct parsed p = parse_on(&host2, COMPLETE,
		"initrd = \"initrd.gz\"; bootargs = \"console=ttyAMA0\"; affinity = <0 3>; "
		"weight = <10000>; secondary-boot = \"psci\"; tables = \"fdt\"; vmware; "
		"control = \"observe\", \"power\"; anonymous; overcommit; overhead = <0x200000>; "
		"coherency = \"eager\"; nvram = \"volatile\"; "
		"guestinfo { metadata = \"a\"; userdata.encoding = \"base64\"; };");

	assert_int_equal(p.status, PLINTH_OK);
	assert_string_equal(p.desc.initrd, "initrd.gz");
	assert_string_equal(p.desc.bootargs, "console=ttyAMA0");
	assert_int_equal(p.desc.affinity, 0x9);
	assert_int_equal(p.desc.weight, 10000);
	assert_int_equal(p.desc.overhead, 0x200000);
	assert_int_equal(p.desc.rights, VM_RIGHT_OBSERVE | VM_RIGHT_POWER);
	assert_int_equal(p.desc.flags, VM_FLAG_VMWARE | VM_FLAG_CONTROL | VM_FLAG_ANONYMOUS |
					       VM_FLAG_OVERCOMMIT | VM_FLAG_COHERENCY_EAGER |
					       VM_FLAG_GICV2 | VM_FLAG_UEFI |
					       VM_FLAG_NVRAM_VOLATILE);
	assert_int_equal(p.desc.guestinfo_count, 2);
	free(p.dtb);
}

static void test_other_forms(void **state)
{
	(void)state;
	struct parsed p = parse_on(&host3, COMPLETE,
		"control; coherency = \"lazy\"; overhead = /bits/ 64 <0x40000000>; bootargs = "
		"\"\";");

	assert_int_equal(p.status, PLINTH_OK);
	assert_int_equal(p.desc.rights, VM_RIGHT_ALL);
	assert_int_equal(p.desc.flags, VM_FLAG_CONTROL);
	assert_int_equal(p.desc.overhead, 0x40000000);
	free(p.dtb);
}

static void test_unknown(void **state)
{
	(void)state;
	expect_error("vcpu = <1>;", "vm.dtb: unknown property \"vcpu\" in /");
	expect_error("network { };", "vm.dtb: unknown node \"network\" in /");
	expect_error("guestinfo { a { }; };", "vm.dtb: unknown node in /guestinfo");
}

static void test_not_yet(void **state)
{
	(void)state;
	expect_error("iommu;", "iommu: is not supported yet");
	expect_error("stream-ids = <1>;", "stream-ids: is not supported yet");
	expect_error("consoles = <2>;", "consoles: is not supported yet");
}

static void expect_start(
	const char *body, enum vmdesc_secondary_boot boot, enum vmdesc_tables tables)
{
	struct parsed p = parse_on(&host3, COMPLETE, body);

	assert_int_equal(p.status, PLINTH_OK);
	assert_int_equal(p.desc.secondary_boot, boot);
	assert_int_equal(p.desc.tables, tables);
	free(p.dtb);
}

/* In whatever order they stand. */
static void test_boot_and_tables(void **state)
{
	(void)state;
	expect_start("", VMDESC_PSCI, VMDESC_FDT);
	expect_start("tables = \"acpi\";", VMDESC_PSCI, VMDESC_ACPI);
	expect_start("secondary-boot = \"psci\"; tables = \"acpi\";", VMDESC_PSCI, VMDESC_ACPI);
	expect_start("secondary-boot = \"spin-table\";", VMDESC_SPIN_TABLE, VMDESC_FDT);
	expect_start(
		"secondary-boot = \"parking\"; tables = \"acpi\";", VMDESC_PARKING, VMDESC_ACPI);
	expect_start(
		"tables = \"acpi\"; secondary-boot = \"parking\";", VMDESC_PARKING, VMDESC_ACPI);
	expect_error("secondary-boot = \"parking\";",
		"secondary-boot: \"parking\" needs tables = \"acpi\"");
	expect_error("secondary-boot = \"parking\"; tables = \"fdt\";",
		"secondary-boot: \"parking\" needs tables = \"acpi\"");
	expect_error("tables = \"acpi\"; secondary-boot = \"spin-table\";",
		"secondary-boot: \"spin-table\" needs tables = \"fdt\"");
	expect_error(
		"secondary-boot = \"spintable\";", "secondary-boot: unknown value \"spintable\"");
}

static void test_vcpus(void **state)
{
	(void)state;
	const char *rest =
		"compatible = \"plinth,vm\"; memory = /bits/ 64 <0x200000>; kernel = \"k\";";

	expect_error_on(&host3, rest, "vcpus = <0>;", "vcpus: 0 is not in 1 to 123");
	expect_error_on(&host3, rest, "vcpus = <1000>;", "vcpus: 1000 is not in 1 to 123");
	expect_error_on(&host2, rest, "vcpus = <9>;",
		"vcpus: 9 is not in 1 to 8, the range of this host's GICv2");
	expect_error_on(&host3, rest, "vcpus = <1 2>;",
		"vcpus: is 8 bytes long, not one number of 4 bytes");
}

static void test_memory(void **state)
{
	(void)state;
	const char *rest = "compatible = \"plinth,vm\"; vcpus = <1>; kernel = \"k\";";
	const struct loader_host small = {.gic_version = 3, .cpu_count = 1, .ipa_bits = 32};

	expect_error_on(&host3, rest, "memory = /bits/ 64 <0>;", "memory: is zero");
	expect_error_on(&host3, rest, "memory = /bits/ 64 <0x10100000>;",
		"memory: 0x10100000 is not a multiple of 2 MiB");
	expect_error_on(&host3, rest, "memory = <0x20000000>;",
		"memory: is 4 bytes long, not one number of 8 bytes: write /bits/ 64 <...>");
	expect_error_on(&host3, rest, "memory = /bits/ 64 <0x3fc0200000>;",
		"memory: 0x3fc0200000 is more than 0x3fc0000000, the most that a VM can have here");
	expect_error_on(&host3, rest, "memory = /bits/ 64 <0xffffffffffe00000>;",
		"memory: 0xffffffffffe00000 is more than 0x3fc0000000, the most that a VM can have "
		"here");
	expect_error_on(&small, rest, "memory = /bits/ 64 <0xc0200000>;",
		"memory: 0xc0200000 is more than 0xc0000000, the most that a VM can have here");
}

static void test_values(void **state)
{
	(void)state;
	expect_error("affinity = <0 4>;", "affinity: CPU 4: this machine has CPUs 0 to 3");
	expect_error("affinity = <0xffffffff>;",
		"affinity: CPU 4294967295: this machine has CPUs 0 to 3");
	expect_error("affinity;", "affinity: is not a list of CPU numbers");
	expect_error("affinity = [00 00];", "affinity: is not a list of CPU numbers");
	expect_error("weight = <0>;", "weight: 0 is not in 1 to 10000");
	expect_error("weight = <10001>;", "weight: 10001 is not in 1 to 10000");
	expect_error(
		"overhead = <0x1001>;", "overhead: 0x1001 is not a multiple of 4 KiB up to 1 GiB");
	expect_error("overhead = /bits/ 64 <0x40001000>;",
		"overhead: 0x40001000 is not a multiple of 4 KiB up to 1 GiB");
	expect_error("control = \"everything\";", "control: no right is called \"everything\"");
	expect_error("control = <1>;", "control: no right is called \"\"");
	expect_error("control = [41];", "control: is not a list of strings");
	expect_error("vmware = <1>;", "vmware: takes no value");
	expect_error("anonymous = \"no\";", "anonymous: takes no value");
	expect_error("overcommit = <0>;", "overcommit: takes no value");
	expect_error("coherency = \"none\";", "coherency: unknown value \"none\"");
	expect_error("nvram = \"disk\";", "nvram: unknown value \"disk\"");
	expect_error("tables = \"smbios\";", "tables: unknown value \"smbios\"");
	expect_error("secondary-boot;", "secondary-boot: is not one string");
	expect_error("initrd = \"\";", "initrd: is empty");
	expect_error("initrd = \"a\", \"b\";", "initrd: is not one string");
	expect_error("initrd = [61];", "initrd: is not one string");
	expect_error("guestinfo { a = [61]; };", "a: is not one string");
}

static void test_missing(void **state)
{
	(void)state;
	expect_error_in(
		"compatible = \"plinth,vm\"; memory = /bits/ 64 <0x200000>; kernel = \"k\";",
		"vcpus: is missing");
	expect_error_in(
		"compatible = \"plinth,vm\"; vcpus = <1>; kernel = \"k\";", "memory: is missing");
	expect_error_in("compatible = \"plinth,vm\"; vcpus = <1>; memory = /bits/ 64 <0x200000>;",
		"kernel: is missing");
	expect_error_in("vcpus = <1>; memory = /bits/ 64 <0x200000>; kernel = \"k\";",
		"compatible: is missing");
	expect_error_in("compatible = \"linux,dummy-virt\";", "compatible: is not \"plinth,vm\"");
}

static void test_long_values(void **state)
{
	(void)state;
	static char body[4000];

	snprintf(body, sizeof(body), "bootargs = \"%02048d\";", 0);
	expect_error(body, "bootargs: is 2048 characters long, more than 2047");
	snprintf(body, sizeof(body), "initrd = \"%0201d\";", 0);
	expect_error(body, "initrd: is 201 characters long, more than 200");
}

static void test_for_vmware_alone(void **state)
{
	(void)state;
	struct parsed p = parse_on(&host3, COMPLETE, "vmware; backdoor-brk;");

	assert_int_equal(p.desc.flags, VM_FLAG_VMWARE | VM_FLAG_BACKDOOR_BRK);
	free(p.dtb);
	expect_error("backdoor-brk;", "backdoor-brk: needs vmware");
	expect_error("vmware; backdoor-brk = <1>;", "backdoor-brk: takes no value");
	expect_error("guestinfo { a = \"b\"; };", "guestinfo: needs vmware");
}

static void test_guestinfo_is_bounded(void **state)
{
	(void)state;
	static char body[4000] = "guestinfo { ";
	static char long_key[100];

	for (unsigned i = 0; i < VM_GUESTINFO_MAX + 1; i++) {
		snprintf(body + strlen(body), 32, "k%u = \"v\"; ", i);
	}
	snprintf(body + strlen(body), 3, "};");
	expect_error(body, "guestinfo: has more than 64 entries");
	snprintf(long_key, sizeof(long_key), "guestinfo { %056d = \"v\"; };", 0);
	expect_error(long_key, "guestinfo: a key is longer than 55 characters");
}

/* Every prefix, and every byte spoilt: refused or accepted, but never a read outside (ASan). */
static void test_damaged_blobs(void **state)
{
	(void)state;
	size_t size;
	uint8_t *dtb = dts_compile(
		"/dts-v1/; / { " COMPLETE "vmware; guestinfo { a = \"b\"; }; };", &size);
	struct vmdesc desc;
	struct loader_error error;

	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *part = malloc(cut + (cut == 0));

		memcpy(part, dtb, cut);
		assert_int_equal(vmdesc_parse(part, cut, &host3, &desc, &error), PLINTH_EINVAL);
		assert_memory_equal(error.text, "vm.dtb: is no valid devicetree (", 32);
		free(part);
	}
	for (size_t i = 0; i < size; i++) {
		uint8_t old = dtb[i];

		for (unsigned bit = 0; bit < 8; bit++) {
			dtb[i] = (uint8_t)(old ^ 1U << bit);
			(void)!vmdesc_parse(dtb, size, &host3, &desc, &error);
		}
		dtb[i] = old;
	}
	assert_int_equal(vmdesc_parse(dtb, size, &host3, &desc, &error), PLINTH_OK);
	free(dtb);
}

/* A version that libfdt claims to read but cannot check. */
static void test_old_version(void **state)
{
	(void)state;
	size_t size;
	uint8_t *dtb = dts_compile("/dts-v1/; / { " COMPLETE "};", &size);
	struct vmdesc desc;
	struct loader_error error;

	dtb[23] = 16; /* struct fdt_header.version */
	assert_int_equal(vmdesc_parse(dtb, size, &host3, &desc, &error), PLINTH_EINVAL);
	assert_string_equal(error.text, "vm.dtb: has devicetree version 16, too old");
	free(dtb);
}

static void test_firmware(void **state)
{
	static const char without_kernel[] = "compatible = \"plinth,vm\"; vcpus = <1>; "
					     "memory = /bits/ 64 <0x4000000>; ";

	(void)state;
	struct parsed p = parse_on(&host3, without_kernel, "firmware = \"uefi\";");

	assert_int_equal(p.status, PLINTH_OK);
	assert_int_equal(p.desc.flags, VM_FLAG_UEFI);
	assert_null(p.desc.kernel);
	assert_null(p.desc.firmware);
	assert_true(vmdesc_has_firmware(&p.desc));
	free(p.dtb);
	p = parse_on(&host3, COMPLETE, "firmware = \"uefi\"; nvram = \"volatile\";");
	assert_int_equal(p.desc.flags, VM_FLAG_UEFI | VM_FLAG_NVRAM_VOLATILE);
	assert_string_equal(p.desc.kernel, "Image");
	free(p.dtb);
	p = parse_on(&host3, without_kernel, "firmware = \"u-boot.bin\";");
	assert_int_equal(p.status, PLINTH_OK);
	assert_int_equal(p.desc.flags, 0);
	assert_string_equal(p.desc.firmware, "u-boot.bin");
	assert_true(vmdesc_has_firmware(&p.desc));
	free(p.dtb);
	/* Runtime services alone, for a kernel that brings stubs of its own. */
	p = parse_on(&host3, COMPLETE, "nvram = \"kept\";");
	assert_int_equal(p.desc.flags, VM_FLAG_UEFI);
	assert_false(vmdesc_has_firmware(&p.desc));
	free(p.dtb);
	expect_error("firmware = \"\";", "firmware: is empty");
	expect_error("firmware = \"f\"; secondary-boot = \"spin-table\";",
		"secondary-boot: with a firmware of the VM, \"psci\" is all that there is");
	expect_error("firmware = \"f\"; secondary-boot = \"parking\"; tables = \"acpi\";",
		"secondary-boot: with a firmware of the VM, \"psci\" is all that there is");
	expect_error("firmware = \"uefi\"; secondary-boot = \"spin-table\";",
		"secondary-boot: with firmware = \"uefi\", \"psci\" or \"parking\"");
	expect_error_in(without_kernel, "kernel: is missing");
}

static void test_disks(void **state)
{
	(void)state;
	struct parsed p = parse_on(&host3, COMPLETE,
		"disk@1f { size = /bits/ 64 <0x140000000>; };"
		"disk@0 { image = \"esp.img\"; read-only; };"
		"disk@3 { image = \"data\"; size = <0x200000>; };");

	assert_int_equal(p.status, PLINTH_OK);
	assert_int_equal(p.desc.disk_count, 3);
	assert_string_equal(p.desc.disks[0].name, "disk@0");
	assert_string_equal(p.desc.disks[0].image, "esp.img");
	assert_true(p.desc.disks[0].is_read_only);
	assert_int_equal(p.desc.disks[0].size, 0);
	assert_string_equal(p.desc.disks[1].name, "disk@3");
	assert_string_equal(p.desc.disks[1].image, "data");
	assert_int_equal(p.desc.disks[1].size, 0x200000);
	assert_false(p.desc.disks[1].is_read_only);
	assert_string_equal(p.desc.disks[2].name, "disk@1f");
	assert_null(p.desc.disks[2].image);
	assert_int_equal(p.desc.disks[2].size, 0x140000000);
	free(p.dtb);
}

static void test_bad_disks(void **state)
{
	static const char not_a_number[] =
		"vm.dtb: node \"disk@%s\": a disk is disk@ and a hexadecimal number";
	static const char *const names[] = {"x", "A", "01", "123456789", "1,0"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char body[64], error[128];

		snprintf(body, sizeof(body), "disk@%s { image = \"i\"; };", names[i]);
		snprintf(error, sizeof(error), not_a_number, names[i]);
		expect_error(body, error);
	}
	expect_error("disk { };", "vm.dtb: unknown node \"disk\" in /");
	expect_error("disk@0 { };", "disk@0: has neither image nor size");
	expect_error("disk@0 { read-only; size = <0x200000>; };", "disk@0: read-only: needs image");
	expect_error("disk@0 { image = \"\"; };", "disk@0: image: is empty");
	expect_error("disk@0 { image; };", "disk@0: image: is not one string");
	expect_error(
		"disk@0 { image = \"i\"; read-only = <1>; };", "disk@0: read-only: takes no value");
	expect_error("disk@0 { size = <0>; };", "disk@0: size: 0x0 is not a multiple of 2 MiB");
	expect_error("disk@0 { size = <0x100000>; };",
		"disk@0: size: 0x100000 is not a multiple of 2 MiB");
	expect_error("disk@0 { size = <1 2 3>; };",
		"disk@0: size: is 12 bytes long, not one number of 8 bytes: write /bits/ 64 <...>");
	expect_error("disk@0 { format = \"raw\"; };", "disk@0: unknown property \"format\"");
	expect_error("disk@0 { size = <0x200000>; a { }; };", "disk@0: has a node in it");
	expect_error("disk@0 { size = <0x200000>; }; disk@1 { size = <0x200000>; };"
		     "disk@2 { size = <0x200000>; }; disk@3 { size = <0x200000>; };"
		     "disk@4 { size = <0x200000>; }; disk@5 { size = <0x200000>; };"
		     "disk@6 { size = <0x200000>; }; disk@7 { size = <0x200000>; };"
		     "disk@8 { size = <0x200000>; };",
		"disk@8: is one more than the 8 disks that a VM can have");
}

/* dtc makes one node of two; a blob may hold both. */
static void test_disk_twice(void **state)
{
	(void)state;
	struct parsed p = parse_on(
		&host3, COMPLETE, "disk@1 { size = <0x200000>; }; disk@2 { size = <0x200000>; };");
	size_t size = p.size;
	uint8_t *name = memmem(p.dtb, size, "disk@2", 6);

	assert_non_null(name);
	name[5] = '1';
	assert_int_equal(vmdesc_parse(p.dtb, size, &host3, &p.desc, &p.error), PLINTH_EINVAL);
	assert_string_equal(p.error.text, "disk@1: is there twice");
	free(p.dtb);
}

static void test_no_devicetree(void **state)
{
	(void)state;
	_Alignas(8) char text[64] = "/dts-v1/; / { compatible = \"plinth,vm\"; };";
	struct vmdesc desc;
	struct loader_error error;

	assert_int_equal(vmdesc_parse(text, sizeof(text), &host3, &desc, &error), PLINTH_EINVAL);
	assert_string_equal(error.text, "vm.dtb: is no valid devicetree (FDT_ERR_BADMAGIC)");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_everything),
		cmocka_unit_test(test_other_forms),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_not_yet),
		cmocka_unit_test(test_boot_and_tables),
		cmocka_unit_test(test_vcpus),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_for_vmware_alone),
		cmocka_unit_test(test_guestinfo_is_bounded),
		cmocka_unit_test(test_damaged_blobs),
		cmocka_unit_test(test_old_version),
		cmocka_unit_test(test_firmware),
		cmocka_unit_test(test_disks),
		cmocka_unit_test(test_bad_disks),
		cmocka_unit_test(test_disk_twice),
		cmocka_unit_test(test_no_devicetree),
	};

	return cmocka_run_group_tests_name("loader/vmdesc", tests, NULL, NULL);
}
