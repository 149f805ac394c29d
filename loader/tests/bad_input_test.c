/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that an owner can get wrong, and the line that says so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixture.h"
#include "kernels.h"

static void expect_no_bundle(
	const void *bytes, size_t size, enum plinth_status status, const char *line)
{
	assert_int_equal(harness_load(&machine, bytes, size), status);
	assert_int_equal(machine.line_count, 1);
	assert_string_equal(machine.lines[0], line);
}

static void test_no_cpio(void **state)
{
	(void)state;
	expect_no_bundle(
		"not an archive", 14, PLINTH_EINVAL, "bundle: is no cpio archive of format newc");
}

static void test_empty_bundle(void **state)
{
	(void)state;
	expect_no_bundle("", 0, PLINTH_EINVAL, "bundle: is empty");
}

static void test_compressed_bundle(void **state)
{
	(void)state;
	expect_no_bundle("\x1f\x8b\x08\x00", 4, PLINTH_EINVAL,
		"bundle: is compressed by gzip: give the cpio archive itself");
}

static void test_no_vm(void **state)
{
	(void)state;
	archive_add(&bundle, "readme", ARCHIVE_REGULAR, "text");
	archive_add(&bundle, "next/kernel", ARCHIVE_REGULAR, "for mpboot");
	archive_finish(&bundle);
	expect_no_bundle(bundle.bytes, bundle.size, PLINTH_ENOENT,
		"bundle: has no VM: no folder with a vm.dtb");
}

static void test_truncated(void **state)
{
	(void)state;
	char line[128];

	fixture_add_vm("first", VM);

	size_t whole = bundle.size;

	fixture_add_vm("second", VM);
	snprintf(line, sizeof(line),
		"bundle: is cut off: the entry at byte %zu goes beyond its %zu bytes", whole,
		whole + 200);
	assert_int_equal(harness_load(&machine, bundle.bytes, whole + 200), PLINTH_OK);
	assert_int_equal(machine.config_count, 1);
	assert_int_equal(machine.line_count, 1);
	assert_string_equal(machine.lines[0], line);
}

static void test_truncated_at_once(void **state)
{
	(void)state;
	fixture_add_vm("first", VM);
	expect_no_bundle(bundle.bytes, 150, PLINTH_EINVAL,
		"bundle: is cut off: the entry at byte 0 goes beyond its 150 bytes");
}

static void test_malformed_header(void **state)
{
	(void)state;
	char line[128];

	fixture_add_vm("good", VM);
	snprintf(line, sizeof(line), "bundle: has a malformed header at byte %zu", bundle.size);
	archive_add(&bundle, "x", ARCHIVE_REGULAR, "y");
	bundle.bytes[bundle.size - 110] = 'X'; /* in the header before "x" and "y" */
	assert_int_equal(harness_load(&machine, bundle.bytes, bundle.size), PLINTH_OK);
	assert_int_equal(machine.config_count, 1);
	assert_string_equal(machine.lines[0], line);
}

static void test_missing_dtb(void **state)
{
	(void)state;
	fixture_add_file("bad", "Image", kernel, sizeof(kernel));
	fixture_expect_line("VM \"bad\": vm.dtb: is missing");
}

static void test_malformed_dtb(void **state)
{
	(void)state;
	fixture_add_file("bad", "vm.dtb", "/dts-v1/; / { compatible = \"plinth,vm\"; };", 43);
	fixture_expect_line("VM \"bad\": vm.dtb: is no valid devicetree (FDT_ERR_BADMAGIC)");
}

static void test_huge_dtb(void **state)
{
	(void)state;
	uint8_t *huge = calloc(1, LOADER_VM_DTB_MAX + 1);

	fixture_add_file("bad", "vm.dtb", huge, LOADER_VM_DTB_MAX + 1);
	free(huge);
	fixture_expect_line("VM \"bad\": vm.dtb: has 262145 bytes, more than 262144");
}

static void test_dtb_is_a_folder(void **state)
{
	(void)state;
	archive_add(&bundle, "bad/vm.dtb", ARCHIVE_DIRECTORY, NULL);
	fixture_expect_line("VM \"bad\": vm.dtb: \"vm.dtb\" is no regular file");
}

static void test_unknown_property(void **state)
{
	(void)state;
	fixture_add_vm("bad", VM "cpus = <2>;");
	fixture_expect_line("VM \"bad\": vm.dtb: unknown property \"cpus\" in /");
}

