/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables are built in host memory and read here by a walker of our own. The first round builds
 * them from hypmap's own pool; an image whose physical address is its link address makes the
 * pool's addresses physical ones. Later rounds get every table from the test's allocator.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "abi/boot_info.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "fake/maintenance.h"
#include "fake/panic.h"
#include "hypmap/hypmap.h"

#define RAM	   UINT64_C(0x40000000)
#define CORE_PA	   UINT64_C(0x40200000)
#define DEVICE	   UINT64_C(0x09000000)
#define TRAMPOLINE CORE_PA
#define PAGE_MAX   256U

#define DESC_VALID   BIT(0)
#define DESC_TABLE   BIT(1)
#define DESC_RO	     BIT(7)
#define DESC_AF	     BIT(10)
#define DESC_XN	     BIT(54)
#define DESC_ADDRESS UINT64_C(0x0000fffffffff000)

static struct hypmap_image image;
static struct boot_info info;
static uint64_t root;
static void *pages[PAGE_MAX];
static unsigned page_count;
static unsigned barriers[FAKE_OP_COUNT];

static pa_t alloc_page(void)
{
	assert_true(page_count < PAGE_MAX);
	void *page = aligned_alloc(PAGE_SIZE, PAGE_SIZE);

	assert_non_null(page);
	memset(page, 0, PAGE_SIZE);
	pages[page_count++] = page;
	return pa_of(page);
}

static void count_barrier(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	barriers[op]++;
}

struct leaf {
	unsigned level; /* 1: 1 GiB, 2: 2 MiB, 3: 4 KiB; 0: nothing is mapped */
	uint64_t pa;
	uint64_t entry;
};

static struct leaf walk(uint64_t va)
{
	uint64_t table = root;

	for (unsigned level = 0; level <= 3U; level++) {
		unsigned shift = 39U - 9U * level;
		uint64_t entry = ((const uint64_t *)(uintptr_t)table)[(va >> shift) & 511U];
		bool is_leaf = level == 3U || (entry & DESC_TABLE) == 0U;

		if ((entry & DESC_VALID) == 0U) {
			assert_int_equal(entry, 0);
			return (struct leaf){0};
		}
		if (is_leaf) {
			assert_true(level != 0U);
			assert_true(level != 3U || (entry & DESC_TABLE) != 0U);
			assert_true((entry & DESC_AF) != 0U);
			uint64_t offset = va & (BIT(shift) - 1U);

			return (struct leaf){level, (entry & DESC_ADDRESS) + offset, entry};
		}
		table = entry & DESC_ADDRESS;
	}
	return (struct leaf){0};
}

static bool is_mapped(uint64_t va)
{
	return walk(va).level != 0U;
}

static bool can_write(uint64_t va)
{
	struct leaf l = walk(va);

	return l.level != 0U && (l.entry & DESC_RO) == 0U;
}

static bool can_execute(uint64_t va)
{
	struct leaf l = walk(va);

	return l.level != 0U && (l.entry & DESC_XN) == 0U;
}

static unsigned attribute_of(uint64_t va)
{
	return (unsigned)(walk(va).entry >> 2) & 7U;
}

/* Every leaf below `table`: none may be writable and executable. Depth is that of the tables. */
static unsigned count_leaves(uint64_t table, unsigned level)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 512U; i++) {
		uint64_t entry = ((const uint64_t *)(uintptr_t)table)[i];

		if (entry == 0U) {
			continue;
		}
		if (level < 3U && (entry & DESC_TABLE) != 0U) {
			count += count_leaves(entry & DESC_ADDRESS, level + 1U);
			continue;
		}
		assert_true((entry & DESC_RO) != 0U || (entry & DESC_XN) != 0U);
		count++;
	}
	return count;
}

static void add_mem(uint64_t base, uint64_t size, enum boot_mem_type type)
{
	info.mem[info.mem_count++] = (struct boot_mem){base, size, type, 0};
}

/* 1 GiB of RAM at 1 GiB, with the core, firmware's memory and boot's in its first 4 MiB, and 1 GiB
 * more that is used whole. */
