/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct memory_map map;

static void assert_entry(uint32_t i, uint64_t base, uint64_t end, enum boot_mem_type type)
{
	assert_true(i < map.list.count);
	assert_true(map.list.entry[i].base == base);
	assert_true(map.list.entry[i].base + map.list.entry[i].size == end);
	assert_int_equal(map.list.entry[i].type, type);
}

static void set(uint64_t base, uint64_t size, enum boot_mem_type type)
{
	assert_int_equal(memory_set_type(&map, base, size, type), PLINTH_OK);
}

static int setup(void **state)
{
	(void)state;
	memory_init(&map);
	assert_int_equal(memory_add_ram(&map, 0x40000000, 0x100000), PLINTH_OK);
	return 0;
}

static void ram_is_sorted_and_merged(void **state)
{
	(void)state;
	assert_int_equal(memory_add_ram(&map, 0x10000000, 0x2000), PLINTH_OK);
	assert_int_equal(memory_add_ram(&map, 0x3ff00000, 0x100000), PLINTH_OK);
	assert_int_equal(map.list.count, 2);
	assert_entry(0, 0x10000000, 0x10002000, BOOT_MEM_FREE);
	assert_entry(1, 0x3ff00000, 0x40100000, BOOT_MEM_FREE);
}

static void overlapping_ram_keeps_types(void **state)
{
	(void)state;
	set(0x40010000, 0x1000, BOOT_MEM_RESERVED);
	assert_int_equal(memory_add_ram(&map, 0x40008000, 0x200000), PLINTH_OK);
	assert_int_equal(map.list.count, 3);
	assert_entry(0, 0x40000000, 0x40010000, BOOT_MEM_FREE);
	assert_entry(1, 0x40010000, 0x40011000, BOOT_MEM_RESERVED);
	assert_entry(2, 0x40011000, 0x40208000, BOOT_MEM_FREE);
}

static void ram_is_cut_to_whole_pages(void **state)
{
	(void)state;
	assert_int_equal(memory_add_ram(&map, 0x50000001, 0x2fff), PLINTH_OK);
	assert_entry(1, 0x50001000, 0x50003000, BOOT_MEM_FREE);
	assert_int_equal(memory_add_ram(&map, 0x60000800, 0x1000), PLINTH_OK); /* no whole page */
	assert_int_equal(memory_add_ram(&map, 0x70000000, 0), PLINTH_OK);
	assert_int_equal(map.list.count, 2);
}

static void ram_beyond_the_limit(void **state)
{
	(void)state;
	assert_int_equal(memory_add_ram(&map, MEMORY_LIMIT - 0x1000, 0x2000), PLINTH_ERANGE);
	assert_entry(1, MEMORY_LIMIT - 0x1000, MEMORY_LIMIT, BOOT_MEM_FREE);
	assert_int_equal(memory_add_ram(&map, UINT64_MAX - 0xfff, 0x2000), PLINTH_ERANGE);
	assert_int_equal(map.list.count, 2);
}

static void types_split_and_merge(void **state)
{
	(void)state;
	set(0x40004800, 0x1000, BOOT_MEM_BOOT); /* touches two pages */
	assert_int_equal(map.list.count, 3);
	assert_entry(1, 0x40004000, 0x40006000, BOOT_MEM_BOOT);
	set(0x40006000, 0x1000, BOOT_MEM_BOOT);
	assert_int_equal(map.list.count, 3);
	assert_entry(1, 0x40004000, 0x40007000, BOOT_MEM_BOOT);
	set(0x40004000, 0x3000, BOOT_MEM_FREE);
	assert_int_equal(map.list.count, 1);
}

static void types_outside_of_ram(void **state)
{
	(void)state;
	set(0x1000, 0x1000, BOOT_MEM_RESERVED);
	set(0x40100000, 0x1000, BOOT_MEM_RESERVED);
	set(0x40000000, 0, BOOT_MEM_RESERVED);
	assert_int_equal(map.list.count, 1);
	set(0x3fff0000, 0x11000, BOOT_MEM_RESERVED); /* half of it is RAM */
	assert_entry(0, 0x40000000, 0x40001000, BOOT_MEM_RESERVED);
	set(0x400ff000, UINT64_MAX, BOOT_MEM_RESERVED); /* wraps: to the end */
	assert_entry(2, 0x400ff000, 0x40100000, BOOT_MEM_RESERVED);
}

