/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_platform.h"
#include "fw/memory.h"

static int setup(void **state)
{
	(void)state;
	fake_platform_init();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_platform_fini();
	return 0;
}

static uint64_t allocate(uint32_t type, uint64_t pages)
{
	uint64_t base = 0;

	assert_int_equal(
		fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, type, pages, &base), EFI_SUCCESS);
	return base;
}

/* Sorted, without overlaps, no two neighbours alike, and as large as the arena. */
static void check_map(void)
{
	struct efi_memory_descriptor region;
	struct efi_memory_descriptor before = {.type = UINT32_MAX};
	uint64_t end = (uintptr_t)fake.arena;

	for (uint32_t i = 0; fw_memory_region(i, &region); i++) {
		assert_true(region.physical_start == end);
		assert_true(region.page_count > 0U);
		assert_false(region.type == before.type && region.attribute == before.attribute);
		end += region.page_count * EFI_PAGE_SIZE;
		before = region;
	}
	assert_true(end == (uintptr_t)fake.arena + ARENA_SIZE);
}

static void test_allocation_is_from_the_top_and_of_its_type(void **state)
{
	uint64_t base = allocate(EFI_LOADER_DATA, 3);
	uint32_t type;

	(void)state;
	assert_true(base == (uintptr_t)fake.arena + ARENA_SIZE - 3U * EFI_PAGE_SIZE);
	assert_true(fw_memory_type(base, &type));
	assert_int_equal(type, EFI_LOADER_DATA);
	check_map();
	assert_int_equal(fw_free_pages(base, 3), EFI_SUCCESS);
	assert_true(fake_free_memory() == ARENA_SIZE);
	check_map();
}

static void test_access_follows_the_type(void **state)
{
	uint64_t code = allocate(EFI_LOADER_CODE, 1);
	uint64_t data = allocate(EFI_BOOT_SERVICES_DATA, 1);
	enum fw_access access;

	(void)state;
	assert_true(platform_access(code, &access));
	assert_int_equal(access, FW_ACCESS_RWX);
	assert_true(platform_access(data, &access));
	assert_int_equal(access, FW_ACCESS_RW);
	assert_int_equal(fw_free_pages(code, 1), EFI_SUCCESS);
	assert_true(platform_access(code, &access));
	assert_int_equal(access, FW_ACCESS_RW);
}

static void test_maximum_and_exact_addresses(void **state)
{
	uint64_t start = (uintptr_t)fake.arena;
	uint64_t base = start + 0x10fff;

	(void)state;
	assert_int_equal(fw_allocate_pages(EFI_ALLOCATE_MAX_ADDRESS, EFI_LOADER_DATA, 16, &base),
		EFI_SUCCESS);
	assert_true(base == start + 0x1000U);
	base = start + 0x1000U;
	assert_int_equal(
		fw_allocate_pages(EFI_ALLOCATE_ADDRESS, EFI_LOADER_DATA, 1, &base), EFI_NOT_FOUND);
	base = start;
	assert_int_equal(
		fw_allocate_pages(EFI_ALLOCATE_ADDRESS, EFI_LOADER_DATA, 1, &base), EFI_SUCCESS);
	base = start + 0x20800U;
	assert_int_equal(
		fw_allocate_pages(EFI_ALLOCATE_ADDRESS, EFI_LOADER_DATA, 1, &base), EFI_NOT_FOUND);
	base = start + 1U;
	assert_int_equal(fw_allocate_pages(EFI_ALLOCATE_MAX_ADDRESS, EFI_LOADER_DATA, 1, &base),
		EFI_OUT_OF_RESOURCES);
	check_map();
}