static void describe_ram(void)
{
	add_mem(RAM, MIB(2), BOOT_MEM_FREE);
	add_mem(CORE_PA, MIB(1), BOOT_MEM_CORE);
	add_mem(CORE_PA + MIB(1), KIB(64), BOOT_MEM_RESERVED);
	add_mem(CORE_PA + MIB(1) + KIB(64), MIB(1) - KIB(64), BOOT_MEM_BOOT);
	add_mem(RAM + MIB(4), GIB(1) - MIB(4), BOOT_MEM_FREE);
	add_mem(RAM + GIB(1), GIB(1), BOOT_MEM_IMAGE);
}

static void build(uint64_t image_pa)
{
	memset(&info, 0, sizeof(info));
	image = (struct hypmap_image){image_pa, 3U * PAGE_SIZE, PAGE_SIZE, 2U * PAGE_SIZE};
	root = hypmap_early(&image, TRAMPOLINE);
	describe_ram();
}

/* The first test: empties the pool. */
static void first_tables_need_no_allocator(void **state)
{
	(void)state;
	build(HYPMAP_IMAGE);
	hypmap_init(&info, alloc_page);
	assert_int_equal(page_count, 0);
	assert_true(hypmap_table_bytes() >= 7U * PAGE_SIZE); /* root, image, trampoline */
	assert_int_equal(walk(HYPMAP_IMAGE).pa, HYPMAP_IMAGE);
	assert_int_equal(walk(RAM + GIB(1)).level, 1);
	while (page_count == 0U) {
		root = hypmap_early(&image, TRAMPOLINE);
	}
}

static int setup(void **state)
{
	(void)state;
	build(CORE_PA);
	memset(barriers, 0, sizeof(barriers));
	fake_maintain_hook(count_barrier, NULL);
	return 0;
}

static int setup_ram(void **state)
{
	int failed = setup(state);

	hypmap_init(&info, alloc_page);
	return failed;
}

static int teardown(void **state)
{
	(void)state;
	fake_maintain_hook(NULL, NULL);
	return 0;
}

static int free_pages(void **state)
{
	(void)state;
	while (page_count != 0U) {
		free(pages[--page_count]);
	}
	return 0;
}

static void image_parts_have_their_rights(void **state)
{
	(void)state;
	for (uint64_t at = 0; at < 6U * PAGE_SIZE; at += PAGE_SIZE) {
		bool is_text = at < 3U * PAGE_SIZE;
		bool is_data = at >= 4U * PAGE_SIZE;

		assert_int_equal(walk(HYPMAP_IMAGE + at).pa, CORE_PA + at);
		assert_int_equal(attribute_of(HYPMAP_IMAGE + at), 1);
		assert_int_equal(can_execute(HYPMAP_IMAGE + at), is_text);
		assert_int_equal(can_write(HYPMAP_IMAGE + at), is_data);
	}
	assert_false(is_mapped(HYPMAP_IMAGE + 6U * PAGE_SIZE));
	assert_false(is_mapped(HYPMAP_IMAGE - PAGE_SIZE));
}

static void the_trampoline_alone_is_mapped_onto_itself(void **state)
{
	(void)state;
	assert_int_equal(walk(TRAMPOLINE).pa, TRAMPOLINE);
	assert_true(can_execute(TRAMPOLINE) && !can_write(TRAMPOLINE));
	assert_false(is_mapped(TRAMPOLINE + PAGE_SIZE));
	assert_false(is_mapped(TRAMPOLINE - PAGE_SIZE));
	assert_int_equal(count_leaves(root, 0), 7);
}

