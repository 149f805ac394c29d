/* SPDX-License-Identifier: Apache-2.0 */
/* Any devicetree that discovery accepts: the rewrite stays in its buffer, and what it makes is
 * accepted again, with no CPU that is not on the list. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "discover/discover.h"
#include "tables/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void rewrite(const void *fdt, size_t size, const struct machine *machine)
{
	static const struct boot_range pen = {0x7fffe000, 0x2000};
	static struct tables_cpu cpus[BOOT_CPU_MAX];
	static struct machine again;
	struct tables_fdt request = {.cpus = {TABLES_SPIN_TABLE, cpus, machine->cpu_count},
		.reserve = &pen,
		.reserve_count = 1};
	const char *why = NULL;
	void *to = malloc(size + TABLES_FDT_SLACK);

	for (uint32_t i = 0; i < machine->cpu_count; i++) {
		cpus[i] = (struct tables_cpu){machine->cpu[i].mpidr, 64U * i, i, i % 3U != 1U};
	}
	if (to != NULL &&
		tables_rewrite_fdt(fdt, to, size + TABLES_FDT_SLACK, &request, &why) == PLINTH_OK) {
		if (discover_fdt(to, discover_fdt_size(to), &again, &why) != PLINTH_OK &&
			machine->reserved_count + 2U <= MACHINE_RESERVED_MAX) {
			abort();
		}
		if (again.cpu_count > machine->cpu_count) {
			abort();
		}
	}
	free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	const char *why = NULL;
	void *fdt = malloc(size > 0U ? size : 1U);

	if (fdt == NULL) {
		return 0;
	}
	memcpy(fdt, data, size);
	if (discover_fdt(fdt, size, &machine, &why) == PLINTH_OK) {
		rewrite(fdt, size, &machine);
	}
	free(fdt);
	return 0;
}
