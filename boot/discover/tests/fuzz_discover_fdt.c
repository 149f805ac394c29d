/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a devicetree: nothing outside them is read, and what comes out is within bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "discover/discover.h"

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
	const char *why = NULL;
	void *fdt = malloc(size > 0U ? size : 1U); /* exact, so that ASan sees the end */

	if (fdt == NULL) {
		return 0;
	}
	memcpy(fdt, data, size);
	if (size >= 8U && discover_fdt_size(fdt) > DISCOVER_FDT_MAX) {
		abort();
	}
	if (discover_fdt(fdt, size, &machine, &why) == PLINTH_OK) {
		check_ranges(machine.ram, machine.ram_count, MACHINE_RAM_MAX);
		check_ranges(machine.reserved, machine.reserved_count, MACHINE_RESERVED_MAX);
		if (machine.cpu_count > BOOT_CPU_MAX || machine.seed_size > BOOT_SEED_SIZE ||
			machine.gic.redist_count > BOOT_GICR_MAX ||
			strnlen(machine.cmdline, BOOT_CMDLINE_SIZE) == BOOT_CMDLINE_SIZE) {
			abort();
		}
	} else if (why == NULL) {
		abort();
	}
	free(fdt);
	return 0;
}
