/* SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/vm_config.h"
#include "base/types.h"

#define BASE VM_RAM_BASE

static struct layout layout;
static struct loader_error error;

static struct kernel_image kernel_at(enum kernel_kind kind, uint64_t offset, uint64_t size)
{
	return (struct kernel_image){
		.kind = kind, .start = BASE + offset, .end = BASE + offset + size};
}

static enum plinth_status plan(const struct kernel_image *kernel, uint64_t ram_size,
	uint64_t dtb_size, uint64_t initrd_size, uint64_t initrd_pa)
{
	const struct layout_input input = {
		.ram_base = BASE,
		.ram_size = ram_size,
		.kernel = kernel,
		.dtb_size = dtb_size,
		.initrd_size = initrd_size,
		.initrd_pa = initrd_pa,
	};

	return layout_plan(&input, &layout, &error);
}

static void test_image(void **state)
{
	(void)state;
	struct kernel_image kernel = kernel_at(KERNEL_IMAGE, 0, MIB(30) + 5);

	assert_int_equal(plan(&kernel, MIB(512), 0x2000, 0, 0), PLINTH_OK);
	assert_int_equal(layout.dtb, BASE + MIB(30) + 0x1000);
	assert_int_equal(layout.initrd, 0);
	assert_int_equal(layout.pen, 0);
	assert_int_equal(layout.tables, 0);
	/* At the end of RAM, at its source's place in 2 MiB. */
	assert_int_equal(plan(&kernel, MIB(512), 0x2000, MIB(3), 0x80123000), PLINTH_OK);
	assert_int_equal(layout.initrd, BASE + MIB(506) + 0x123000);
}

static void test_dtb_crosses_no_block(void **state)
{
	(void)state;
	struct kernel_image kernel = kernel_at(KERNEL_IMAGE, 0, MIB(30) - 0x1000);

	assert_int_equal(plan(&kernel, MIB(512), 0x1000, 0, 0), PLINTH_OK);
	assert_int_equal(layout.dtb, BASE + MIB(30) - 0x1000);
	assert_int_equal(plan(&kernel, MIB(512), 0x2000, 0, 0), PLINTH_OK);
	assert_int_equal(layout.dtb, BASE + MIB(30));
}

static void test_flat_and_elf(void **state)
{
	(void)state;
	struct kernel_image flat = kernel_at(KERNEL_FLAT, KERNEL_FLAT_OFFSET, 100);
	struct kernel_image low = kernel_at(KERNEL_ELF, 0x1000, 0x1000);

	assert_int_equal(plan(&flat, MIB(2), 0x2000, 0, 0), PLINTH_OK);
	assert_int_equal(layout.dtb, BASE);
	/* No room below it: behind it. */
	assert_int_equal(plan(&low, MIB(2), 0x2000, 0, 0), PLINTH_OK);
	assert_int_equal(layout.dtb, BASE + 0x2000);
	assert_int_equal(plan(&low, MIB(2), 0x1000, 0, 0), PLINTH_OK);
	assert_int_equal(layout.dtb, BASE);
}

static void test_initrd_stays_in_the_kernels_gib(void **state)
{
	(void)state;
	struct kernel_image kernel = kernel_at(KERNEL_IMAGE, 0, MIB(30));

	assert_int_equal(plan(&kernel, GIB(8), 0x1000, MIB(40), 0), PLINTH_OK);
	assert_int_equal(layout.initrd, BASE + GIB(1) - MIB(40));
	assert_int_equal(plan(&kernel, GIB(8), 0x1000, GIB(1), 0), PLINTH_EINVAL);
	assert_string_equal(error.text,
		"initrd: 0x40000000 bytes do not fit behind the kernel, between 0x41e01000 and "
		"0x80000000");
}

/* Where 2 MiB of slack are too much, the place in the page is kept. */
static void test_tight_initrd(void **state)
{
	(void)state;
	struct kernel_image kernel = kernel_at(KERNEL_IMAGE, 0, MIB(62));

	assert_int_equal(plan(&kernel, MIB(64), 0x1000, MIB(1), 0x100204), PLINTH_OK);
	assert_int_equal(layout.initrd, BASE + MIB(63) - 0x1000 + 0x204);
	assert_int_equal(plan(&kernel, MIB(64), 0x1000, MIB(2) - 0x1000, 0x1000), PLINTH_OK);
	assert_int_equal(layout.initrd, BASE + MIB(62) + 0x1000);
	assert_int_equal(plan(&kernel, MIB(64), 0x1000, MIB(2) - 0xfff, 0x1000), PLINTH_EINVAL);
	assert_int_equal(plan(&kernel, MIB(64), 0x1000, UINT32_MAX, UINT64_MAX), PLINTH_EINVAL);
}