static void ram_is_mapped_onto_itself_with_holes(void **state)
{
	(void)state;
	assert_int_equal(walk(RAM + 0x1234U).pa, RAM + 0x1234U);
	assert_true(can_write(RAM) && !can_execute(RAM));
	assert_int_equal(attribute_of(RAM), 1);
	for (uint64_t at = CORE_PA + PAGE_SIZE; at < CORE_PA + MIB(1) + KIB(64); at += PAGE_SIZE) {
		assert_false(is_mapped(at)); /* the core, and firmware's */
	}
	assert_false(can_write(CORE_PA)); /* the trampoline */
	assert_true(can_write(CORE_PA + MIB(1) + KIB(64)));
	assert_true(can_write(CORE_PA + MIB(2) - PAGE_SIZE));
	assert_false(is_mapped(RAM - PAGE_SIZE));
	assert_false(is_mapped(RAM + GIB(2)));
	assert_false(is_mapped(0));
}

static void leaves_are_as_large_as_they_can_be(void **state)
{
	(void)state;
	assert_int_equal(walk(RAM).level, 2);
	assert_int_equal(walk(CORE_PA + MIB(1) + KIB(64)).level, 3);
	assert_int_equal(walk(RAM + MIB(4)).level, 2);
	assert_int_equal(walk(RAM + GIB(1)).level, 1);
	assert_int_equal(walk(RAM + GIB(1) + 0x12345678U).pa, RAM + GIB(1) + 0x12345678U);
}

static void nothing_is_writable_and_executable(void **state)
{
	(void)state;
	hypmap_cpu(0);
	assert_int_equal(hypmap_device(pa_init(DEVICE), PAGE_SIZE), PLINTH_OK);
	assert_true(count_leaves(root, 0) > 500U);
}

static void without_free_memory_at_the_front(void **state)
{
	(void)state;
	info.mem_count = 0;
	add_mem(RAM, MIB(1), BOOT_MEM_BOOT);
	add_mem(RAM + MIB(8), MIB(2), BOOT_MEM_FREE);
	add_mem(RAM + MIB(16), MIB(4), BOOT_MEM_FREE);
	add_mem(RAM + MIB(32), MIB(2), BOOT_MEM_PEN);
	hypmap_init(&info, alloc_page);
	assert_true(can_write(RAM) && can_write(RAM + MIB(8)) && can_write(RAM + MIB(16)) &&
		    can_write(RAM + MIB(32)));
	assert_false(is_mapped(RAM + MIB(1)));
}

static void ram_beyond_the_identity_map_panics(void **state)
{
	(void)state;
	info.mem_count = 0;
	add_mem(BIT(47) - PAGE_SIZE, 2U * PAGE_SIZE, BOOT_MEM_FREE);
	assert_true(FAKE_EXPECT_PANIC("check failed", hypmap_init(&info, alloc_page)));
}

static void devices_are_mapped_by_the_page(void **state)
{
	(void)state;
	assert_int_equal(hypmap_device(pa_init(DEVICE + 0x10U), 0x1000), PLINTH_OK);
	assert_true(barriers[FAKE_DSB_ISH] != 0U && barriers[FAKE_ISB] != 0U);
	for (uint64_t at = DEVICE; at < DEVICE + 2U * PAGE_SIZE; at += PAGE_SIZE) {
		assert_int_equal(walk(at).pa, at);
		assert_int_equal(walk(at).level, 3);
		assert_int_equal(attribute_of(at), 0);
		assert_true(can_write(at) && !can_execute(at));
	}
	assert_false(is_mapped(DEVICE + 2U * PAGE_SIZE));
	assert_int_equal(hypmap_device(pa_init(DEVICE), 0x3000), PLINTH_OK); /* again, and more */
	assert_true(is_mapped(DEVICE + 2U * PAGE_SIZE));
}

