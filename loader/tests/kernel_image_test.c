/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/vm_config.h"
#include "kernels.h"
#include "loader/loader.h"

#define RAM  MIB(64)
#define BASE VM_RAM_BASE
#define HIGH UINT64_C(0x40200000)

static uint8_t file[1024];
static struct kernel_image image;
static struct loader_error error;

/* On a copy of the exact size, so that ASan sees each read beyond it. */
static enum plinth_status parse(size_t size)
{
	uint8_t *copy = malloc(size + (size == 0));
	enum plinth_status status;

	assert_non_null(copy);
	memcpy(copy, file, size);
	status = kernel_image_parse(copy, size, (struct kernel_ram){VM_RAM_BASE, RAM},
		LOADER_GRANULE_4K, &image, &error);
	free(copy);
	return status;
}

static void expect_error(size_t size, const char *text)
{
	assert_int_equal(parse(size), PLINTH_EINVAL);
	assert_string_equal(error.text, text);
}

static void test_image(void **state)
{
	(void)state;
	kernels_image(file, 128, 0x80000, MIB(20));
	assert_int_equal(parse(128), PLINTH_OK);
	assert_int_equal(image.kind, KERNEL_IMAGE);
	assert_int_equal(image.segment_count, 1);
	assert_int_equal(image.entry, BASE + 0x80000);
	assert_int_equal(image.segments[0].file_size, 128);
	assert_int_equal(image.segments[0].memory_size, MIB(20));
	assert_int_equal(image.end, BASE + 0x80000 + MIB(20));
	/* More bytes than image_size says: all of them. */
	kernels_image(file, 128, 0, 64);
	assert_int_equal(parse(128), PLINTH_OK);
	assert_int_equal(image.end, BASE + 128);
}

static void test_bad_images(void **state)
{
	(void)state;
	kernels_image(file, 128, 0, MIB(1));
	kernels_put64(file, 24, 0xb);
	expect_error(128, "kernel: is a big-endian Image");
	kernels_put64(file, 24, 0x4);
	expect_error(128, "kernel: wants pages of 16 KiB, which this machine does not have");
	kernels_put64(file, 24, 0x6);
	expect_error(128, "kernel: wants pages of 64 KiB, which this machine does not have");
	kernels_put64(file, 24, 0x0);
	assert_int_equal(parse(128), PLINTH_OK);
	kernels_image(file, 128, 0, 0);
	expect_error(128, "kernel: Image without image_size (Linux before 3.17) is not supported");
	kernels_image(file, 128, UINT64_MAX - 3, 64);
	expect_error(128, "kernel: Image has the odd text_offset 0xfffffffffffffffc");
	kernels_image(file, 128, 2, 64);
	expect_error(128, "kernel: Image has the odd text_offset 0x2");
	kernels_image(file, 128, 0x80000, RAM);
	expect_error(128, "kernel: needs 0x4000000 bytes at 0x40080000, RAM is 0x4000000 at "
			  "0x40000000");
	kernels_image(file, 128, 0, UINT64_MAX);
	assert_int_equal(parse(128), PLINTH_EINVAL);
}

/* Two segments behind 2 headers: 8 bytes, and 16 bytes with .bss. */
static size_t two_segments(uint64_t second)
{
	kernels_elf(file, 2);
	kernels_elf_segment(file, 0, 176, HIGH, 8, 8);
	kernels_elf_segment(file, 1, 184, second, 16, 0x1000);
	kernels_put64(file, 24, HIGH + 4);
	return 200;
}

static void test_elf(void **state)
{
	(void)state;
	assert_int_equal(parse(two_segments(HIGH + 0x1000)), PLINTH_OK);
	assert_int_equal(image.kind, KERNEL_ELF);
	assert_int_equal(image.segment_count, 2);
	assert_int_equal(image.entry, HIGH + 4);
	assert_int_equal(image.start, HIGH);
	assert_int_equal(image.end, HIGH + 0x2000);
	assert_int_equal(image.segments[1].offset, 184);
	assert_int_equal(image.segments[1].file_size, 16);
}

/* Linked high, loaded low: the entry follows its segment. */
static void test_elf_entry_is_virtual(void **state)
{
	(void)state;
	size_t size = two_segments(HIGH + 0x1000);

	kernels_put64(file, KERNELS_ELF_SIZE + 16, UINT64_C(0xffff800000000000));
	kernels_put64(file, 24, UINT64_C(0xffff800000000004));
	assert_int_equal(parse(size), PLINTH_OK);
	assert_int_equal(image.entry, HIGH + 4);
}

static void test_elf_layout_mistakes(void **state)
{
	(void)state;
	size_t size = two_segments(HIGH + 4);

	expect_error(size, "kernel: ELF segments 0 and 1 overlap at 0x40200004");
	two_segments(0x1000);
	expect_error(size, "kernel: needs 0x1000 bytes at 0x1000, RAM is 0x4000000 at 0x40000000");
	two_segments(UINT64_MAX - 0xfff);
	assert_int_equal(parse(size), PLINTH_EINVAL);
	two_segments(HIGH + 0x1000);
	kernels_put64(file, 24, HIGH + 0x100);
	expect_error(size, "kernel: ELF starts at 0x40200100, in none of its segments");
	kernels_put64(file, 24, HIGH + 2);
	expect_error(size, "kernel: ELF starts at 0x40200002, in none of its segments");
}