static void test_no_room_for_dtb(void **state)
{
	(void)state;
	struct kernel_image kernel = kernel_at(KERNEL_IMAGE, 0, MIB(64) - 0x1000);

	assert_int_equal(plan(&kernel, MIB(64), 0x1000, 0, 0), PLINTH_OK);
	assert_int_equal(plan(&kernel, MIB(64), 0x2000, 0, 0), PLINTH_EINVAL);
	assert_string_equal(error.text,
		"memory: 0x4000000 bytes leave no room for the devicetree behind the kernel");
}

/* Pen and tables are the end of RAM, and nothing else comes there. */
static void test_reserved_end(void **state)
{
	(void)state;
	struct kernel_image kernel = kernel_at(KERNEL_IMAGE, 0, MIB(30));
	struct layout_input input = {
		.ram_base = BASE,
		.ram_size = MIB(64),
		.kernel = &kernel,
		.dtb_size = 0x1000,
		.initrd_size = MIB(1),
		.initrd_pa = 0x100000,
		.pen_size = KIB(128),
		.tables_size = KIB(64),
	};

	assert_int_equal(layout_plan(&input, &layout, &error), PLINTH_OK);
	assert_int_equal(layout.tables, BASE + MIB(64) - KIB(64));
	assert_int_equal(layout.pen, BASE + MIB(64) - KIB(192));
	assert_int_equal(layout.initrd, BASE + MIB(61));
	input.pen_size = 0;
	assert_int_equal(layout_plan(&input, &layout, &error), PLINTH_OK);
	assert_int_equal(layout.pen, 0);
	assert_int_equal(layout.tables, BASE + MIB(64) - KIB(64));
	input.pen_size = KIB(64);
	input.tables_size = 0;
	assert_int_equal(layout_plan(&input, &layout, &error), PLINTH_OK);
	assert_int_equal(layout.pen, BASE + MIB(64) - KIB(64));
	assert_int_equal(layout.tables, 0);
}

static void test_no_room_for_reserved(void **state)
{
	(void)state;
	struct kernel_image kernel = kernel_at(KERNEL_FLAT, MIB(1), MIB(1) - KIB(128));
	struct layout_input input = {
		.ram_base = BASE,
		.ram_size = MIB(2),
		.kernel = &kernel,
		.dtb_size = 0x1000,
		.pen_size = KIB(64),
		.tables_size = KIB(64),
	};

	assert_int_equal(layout_plan(&input, &layout, &error), PLINTH_OK);
	assert_int_equal(layout.pen, kernel.end);
	kernel.end++;
	assert_int_equal(layout_plan(&input, &layout, &error), PLINTH_EINVAL);
	assert_string_equal(error.text,
		"memory: 0x200000 bytes leave no room for tables and mailboxes behind the kernel");
	kernel.end = BASE;
	input.pen_size = MIB(2);
	assert_int_equal(layout_plan(&input, &layout, &error), PLINTH_EINVAL);
	/* The devicetree neither. */
	kernel = kernel_at(KERNEL_IMAGE, 0, MIB(2) - KIB(64));
	input.pen_size = 0;
	assert_int_equal(layout_plan(&input, &layout, &error), PLINTH_EINVAL);
	assert_string_equal(error.text,
		"memory: 0x200000 bytes leave no room for the devicetree behind the kernel");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_dtb_crosses_no_block),
		cmocka_unit_test(test_flat_and_elf),
		cmocka_unit_test(test_initrd_stays_in_the_kernels_gib),
		cmocka_unit_test(test_tight_initrd),
		cmocka_unit_test(test_no_room_for_dtb),
		cmocka_unit_test(test_reserved_end),
		cmocka_unit_test(test_no_room_for_reserved),
	};

	return cmocka_run_group_tests_name("loader/layout", tests, NULL, NULL);
}