/* Redistributors of many CPUs are megabytes. */
static void a_large_device_takes_blocks_where_it_fills_them(void **state)
{
	uint64_t base = DEVICE + PAGE_SIZE;

	(void)state;
	assert_int_equal(hypmap_device(pa_init(base), MIB(6)), PLINTH_OK);
	assert_false(is_mapped(base - PAGE_SIZE));
	assert_false(is_mapped(base + MIB(6)));
	for (uint64_t at = base; at < base + MIB(6); at += PAGE_SIZE) {
		bool fills = at >= DEVICE + MIB(2) && at < DEVICE + MIB(6);

		assert_int_equal(walk(at).pa, at);
		assert_int_equal(walk(at).level, fills ? 2 : 3);
		assert_int_equal(attribute_of(at), 0);
	}
	/* Within a block, and over one, with pages on both sides. */
	assert_int_equal(hypmap_device(pa_init(DEVICE + MIB(3)), PAGE_SIZE), PLINTH_OK);
	assert_int_equal(hypmap_device(pa_init(DEVICE), MIB(8)), PLINTH_OK);
	assert_int_equal(walk(DEVICE).level, 3);
	assert_int_equal(walk(DEVICE + MIB(4)).level, 2);
	assert_int_equal(walk(DEVICE + MIB(7)).level, 3); /* a table was there */
	assert_int_equal(walk(DEVICE + MIB(7)).pa, DEVICE + MIB(7));
	assert_false(is_mapped(DEVICE + MIB(8)));
	/* Within the last block of all. */
	assert_int_equal(hypmap_device(pa_init(DEVICE + MIB(16)), MIB(2)), PLINTH_OK);
	assert_int_equal(hypmap_device(pa_init(DEVICE + MIB(17)), PAGE_SIZE), PLINTH_OK);
	assert_false(is_mapped(DEVICE + MIB(18)));
}

static void a_device_in_ram_is_refused(void **state)
{
	(void)state;
	/* In blocks of each size, in a page, and at the end of a range that begins outside. */
	assert_int_equal(hypmap_device(pa_init(RAM + GIB(1)), 1), PLINTH_EEXIST);
	assert_int_equal(hypmap_device(pa_init(RAM + MIB(4)), 1), PLINTH_EEXIST);
	assert_int_equal(hypmap_device(pa_init(CORE_PA + MIB(1) + KIB(64)), 1), PLINTH_EEXIST);
	assert_int_equal(hypmap_device(pa_init(RAM - PAGE_SIZE), 2U * PAGE_SIZE), PLINTH_EEXIST);
	assert_false(is_mapped(RAM - PAGE_SIZE)); /* nothing of it */
}

/* Far from either end of the device, with others of the same table before it. */
static void one_page_of_another_kind_is_in_the_way(void **state)
{
	const uint64_t other = DEVICE + MIB(2) + 5U * PAGE_SIZE;

	(void)state;
	assert_int_equal(hypmap_firmware(pa_init(other), PAGE_SIZE, BOOT_EFI_RODATA), PLINTH_OK);
	assert_int_equal(hypmap_device(pa_init(DEVICE), MIB(6)), PLINTH_EEXIST);
	assert_false(is_mapped(DEVICE));
	assert_false(is_mapped(other - PAGE_SIZE));
	assert_false(can_write(other));
	assert_int_equal(hypmap_device(pa_init(DEVICE), other - DEVICE), PLINTH_OK);
	assert_true(can_write(other - PAGE_SIZE));
	assert_false(can_write(other));
}

static void a_device_in_the_core_is_refused(void **state)
{
	(void)state;
	assert_int_equal(hypmap_device(pa_init(CORE_PA), 1), PLINTH_EEXIST);
	assert_int_equal(hypmap_device(pa_init(CORE_PA + 5U * PAGE_SIZE), 1), PLINTH_EEXIST);
	assert_false(is_mapped(CORE_PA + 5U * PAGE_SIZE));
	/* Memory that firmware keeps may hold a device's registers. */
	assert_int_equal(hypmap_device(pa_init(CORE_PA + MIB(1)), 1), PLINTH_OK);
}

static void malformed_devices_are_refused(void **state)
{
	(void)state;
	assert_int_equal(hypmap_device(pa_init(DEVICE), 0), PLINTH_EINVAL);
	assert_int_equal(hypmap_device(pa_init(BIT(47) - PAGE_SIZE), 0x1001), PLINTH_EINVAL);
	assert_int_equal(hypmap_device(pa_init(UINT64_MAX), 2), PLINTH_EINVAL);
	assert_int_equal(hypmap_device(pa_init(DEVICE), UINT64_MAX), PLINTH_EINVAL);
	assert_int_equal(hypmap_device(pa_init(BIT(47) - PAGE_SIZE), PAGE_SIZE), PLINTH_OK);
}