static void test_missing_kernel(void **state)
{
	(void)state;
	fixture_add_dtb("bad", VM);
	fixture_expect_line("VM \"bad\": kernel: file \"Image\" is not in the bundle");
}

static void test_missing_initrd(void **state)
{
	(void)state;
	fixture_add_vm("bad", VM "initrd = \"initrd.gz\";");
	fixture_expect_line("VM \"bad\": initrd: file \"initrd.gz\" is not in the bundle");
}

static void test_empty_initrd(void **state)
{
	(void)state;
	fixture_add_vm("bad", VM "initrd = \"rd\";");
	fixture_add_file("bad", "rd", "", 0);
	fixture_expect_line("VM \"bad\": initrd: file \"rd\" is empty");
}

static void test_symlinked_kernel(void **state)
{
	(void)state;
	fixture_add_dtb("bad", VM);
	archive_add(&bundle, "bad/Image", ARCHIVE_SYMLINK, "../good/Image");
	fixture_expect_line("VM \"bad\": kernel: \"Image\" is no regular file");
}

static void test_memory_zero(void **state)
{
	(void)state;
	fixture_add_vm("bad", WITHOUT_MEMORY "memory = /bits/ 64 <0>;");
	fixture_expect_line("VM \"bad\": memory: is zero");
}

static void test_memory_unaligned(void **state)
{
	(void)state;
	fixture_add_vm("bad", WITHOUT_MEMORY "memory = /bits/ 64 <0x4001000>;");
	fixture_expect_line("VM \"bad\": memory: 0x4001000 is not a multiple of 2 MiB");
}

static void test_memory_beyond(void **state)
{
	(void)state;
	fixture_add_vm("bad", WITHOUT_MEMORY "memory = /bits/ 64 <0x200000000>;");
	fixture_expect_line(
		"VM \"bad\": memory: 0x200000000 bytes, of 0x100000000 only 0x100000000 are "
		"free");
}

static void test_memory_beyond_with_overcommit(void **state)
{
	(void)state;
	fixture_add_vm("bad", WITHOUT_MEMORY "memory = /bits/ 64 <0x200000000>; overcommit;");
	fixture_expect_line(
		"VM \"bad\": memory: 0x200000000 bytes, of 0x100000000 only 0x100000000 are "
		"free");
}

static void test_vcpus_0(void **state)
{
	(void)state;
	fixture_add_vm("bad", WITHOUT_VCPUS "vcpus = <0>;");
	fixture_expect_line("VM \"bad\": vcpus: 0 is not in 1 to 123");
}

static void test_vcpus_1000(void **state)
{
	(void)state;
	fixture_add_vm("bad", WITHOUT_VCPUS "vcpus = <1000>;");
	fixture_expect_line("VM \"bad\": vcpus: 1000 is not in 1 to 123");
}

static void test_kernel_of_x86(void **state)
{
	(void)state;
	static uint8_t elf[64];

	kernels_elf(elf, 0);
	kernels_put16(elf, 18, 62);
	fixture_add_dtb("bad", VM);
	fixture_add_file("bad", "Image", elf, sizeof(elf));
	fixture_expect_line("VM \"bad\": kernel: is an ELF for x86-64, not for arm64");
}

static void test_kernel_too_large(void **state)
{
	(void)state;
	kernels_image(kernel, sizeof(kernel), 0, 0x4000001);
	fixture_add_dtb("bad", VM);
	fixture_add_file("bad", "Image", kernel, sizeof(kernel));
	kernels_image(kernel, sizeof(kernel), 0, 0x10000);
	fixture_expect_line(
		"VM \"bad\": kernel: needs 0x4000001 bytes at 0x40000000, RAM is 0x4000000 at "
		"0x40000000");
}

static void test_firmware_not_in_the_bundle(void **state)
{
	(void)state;
	fixture_add_vm("bad", VM "firmware = \"uefi\";");
	fixture_add_file("bad", "plinth-fw.bin", "not here", 8);
	fixture_expect_line("VM \"bad\": firmware: plinth-fw.bin is missing at the bundle's top, "
			    "where ./plinth pack puts it");
}

static void test_firmware_of_the_vm_missing(void **state)
{
	(void)state;
	fixture_add_vm("bad", VM "firmware = \"u-boot.bin\";");
	archive_add(&bundle, "u-boot.bin", ARCHIVE_REGULAR, "not there");
	fixture_expect_line("VM \"bad\": firmware: file \"u-boot.bin\" is not in the bundle");
}

