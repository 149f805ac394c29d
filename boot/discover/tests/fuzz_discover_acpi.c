/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the memory that ACPI tables lie in, checksums made right so that what lies behind
 * them is reached: nothing outside is read, and what comes out is within bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "discover/discover_acpi.h"

#define BASE UINT64_C(0x1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	uint8_t *data;
	size_t size;
};

/* The table that is asked for whole gets its checksum right. */
static void seal(uint8_t *bytes, uint64_t size)
{
	struct acpi_header *header = (void *)bytes;
	struct acpi_rsdp *rsdp = (void *)bytes;

	if (size >= sizeof(*header) && header->length == size) {
		acpi_seal(header);
	} else if (size == sizeof(*rsdp) && rsdp->length == size) {
		acpi_seal_rsdp(rsdp);
	}
}

static void *map(void *ctx, uint64_t pa, uint64_t size)
{
	const struct bytes *bytes = ctx;

	if (pa < BASE || pa - BASE > bytes->size || size > bytes->size - (pa - BASE)) {
		return NULL;
	}
	seal(bytes->data + (pa - BASE), size);
	return bytes->data + (pa - BASE);
}

static void check(const struct machine *machine)
{
	const struct boot_gic *gic = &machine->gic;

	if (machine->cpu_count > BOOT_CPU_MAX || gic->redist_count > BOOT_GICR_MAX ||
		(gic->version != 0U && gic->version != 2U && gic->version != 3U) ||
		(gic->version == 3U && gic->redist_count == 0U) ||
		machine->timer.virt_intid >= 32U || machine->uart.intid >= 1020U) {
		abort();
	}
	for (uint32_t i = 0; i < gic->redist_count; i++) {
		if (gic->redist[i].size == 0U ||
			gic->redist[i].base + gic->redist[i].size < gic->redist[i].base) {
			abort();
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct machine machine;
	struct bytes bytes = {malloc(size > 0U ? size : 1U), size}; /* exact, for ASan */
	const struct acpi_memory memory = {.map = map, .ctx = &bytes};
	const char *why = NULL;

	if (bytes.data == NULL) {
		return 0;
	}
	memcpy(bytes.data, data, size);
	memset(&machine, 0, sizeof(machine));
	if (discover_acpi(&memory, BASE, &machine, &why) == PLINTH_OK) {
		check(&machine);
	} else if (why == NULL) {
		abort();
	}
	free(bytes.data);
	return 0;
}
