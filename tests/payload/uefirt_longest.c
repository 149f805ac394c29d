/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the longest call of a runtime service costs, in instructions, with the call: stores full of
 * the smallest variables and of the largest, buffers at odd addresses, a long map.
 */
#include "uefirt_longest.h"

#include "abi/uefi_rt.h"
#include "base/string.h"
#include "libguest/libguest.h"
#include "runtime/runtime.h"

#define SMALLEST  512U /* of each kind: 16 KiB */
#define LARGE	  8192U
#define KEPT	  (UEFI_VAR_NON_VOLATILE | UEFI_VAR_BOOT)
#define LOST	  UEFI_VAR_BOOT
#define ENTRIES	  1024U
#define MAP_STEP  8U /* entries that one exit reads (docs/design/uefirt.md) */
#define NAME_LONG 255U

static const struct efi_runtime_services *services;
static const struct efi_guid guid = {1, 2, 3, {4}};
static efi_char_t name[NAME_LONG + 1U];
static efi_char_t next_name[NAME_LONG + 1U];
static struct efi_guid next_guid;
static uint8_t data[LARGE + 16U];
static uint64_t size;
static struct efi_memory_descriptor map[ENTRIES];
static uint64_t longest;
static const char *longest_name;
static uint64_t start;

static void begin(void)
{
	start = counter();
}

static void end(const char *what)
{
	uint64_t ticks = counter() - start;

	if (ticks > longest) {
		longest = ticks;
		longest_name = what;
	}
}

/* `length` characters, the first four by number. */
static void set_name(unsigned number, unsigned length)
{
	for (unsigned i = 0; i < length; i++) {
		name[i] = (efi_char_t)('a' + (i < 4U ? number >> 4U * (3U - i) & 0xfU : 0U));
	}
	name[length] = 0;
}

static bool set(uint32_t attributes, uint64_t bytes, unsigned offset, const char *what)
{
	uint64_t status;

	begin();
	status = services->set_variable(name, &guid, attributes, bytes, data + offset);
	end(what);
	return status == UEFI_SUCCESS;
}

static bool get(unsigned offset, const char *what)
{
	uint64_t status;

	size = LARGE;
	begin();
	status = services->get_variable(name, &guid, NULL, &size, data + offset);
	end(what);
	return status == UEFI_SUCCESS;
}

/* Both stores filled from behind, so that each new one moves all that there are; and emptied. */
static void small_ones(void)
{
	bool ok = true;

	for (unsigned i = SMALLEST / 2U; i-- > 0U;) {
		/* 24 bytes, a name of 10, data of 1: 40; so that room is left */
		set_name(i, 4);
		ok = set(KEPT, 1, 0, "a small one") && ok;
		name[3] = (efi_char_t)(name[3] + 0x40U);
		ok = set(LOST, 1, 0, "a small one that is lost") && ok;
	}
	set_name(SMALLEST / 2U - 1U, 4);
	ok = get(0, "the last of many") && ok;
	set_name(0, 4);
	ok = set(KEPT, 2000, 1, "the first of many becomes longer") && ok;
	ok = set(KEPT, 1, 0, "and shorter") && ok;
	for (unsigned i = 0; i < SMALLEST / 2U; i++) {
		set_name(i, 4);
		ok = set(KEPT, 0, 0, "the first of many goes") && ok;
		name[3] = (efi_char_t)(name[3] + 0x40U);
		ok = set(LOST, 0, 0, "the first of many that are lost goes") && ok;
	}
	check(ok, "small variables come and go");
}