static void test_firmware_too_large(void **state)
{
	static uint8_t rom[MIB(64) + 1];

	(void)state;
	fixture_add_vm("bad", VM "firmware = \"rom\";");
	fixture_add_file("bad", "rom", rom, sizeof(rom));
	fixture_expect_line("VM \"bad\": firmware: has 0x4000001 bytes, more than 0x4000000");
}

static void test_disk_without_its_image(void **state)
{
	(void)state;
	fixture_add_vm("bad", VM "disk@0 { image = \"data.img\"; };");
	fixture_expect_line("VM \"bad\": disk@0: image: file \"data.img\" is not in the bundle");
}

static void test_disk_smaller_than_its_image(void **state)
{
	static uint8_t image[MIB(2) + 1];

	(void)state;
	fixture_add_vm("bad", VM "disk@a { image = \"data.img\"; size = <0x200000>; };");
	fixture_add_file("bad", "data.img", image, sizeof(image));
	fixture_expect_line(
		"VM \"bad\": disk@a: image: has 0x200001 bytes, more than the disk's 0x200000");
}

static void test_disk_beyond_memory(void **state)
{
	(void)state;
	fixture_add_vm("bad", VM "disk@0 { size = /bits/ 64 <0x100000000>; };");
	fixture_expect_line("VM \"bad\": disk@0: 0x100000000 bytes, of 0x100000000 only "
			    "0xfbf00000 are free");
}

static void test_disk_beyond_addresses(void **state)
{
	(void)state;
	machine.loader.host.ipa_bits = 32;
	fixture_add_vm("bad", VM "disk@0 { size = <0x40000000>; };"
				 "disk@1 { size = <0x40200000>; };");
	fixture_expect_line("VM \"bad\": disk@1: 0x40200000 bytes do not fit between 0xc0000000 "
			    "and 0x100000000");
}

static void test_bad_names(void **state)
{
	(void)state;
	fixture_add_vm("a-name-of-more-than-31-characters", VM);
	fixture_add_vm("a b", VM);
	fixture_add_vm("\x1b[2J", VM);
	fixture_add_vm("good", VM);
	assert_int_equal(fixture_load(), PLINTH_OK);
	assert_int_equal(machine.line_count, 3);
	assert_string_equal(machine.lines[0],
		"VM \"a-name-of-more-than-31-characters\": folder: the name is longer than 31 "
		"characters");
	assert_string_equal(machine.lines[1],
		"VM \"a b\": folder: the name has characters other than letters, digits, '-', '_' "
		"and '.'");
	/* Nothing that steers a terminal. */
	assert_memory_equal(machine.lines[2], "VM \"?[2J\": ", 11);
}

static void test_all_broken(void **state)
{
	(void)state;
	fixture_add_dtb("bad", VM);
	assert_int_equal(fixture_load(), PLINTH_ENOENT);
	assert_int_equal(machine.line_count, 1);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(test_no_cpio),
		CASE(test_empty_bundle),
		CASE(test_compressed_bundle),
		CASE(test_no_vm),
		CASE(test_truncated),
		CASE(test_truncated_at_once),
		CASE(test_malformed_header),
		CASE(test_missing_dtb),
		CASE(test_malformed_dtb),
		CASE(test_huge_dtb),
		CASE(test_dtb_is_a_folder),
		CASE(test_unknown_property),
		CASE(test_missing_kernel),
		CASE(test_missing_initrd),
		CASE(test_empty_initrd),
		CASE(test_symlinked_kernel),
		CASE(test_memory_zero),
		CASE(test_memory_unaligned),
		CASE(test_memory_beyond),
		CASE(test_memory_beyond_with_overcommit),
		CASE(test_vcpus_0),
		CASE(test_vcpus_1000),
		CASE(test_kernel_of_x86),
		CASE(test_kernel_too_large),
		CASE(test_firmware_not_in_the_bundle),
		CASE(test_firmware_of_the_vm_missing),
		CASE(test_firmware_too_large),
		CASE(test_disk_without_its_image),
		CASE(test_disk_smaller_than_its_image),
		CASE(test_disk_beyond_memory),
		CASE(test_disk_beyond_addresses),
		CASE(test_bad_names),
		CASE(test_all_broken),
	};

	return cmocka_run_group_tests_name("loader/bad_input", tests, NULL, NULL);
}
