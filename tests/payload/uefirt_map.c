/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string.h"
#include "libguest/libguest.h"
#include "uefirt.h"

#define CODE	 0x40010000UL
#define DATA	 0x40020000UL
#define SIZE	 0x10000UL
#define VIRTUAL	 0xffff800012340000UL
#define STEP	 48U
#define MAP_SIZE (2U * STEP)

static uint64_t enter_runtime(uint64_t regions, uint64_t count)
{
	return rt(UEFI_RT_ENTER_RUNTIME, UEFI_RT_PROPERTIES, regions, count, 0, 0);
}

static void put_entry(unsigned i, uint64_t physical, uint64_t virtual)
{
	const struct uefi_memory_descriptor entry = {
		.type = 5,
		.physical = physical,
		.virtual = virtual,
		.pages = SIZE / PAGE,
		.attribute = UEFI_MEMORY_RUNTIME,
	};

	memcpy((void *)(AT_DATA + i * STEP), &entry, sizeof(entry));
}

static uint64_t set_map(uint64_t size, uint64_t step, uint64_t map)
{
	return rt(UEFI_RT_SET_VIRTUAL_ADDRESS_MAP, size, step, 1, map, 0);
}

static uint64_t convert(uint64_t *pointer)
{
	uint64_t status;

	memcpy((void *)AT_MORE, pointer, sizeof(*pointer));
	status = rt(UEFI_RT_CONVERT_POINTER, 0, AT_MORE, 0, 0, 0);
	memcpy(pointer, (const void *)AT_MORE, sizeof(*pointer));
	return status;
}

static void test_enter(void)
{
	static const struct uefi_rt_region region[] = {{CODE, SIZE}, {DATA, SIZE}};

	memcpy((void *)AT_DATA, region, sizeof(region));
	check(set_map(MAP_SIZE, STEP, AT_DATA) == UEFI_UNSUPPORTED, "no map before runtime");
	check(enter_runtime(AT_DATA, ~0UL) == UEFI_INVALID_PARAMETER, "2^64 - 1 regions");
	check(enter_runtime(ABSENT, 2) == UEFI_INVALID_PARAMETER, "regions that are not there");
	check(enter_runtime(AT_DATA, 2) == UEFI_SUCCESS, "boot services are over");
	check(enter_runtime(AT_DATA, 2) == UEFI_UNSUPPORTED, "once");
	check(get_variable("OnlyBoot", 100) == UEFI_NOT_FOUND, "their variables hide");
}

void test_map(void)
{
	uint64_t pointer = DATA + 0x123UL;

	test_enter();
	put_entry(0, CODE, VIRTUAL);
	put_entry(1, DATA, VIRTUAL + SIZE);
	check(set_map(~0UL, STEP, AT_DATA) == UEFI_INVALID_PARAMETER, "a map of 2^64 - 1 bytes");
	check(set_map(MAP_SIZE, 0, AT_DATA) == UEFI_INVALID_PARAMETER, "entries of no bytes");
	check(set_map(MAP_SIZE, STEP, ABSENT) == UEFI_INVALID_PARAMETER, "no map");
	check(set_map(MAP_SIZE, STEP, ABSENT - STEP) == UEFI_INVALID_PARAMETER, "half a map");
	check(set_map(STEP, STEP, AT_DATA) == UEFI_NO_MAPPING, "a region without a place");
	check(convert(&pointer) == UEFI_UNSUPPORTED, "nothing to convert by");
	check(set_map(MAP_SIZE, STEP, AT_DATA) == UEFI_SUCCESS, "a map");
	check(set_map(MAP_SIZE, STEP, AT_DATA) == UEFI_UNSUPPORTED, "one alone");
	check(convert(&pointer) == UEFI_SUCCESS && pointer == VIRTUAL + SIZE + 0x123UL,
		"a pointer is converted");
	check(convert(&pointer) == UEFI_NOT_FOUND, "once");
}