static void test_elf_broken_tables(void **state)
{
	(void)state;
	size_t size = two_segments(HIGH + 0x1000);

	expect_error(size - 1, "kernel: ELF is cut off: segment at 0x40201000");
	kernels_elf_segment(file, 0, 176, HIGH, 9, 8);
	expect_error(size, "kernel: ELF is cut off: segment at 0x40200000");
	kernels_elf_segment(file, 0, UINT64_MAX, HIGH, 8, 8);
	expect_error(size, "kernel: ELF is cut off: segment at 0x40200000");
	expect_error(100, "kernel: ELF has a broken table of segments");
	kernels_put64(file, 32, UINT64_MAX - 10);
	expect_error(size, "kernel: ELF has a broken table of segments");
	two_segments(HIGH + 0x1000);
	kernels_put16(file, 54, 32);
	expect_error(size, "kernel: ELF has a broken table of segments");
	expect_error(63, "kernel: ELF is cut off in its header");
	kernels_elf(file, 0);
	expect_error(64, "kernel: ELF has nothing to load");
	kernels_elf(file, 9);
	for (unsigned i = 0; i < 9; i++) {
		kernels_elf_segment(file, i, 0, HIGH + i * 0x1000, 4, 4);
	}
	expect_error(1000, "kernel: ELF has more than 8 segments");
}

static void test_elf_of_others(void **state)
{
	(void)state;
	size_t size = two_segments(HIGH + 0x1000);

	kernels_put16(file, 18, 62);
	expect_error(size, "kernel: is an ELF for x86-64, not for arm64");
	kernels_put16(file, 18, 40);
	expect_error(size, "kernel: is an ELF for 32-bit Arm, not for arm64");
	kernels_put16(file, 18, 9999);
	expect_error(size, "kernel: is an ELF for an unknown CPU, not for arm64");
	two_segments(HIGH + 0x1000);
	file[4] = 1;
	expect_error(size, "kernel: is a 32-bit ELF");
	two_segments(HIGH + 0x1000);
	file[5] = 2;
	expect_error(size, "kernel: is a big-endian ELF");
	two_segments(HIGH + 0x1000);
	kernels_put16(file, 16, 1);
	expect_error(size, "kernel: is an ELF, but no executable (type 1)");
}

static void test_flat(void **state)
{
	(void)state;
	memset(file, 0x1f, sizeof(file));
	assert_int_equal(parse(3), PLINTH_OK);
	assert_int_equal(image.kind, KERNEL_FLAT);
	assert_int_equal(image.entry, BASE + KERNEL_FLAT_OFFSET);
	assert_int_equal(image.end, BASE + KERNEL_FLAT_OFFSET + 3);
	expect_error(0, "kernel: is empty");
}

static void expect_foreign(size_t offset, const char *magic, size_t size, const char *text)
{
	memset(file, 0, sizeof(file));
	memcpy(file + offset, magic, size);
	expect_error(sizeof(file), text);
}

static void test_foreign(void **state)
{
	(void)state;
	expect_foreign(0x202, "HdrS", 4, "kernel: is an x86 Linux kernel (bzImage)");
	expect_foreign(
		0x24, "\x18\x28\x6f\x01", 4, "kernel: is a 32-bit Arm Linux kernel (zImage)");
	expect_foreign(56, "RSC\x05", 4, "kernel: is a RISC-V Linux kernel");
	expect_foreign(0, "\x28\xb5\x2f\xfd", 4,
		"kernel: is zstd-compressed: of compressed kernels only gzip is supported");
	expect_foreign(
		0, "\x27\x05\x19\x56", 4, "kernel: is a U-Boot image: give the kernel inside it");
	expect_foreign(0, "\xd0\x0d\xfe\xed", 4, "kernel: is a devicetree");
	expect_foreign(0, "070701", 6, "kernel: is a cpio archive");
	expect_foreign(0, "#!/bin/sh", 9, "kernel: is a script");
}

static void test_foreign_pe(void **state)
{
	(void)state;
	memset(file, 0, sizeof(file));
	memcpy(file, "MZ", 2);
	kernels_put32(file, 0x3c, 0x80);
	memcpy(file + 0x80, "PE\0", 4);
	kernels_put16(file, 0x84, 0x8664);
	expect_error(sizeof(file), "kernel: is an EFI program for x86-64");
	kernels_put16(file, 0x84, 0xaa64);
	expect_error(sizeof(file), "kernel: is an EFI program for arm64 without a Linux Image "
				   "header: it needs firmware");
	/* The machine number is cut off, the header lies nowhere: a flat binary. */
	assert_int_equal(parse(0x85), PLINTH_OK);
	kernels_put32(file, 0x3c, UINT32_MAX);
	assert_int_equal(parse(sizeof(file)), PLINTH_OK);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_bad_images),
		cmocka_unit_test(test_elf),
		cmocka_unit_test(test_elf_entry_is_virtual),
		cmocka_unit_test(test_elf_layout_mistakes),
		cmocka_unit_test(test_elf_broken_tables),
		cmocka_unit_test(test_elf_of_others),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_foreign_pe),
	};

	return cmocka_run_group_tests_name("loader/kernel_image", tests, NULL, NULL);
}