static void large_ones(void)
{
	bool ok = true;

	for (unsigned offset = 0; offset < 2U; offset++) {
		set_name(1, 4);
		ok = set(KEPT, LARGE, offset, "a large one") && ok;
		set_name(0, 4);
		ok = set(KEPT, 7000, 0, "one before a large one") && ok;
		ok = set(KEPT, 7000, 0, "the same again") && ok;
		ok = set(KEPT, 7001, 1, "one more") && ok;
		ok = get(1, "a large one is read") && ok;
		set_name(1, 4);
		ok = get(0, "a large one is read, at an even address") && ok;
		data[offset + LARGE - 1U]++;
		ok = set(KEPT, LARGE, offset, "its last byte changes") && ok;
		ok = set(KEPT, 0, 0, "it goes") && ok;
		set_name(0, 4);
		ok = set(KEPT, 0, 0, "it goes") && ok;
	}
	check(ok, "large variables come and go");
}

/* Long names that differ in their beginning alone, or in the end. */
static void long_names(void)
{
	bool ok = true;

	for (unsigned i = 0; i < 28U; i++) {
		set_name(0, NAME_LONG);
		name[NAME_LONG - 1U] = (efi_char_t)('a' + i);
		ok = set(KEPT, 1, 0, "a long name") && ok;
		ok = get(0, "a long name is found") && ok;
	}
	for (unsigned i = 0; i < 28U; i++) {
		set_name(0, NAME_LONG);
		name[NAME_LONG - 1U] = (efi_char_t)('a' + i);
		ok = set(KEPT, 0, 0, "a long name goes") && ok;
	}
	check(ok, "long names");
}

/* Behind many that are not for it the operating system sees one. */
static void enumeration(void)
{
	bool ok = true;

	for (unsigned i = 0; i < 400U; i++) {
		set_name(i, 4);
		ok = set(KEPT, 1, 0, "a small one") && ok;
		name[3] = (efi_char_t)(name[3] + 0x40U);
		ok = set(LOST, 1, 0, "a small one") && ok;
	}
	set_name(0xffff, 5);
	ok = set(KEPT | UEFI_VAR_RUNTIME, 1, 0, "one for later") && ok;
	check(ok, "many variables");
}

/* By the upcall itself: the stub goes on to convert the firmware's pointers. */
static uint64_t set_map(uint64_t count)
{
	register uint64_t x0 __asm__("x0") = count * sizeof(map[0]);
	register uint64_t x1 __asm__("x1") = sizeof(map[0]);
	register uint64_t x2 __asm__("x2") = 1;
	register uint64_t x3 __asm__("x3") = (uintptr_t)map;

	__asm__ volatile("hvc #0x5208" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

static void at_runtime(void)
{
	static const struct uefi_rt_region region = {0x50000000, 0x10000};
	uint64_t status;

	check(fw_runtime_enter(UEFI_RT_PROPERTIES, &region, 1) == UEFI_SUCCESS, "runtime");
	size = sizeof(next_name);
	begin();
	status = services->get_next_variable_name(&size, next_name, &next_guid);
	end("the name behind many that hide");
	check(status == UEFI_SUCCESS && size == 12U, "what hides is passed over");
	for (unsigned i = 0; i < ENTRIES; i++) {
		map[i].attribute = UEFI_MEMORY_RUNTIME;
		map[i].physical_start = region.base;
		map[i].virtual_start = region.base;
		map[i].page_count = region.size / 4096U;
	}
	/* As many entries as one exit reads, the last of them refused: the map is not in force yet.
	 */
	map[MAP_STEP - 1U].virtual_start++;
	begin();
	status = set_map(MAP_STEP);
	end("a part of a map");
	check(status == UEFI_INVALID_PARAMETER, "a bad map");
	map[MAP_STEP - 1U].virtual_start--;
	check(set_map(ENTRIES) == UEFI_SUCCESS, "a long map, by one call");
}

void measure_longest(const struct efi_runtime_services *table)
{
	services = table;
	for (unsigned i = 0; i < 2U; i++) { /* pages are there the second time */
		longest = 0;
		small_ones();
		large_ones();
		long_names();
	}
	enumeration();
	at_runtime();
	print("BENCH: rt_longest %lu\n",
		longest * (1000000000UL / READ_SYSREG("cntfrq_el0")) * 100UL);
	print("payload: the longest: %s\n", longest_name);
}