static void is_ram(void **state)
{
	(void)state;
	set(0x40004000, 0x1000, BOOT_MEM_BOOT);
	assert_int_equal(memory_add_ram(&map, 0x50000000, 0x1000), PLINTH_OK);
	assert_true(memory_is_ram(&map, 0x40000000, 0x100000));
	assert_true(memory_is_ram(&map, 0x400fffff, 1));
	assert_false(memory_is_ram(&map, 0x40000000, 0x100001));
	assert_false(memory_is_ram(&map, 0x3fffffff, 2));
	assert_false(memory_is_ram(&map, 0x400ff000, 0x10000000));
	assert_false(memory_is_ram(&map, 0x60000000, 1));
}

static void alloc_takes_the_top(void **state)
{
	uint64_t base;

	(void)state;
	assert_int_equal(memory_add_ram(&map, 0x80000000, 0x3000), PLINTH_OK);
	assert_int_equal(memory_alloc(&map, 0x1001, 1, BOOT_MEM_IMAGE, &base), PLINTH_OK);
	assert_true(base == 0x80001000);
	assert_entry(2, 0x80001000, 0x80003000, BOOT_MEM_IMAGE);
	assert_int_equal(memory_alloc(&map, 0x2000, 0x10000, BOOT_MEM_CORE, &base), PLINTH_OK);
	assert_true(base == 0x400f0000); /* too large for the rest above */
	assert_int_equal(memory_total(&map, BOOT_MEM_CORE), 0x2000);
	assert_int_equal(memory_total(&map, BOOT_MEM_IMAGE), 0x2000);
	assert_int_equal(memory_total(&map, BOOT_MEM_FREE), 0x100000 - 0x2000 + 0x1000);
}

static void alloc_fails(void **state)
{
	uint64_t base = 77;

	(void)state;
	assert_int_equal(memory_alloc(&map, 0, 1, BOOT_MEM_BOOT, &base), PLINTH_EINVAL);
	assert_int_equal(memory_alloc(&map, 0x100001, 1, BOOT_MEM_BOOT, &base), PLINTH_ENOMEM);
	assert_int_equal(memory_alloc(&map, UINT64_MAX, 1, BOOT_MEM_BOOT, &base), PLINTH_ENOMEM);
	assert_int_equal(
		memory_alloc(&map, 0x1000, UINT64_C(1) << 40, BOOT_MEM_BOOT, &base), PLINTH_ENOMEM);
	assert_true(base == 77);
	assert_int_equal(map.list.count, 1);
}

static void alloc_never_gives_address_0(void **state)
{
	uint64_t base;

	(void)state;
	memory_init(&map);
	assert_int_equal(memory_add_ram(&map, 0, 0x2000), PLINTH_OK);
	assert_int_equal(memory_alloc(&map, 0x2000, 1, BOOT_MEM_BOOT, &base), PLINTH_ENOMEM);
	assert_int_equal(memory_alloc(&map, 0x1000, 1, BOOT_MEM_BOOT, &base), PLINTH_OK);
	assert_true(base == 0x1000);
}

static void alloc_lowest_takes_the_bottom(void **state)
{
	uint64_t base = 0;

	(void)state;
	assert_int_equal(memory_add_ram(&map, 0x10001000, 0x2000), PLINTH_OK);
	/* the first range has no room at that alignment, the second has it at its start */
	assert_int_equal(
		memory_alloc_lowest(&map, 0x3000, 0x10000, BOOT_MEM_IMAGE, &base), PLINTH_OK);
	assert_true(base == 0x40000000);
	assert_int_equal(
		memory_alloc_lowest(&map, 0x1000, 0x10000, BOOT_MEM_IMAGE, &base), PLINTH_OK);
	assert_true(base == 0x40010000); /* behind the first, aligned */
	assert_int_equal(memory_alloc_lowest(&map, 1, 1, BOOT_MEM_IMAGE, &base), PLINTH_OK);
	assert_true(base == 0x10001000);
	assert_int_equal(memory_alloc_lowest(&map, 0, 1, BOOT_MEM_IMAGE, &base), PLINTH_EINVAL);
	assert_int_equal(
		memory_alloc_lowest(&map, 0x100000, 1, BOOT_MEM_IMAGE, &base), PLINTH_ENOMEM);
	memory_init(&map);
	assert_int_equal(memory_add_ram(&map, 0, 0x200000), PLINTH_OK);
	assert_int_equal(
		memory_alloc_lowest(&map, 0x1000, 0x100000, BOOT_MEM_IMAGE, &base), PLINTH_OK);
	assert_true(base == 0x100000); /* address 0 reads as none */
}