static void test_nonsense_is_refused(void **state)
{
	uint64_t base = 0;
	void *buffer;

	(void)state;
	assert_int_equal(fw_allocate_pages(3, EFI_LOADER_DATA, 1, &base), EFI_INVALID_PARAMETER);
	assert_int_equal(
		fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_CONVENTIONAL_MEMORY, 1, &base),
		EFI_INVALID_PARAMETER);
	assert_int_equal(fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_PERSISTENT_MEMORY, 1, &base),
		EFI_INVALID_PARAMETER);
	assert_int_equal(fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, 0x6fffffff, 1, &base),
		EFI_INVALID_PARAMETER);
	assert_int_equal(fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA, 1, NULL),
		EFI_INVALID_PARAMETER);
	assert_int_equal(fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA, 0, &base),
		EFI_OUT_OF_RESOURCES);
	assert_int_equal(
		fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA, UINT64_MAX, &base),
		EFI_OUT_OF_RESOURCES);
	assert_int_equal(
		fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_DATA, UINT64_MAX >> 12, &base),
		EFI_OUT_OF_RESOURCES);
	base = (uintptr_t)fake.arena;
	assert_int_equal(fw_free_pages(base, 1), EFI_NOT_FOUND); /* it is free */
	assert_int_equal(fw_free_pages(base + 1U, 1), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_free_pages(base, 0), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_free_pages(base, UINT64_MAX / 4096U), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_free_pages(0, 1), EFI_NOT_FOUND);
	base = allocate(EFI_LOADER_DATA, 2);
	assert_int_equal(fw_free_pages(base, 3), EFI_NOT_FOUND); /* beyond the arena */
	assert_int_equal(fw_free_pages(base - EFI_PAGE_SIZE, 2), EFI_NOT_FOUND);
	assert_int_equal(fw_allocate_pool(EFI_LOADER_DATA, 1, NULL), EFI_INVALID_PARAMETER);
	assert_int_equal(
		fw_allocate_pool(EFI_LOADER_DATA, UINT64_MAX, &buffer), EFI_OUT_OF_RESOURCES);
	check_map();
}

static void test_runtime_memory_comes_in_64_kib(void **state)
{
	uint64_t base;
	struct efi_memory_descriptor region = {0};

	(void)state;
	(void)allocate(EFI_LOADER_DATA, 1);
	base = allocate(EFI_RUNTIME_SERVICES_DATA, 1);
	assert_true(base % FW_RUNTIME_GRANULE == 0U);
	for (uint32_t i = 0; fw_memory_region(i, &region); i++) {
		if (region.physical_start == base) {
			break;
		}
	}
	assert_true(region.page_count == 16U);
	assert_true((region.attribute & EFI_MEMORY_RUNTIME) != 0U);
	assert_int_equal(fw_free_pages(base, 1), EFI_SUCCESS);
	check_map();
}

/* A few pages of a runtime driver's image below memory that is taken. */
static void test_aligned_runtime_memory_takes_no_neighbours(void **state)
{
	uint64_t neighbour = allocate(EFI_LOADER_DATA, 5);
	uint64_t base = 0;
	uint32_t type = 0;

	(void)state;
	assert_int_equal(
		fw_allocate_aligned(EFI_RUNTIME_SERVICES_CODE, 3, 0x1000, &base), EFI_SUCCESS);
	assert_int_equal(base % FW_RUNTIME_GRANULE, 0);
	assert_true(base + FW_RUNTIME_GRANULE <= neighbour);
	assert_true(fw_memory_type(neighbour, &type));
	assert_int_equal(type, EFI_LOADER_DATA);
	assert_true(fw_memory_type(base + FW_RUNTIME_GRANULE - 1U, &type));
	assert_int_equal(type, EFI_RUNTIME_SERVICES_CODE);
	check_map();
	assert_int_equal(fw_free_pages(base, 3), EFI_SUCCESS);
	assert_int_equal(fw_free_pages(neighbour, 5), EFI_SUCCESS);
	assert_true(fake_free_memory() == ARENA_SIZE);
	assert_int_equal(fw_allocate_aligned(
				 EFI_RUNTIME_SERVICES_CODE, UINT64_MAX / 4096U + 1U, 0x1000, &base),
		EFI_OUT_OF_RESOURCES);
}

static void test_map_and_its_key(void **state)
{
	struct efi_memory_descriptor map[8];
	uint64_t size = 0;
	uint64_t step;
	uint32_t version;
	uint64_t key;

	(void)state;
	assert_int_equal(
		fw_get_memory_map(&size, NULL, &key, &step, &version), EFI_BUFFER_TOO_SMALL);
	assert_true(size == sizeof(map[0]));
	assert_int_equal(
		fw_get_memory_map(NULL, map, &key, &step, &version), EFI_INVALID_PARAMETER);
	size = sizeof(map);
	assert_int_equal(fw_get_memory_map(&size, map, &key, &step, &version), EFI_SUCCESS);
	assert_true(size == sizeof(map[0]));
	assert_true(step == sizeof(map[0]));
	assert_int_equal(version, 1);
	assert_int_equal(map[0].type, EFI_CONVENTIONAL_MEMORY);
	assert_true(fw_memory_key_is_current(key));
	(void)allocate(EFI_LOADER_DATA, 1);
	assert_false(fw_memory_key_is_current(key));
}

