/* SPDX-License-Identifier: Apache-2.0 */
#include "discover/machine.h"

#include "base/checked.h"
#include "base/compiler.h"
#include "base/types.h"

static bool is_in_one(const struct boot_range *ranges, uint32_t count, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < count; i++) {
		if (range_contains(ranges[i].base, ranges[i].size, base, size)) {
			return true;
		}
	}
	return false;
}

bool machine_is_memory(const struct machine *machine, uint64_t base, uint64_t size)
{
	return is_in_one(machine->ram, machine->ram_count, base, size) ||
	       is_in_one(machine->reserved, machine->reserved_count, base, size);
}

static bool meets_one(const struct boot_range *ranges, uint32_t count, uint64_t base, uint64_t size)
{
	for (uint32_t i = 0; i < count; i++) {
		if (ranges_overlap(ranges[i].base, ranges[i].size, base, size)) {
			return true;
		}
	}
	return false;
}

bool machine_is_spare(const struct machine *machine, uint64_t base, uint64_t size)
{
	const struct boot_gic *gic = &machine->gic;
	const struct boot_range one[] = {gic->dist, gic->cpu_if, gic->hyp_if, gic->guest_if,
		machine->uart.regs, {machine->rtc, machine->rtc != 0U ? PAGE_SIZE : 0U}};
	bool found = meets_one(machine->ram, machine->ram_count, base, size) ||
		     meets_one(machine->reserved, machine->reserved_count, base, size) ||
		     meets_one(gic->redist, gic->redist_count, base, size) ||
		     meets_one(one, ARRAY_SIZE(one), base, size);

	for (uint32_t i = 0; i < machine->efi.region_count; i++) {
		const struct boot_efi_region *region = &machine->efi.region[i];

		found = found || ranges_overlap(region->base, region->size, base, size);
	}
	return !found;
}