static void full_map_stays_as_it_was(void **state)
{
	static struct memory_list before;
	uint64_t base;

	(void)state;
	for (uint64_t i = 1; i < BOOT_MEM_MAX; i++) {
		assert_int_equal(memory_add_ram(&map, i * 0x10000, 0x1000), PLINTH_OK);
	}
	assert_int_equal(map.list.count, BOOT_MEM_MAX);
	before = map.list;
	assert_int_equal(memory_add_ram(&map, 0x90000000, 0x1000), PLINTH_ENOMEM);
	assert_int_equal(memory_set_type(&map, 0x40001000, 1, BOOT_MEM_BOOT), PLINTH_ENOMEM);
	assert_int_equal(memory_alloc(&map, 0x2000, 1, BOOT_MEM_BOOT, &base), PLINTH_ENOMEM);
	assert_memory_equal(&before, &map.list, sizeof(before));
	set(0x10000, 0x1000, BOOT_MEM_BOOT); /* a whole entry needs no other */
}

#define MODEL_PAGES 64U

/* Random ranges against an array with one type per page. */
static void random_against_a_model(void **state)
{
	uint32_t model[MODEL_PAGES] = {0};

	(void)state;
	srand(1);
	memory_init(&map);
	for (unsigned round = 0; round < 2000; round++) {
		unsigned first = (unsigned)rand() % MODEL_PAGES;
		unsigned count = 1U + (unsigned)rand() % (MODEL_PAGES - first);
		enum boot_mem_type type = (enum boot_mem_type)(1 + rand() % 6);
		bool add = rand() % 4 == 0;

		if (add) {
			assert_int_equal(
				memory_add_ram(&map, first * 0x1000ULL, count * 0x1000ULL), 0);
		} else {
			set(first * 0x1000ULL, count * 0x1000ULL, type);
		}
		for (unsigned i = first; i < first + count; i++) {
			if (add ? model[i] == 0U : model[i] != 0U) {
				model[i] = add ? (uint32_t)BOOT_MEM_FREE : (uint32_t)type;
			}
		}
		for (uint32_t i = 0, page = 0; page < MODEL_PAGES; page++) {
			const struct boot_mem *e = &map.list.entry[i];
			bool in = i < map.list.count && page * 0x1000ULL >= e->base;

			assert_int_equal(model[page], in ? e->type : 0U);
			if (in && e->base + e->size == (page + 1) * 0x1000ULL) {
				i++;
				/* merged: a neighbour must differ */
				assert_false(i < map.list.count && e[1].base == e->base + e->size &&
					     e[1].type == e->type);
			}
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ram_is_sorted_and_merged, setup),
		cmocka_unit_test_setup(overlapping_ram_keeps_types, setup),
		cmocka_unit_test_setup(ram_is_cut_to_whole_pages, setup),
		cmocka_unit_test_setup(ram_beyond_the_limit, setup),
		cmocka_unit_test_setup(types_split_and_merge, setup),
		cmocka_unit_test_setup(types_outside_of_ram, setup),
		cmocka_unit_test_setup(is_ram, setup),
		cmocka_unit_test_setup(alloc_takes_the_top, setup),
		cmocka_unit_test_setup(alloc_fails, setup),
		cmocka_unit_test_setup(alloc_never_gives_address_0, setup),
		cmocka_unit_test_setup(alloc_lowest_takes_the_bottom, setup),
		cmocka_unit_test_setup(full_map_stays_as_it_was, setup),
		cmocka_unit_test_setup(random_against_a_model, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