/* Every other page allocated makes the list grow several times, out of the same memory. */
static void test_list_grows(void **state)
{
	uint64_t start = (uintptr_t)fake.arena;

	(void)state;
	for (uint64_t i = 0; i < 1000U; i++) {
		uint64_t base = start + i * 2U * EFI_PAGE_SIZE;

		assert_int_equal(fw_allocate_pages(EFI_ALLOCATE_ADDRESS, EFI_LOADER_DATA, 1, &base),
			EFI_SUCCESS);
	}
	check_map();
	for (uint64_t i = 0; i < 1000U; i++) {
		assert_int_equal(fw_free_pages(start + i * 2U * EFI_PAGE_SIZE, 1), EFI_SUCCESS);
	}
	check_map();
}

static void test_failed_protection_gives_the_memory_back(void **state)
{
	uint64_t base;

	(void)state;
	fake.protect_fails_at = 1;
	assert_int_equal(fw_allocate_pages(EFI_ALLOCATE_ANY_PAGES, EFI_LOADER_CODE, 5, &base),
		EFI_OUT_OF_RESOURCES);
	assert_true(fake_free_memory() == ARENA_SIZE);
}

static void test_pool(void **state)
{
	static const uint64_t sizes[] = {0, 1, 48, 49, 2032, 2033, 5000, 100000};
	void *buffer[8];

	(void)state;
	for (uint32_t i = 0; i < 8U; i++) {
		assert_int_equal(fw_allocate_pool(EFI_BOOT_SERVICES_DATA, sizes[i], &buffer[i]),
			EFI_SUCCESS);
		assert_true((uintptr_t)buffer[i] % 8U == 0U);
		for (uint64_t at = 0; at < sizes[i]; at++) {
			((uint8_t *)buffer[i])[at] = (uint8_t)i;
		}
	}
	for (uint32_t i = 0; i < 8U; i++) {
		for (uint64_t at = 0; at < sizes[i]; at++) {
			assert_int_equal(((uint8_t *)buffer[i])[at], i);
		}
		assert_int_equal(fw_free_pool(buffer[i]), EFI_SUCCESS);
		assert_int_equal(fw_free_pool(buffer[i]), EFI_INVALID_PARAMETER);
	}
	assert_int_equal(fw_free_pool(NULL), EFI_INVALID_PARAMETER);
	assert_int_equal(fw_free_pool(fake.arena + 8), EFI_INVALID_PARAMETER);
	check_map();
}

/* What is freed is used again: no end of allocations makes the memory less. */
static void test_pool_does_not_leak(void **state)
{
	uint64_t before;
	void *buffer = fw_allocate(100);

	(void)state;
	fw_free(buffer);
	before = fake_free_memory();
	for (uint32_t i = 0; i < 10000U; i++) {
		buffer = fw_allocate(100);
		assert_non_null(buffer);
		fw_free(buffer);
		buffer = fw_allocate(9000);
		assert_non_null(buffer);
		fw_free(buffer);
	}
	assert_true(fake_free_memory() == before);
}

static void test_random_allocations_stay_apart(void **state)
{
	struct {
		uint64_t base;
		uint64_t pages;
	} live[64] = {0};
	uint32_t seed = 1;

	(void)state;
	for (uint32_t round = 0; round < 4000U; round++) {
		uint32_t slot;

		seed = seed * 1664525U + 1013904223U;
		slot = (seed >> 8) % 64U;
		if (live[slot].base != 0U) {
			assert_int_equal(
				fw_free_pages(live[slot].base, live[slot].pages), EFI_SUCCESS);
			live[slot].base = 0;
			continue;
		}
		live[slot].pages = (seed >> 16) % 40U + 1U;
		live[slot].base =
			allocate((seed & 1U) != 0U ? EFI_LOADER_DATA : EFI_BOOT_SERVICES_DATA,
				live[slot].pages);
		for (uint32_t i = 0; i < 64U; i++) {
			if (i != slot && live[i].base != 0U) {
				assert_true(
					live[i].base >=
						live[slot].base + live[slot].pages * 4096U ||
					live[slot].base >= live[i].base + live[i].pages * 4096U);
			}
		}
	}
	check_map();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_allocation_is_from_the_top_and_of_its_type),
		TEST(test_access_follows_the_type),
		TEST(test_maximum_and_exact_addresses),
		TEST(test_nonsense_is_refused),
		TEST(test_runtime_memory_comes_in_64_kib),
		TEST(test_aligned_runtime_memory_takes_no_neighbours),
		TEST(test_map_and_its_key),
		TEST(test_list_grows),
		TEST(test_failed_protection_gives_the_memory_back),
		TEST(test_pool),
		TEST(test_pool_does_not_leak),
		TEST(test_random_allocations_stay_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
