/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a memory map: nothing outside is read, what comes out is within bounds, and no RAM
 * overlaps what a sound descriptor of the map calls reserved without being reserved. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "efi/efi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ranges(const struct boot_range *range, uint32_t count, uint32_t max)
{
	if (count > max) {
		abort();
	}
	for (uint32_t i = 0; i < count; i++) {
		if (range[i].size == 0U || range[i].base + range[i].size < range[i].base) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	struct efi_options options;
	struct efi_memory_map map = {0};

	if (size < 1U) {
		return 0;
	}
	/* The first byte is the step, in units that make sound ones likely. */
	map.descriptor_size = 32U + 8U * (data[0] % 8U);
	map.size = size - 1U;
	map.map = malloc(map.size > 0U ? map.size : 1U); /* exact, so that ASan sees the end */
	if (map.map == NULL) {
		return 0;
	}
	memcpy(map.map, data + 1, map.size);
	memset(&machine, 0, sizeof(machine));
	if ((efi_describe_memory(&map, &machine) == PLINTH_OK) != (machine.ram_count > 0U)) {
		abort();
	}
	check_ranges(machine.ram, machine.ram_count, MACHINE_RAM_MAX);
	check_ranges(machine.reserved, machine.reserved_count, MACHINE_RESERVED_MAX);
	efi_parse_options(map.map, map.size, &options);
	if (strnlen(options.cmdline, sizeof(options.cmdline)) == sizeof(options.cmdline) ||
		strnlen(options.bundle, sizeof(options.bundle)) == sizeof(options.bundle)) {
		abort();
	}
	free(map.map);
	return 0;
}
