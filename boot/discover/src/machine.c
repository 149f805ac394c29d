/* SPDX-License-Identifier: Apache-2.0 */
#include "discover/machine.h"

#include "base/checked.h"

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