static void stacks_lie_between_guard_pages(void **state)
{
	static const cpu_id_t cpus[] = {0, 1, CPU_MAX - 1U};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cpus); i++) {
		uint64_t window = HYPMAP_CPU(cpus[i]);

		hypmap_cpu(cpus[i]);
		for (uint64_t at = 0; at < HYPMAP_CPU_STRIDE; at += PAGE_SIZE) {
			bool expected = (at >= HYPMAP_CPU_STACK && at < 0x8000U) ||
					at == HYPMAP_CPU_OVERFLOW_STACK || at == HYPMAP_CPU_PRIVATE;

			assert_int_equal(is_mapped(window + at), expected);
			assert_true(
				!expected || (can_write(window + at) && !can_execute(window + at)));
		}
		/* What vectors.S tests: set all through the stack, clear in the page below it. */
		assert_true((HYPMAP_CPU_STACK_TOP & BIT(HYPMAP_CPU_STACK_BIT)) != 0U);
		assert_true((HYPMAP_CPU_STACK & BIT(HYPMAP_CPU_STACK_BIT)) != 0U);
		assert_true(((HYPMAP_CPU_STACK - 1U) & BIT(HYPMAP_CPU_STACK_BIT)) == 0U);
	}
}

static void two_cpus_share_no_page(void **state)
{
	(void)state;
	hypmap_cpu(0);
	hypmap_cpu(1);
	assert_int_not_equal(walk(HYPMAP_CPU(0) + HYPMAP_CPU_PRIVATE).pa,
		walk(HYPMAP_CPU(1) + HYPMAP_CPU_PRIVATE).pa);
	assert_true(FAKE_EXPECT_PANIC("check failed", hypmap_cpu(1)));
}

static void translation_control_follows_the_cpu(void **state)
{
	(void)state;
	fake_sysregs.id_aa64mmfr0_el1 = 2; /* 40 bits */
	assert_int_equal(hypmap_tcr(), UINT64_C(0x80823510));
	fake_sysregs.id_aa64mmfr0_el1 = 0xf6; /* 52 bits: 48 are used */
	assert_int_equal((hypmap_tcr() >> 16) & 7U, 5);
}

static void image_addresses(void **state)
{
	int *in_image = (int *)(uintptr_t)(HYPMAP_IMAGE + 0x1238U);

	(void)state;
	assert_int_equal(hypmap_image_pa(in_image), CORE_PA + 0x1238U);
	assert_ptr_equal(pa_to_va(pa_of(&info)), &info);
}

#define TEST(f)	    cmocka_unit_test_setup_teardown(f, setup, teardown)
#define TEST_RAM(f) cmocka_unit_test_setup_teardown(f, setup_ram, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_tables_need_no_allocator),
		TEST(image_parts_have_their_rights),
		TEST(the_trampoline_alone_is_mapped_onto_itself),
		TEST_RAM(ram_is_mapped_onto_itself_with_holes),
		TEST_RAM(leaves_are_as_large_as_they_can_be),
		TEST_RAM(nothing_is_writable_and_executable),
		TEST(without_free_memory_at_the_front),
		TEST(ram_beyond_the_identity_map_panics),
		TEST_RAM(devices_are_mapped_by_the_page),
		TEST_RAM(a_large_device_takes_blocks_where_it_fills_them),
		TEST_RAM(a_device_in_ram_is_refused),
		TEST_RAM(one_page_of_another_kind_is_in_the_way),
		TEST_RAM(a_device_in_the_core_is_refused),
		TEST_RAM(malformed_devices_are_refused),
		TEST_RAM(stacks_lie_between_guard_pages),
		TEST_RAM(two_cpus_share_no_page),
		TEST(translation_control_follows_the_cpu),
		TEST(image_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, free_pages);
}
