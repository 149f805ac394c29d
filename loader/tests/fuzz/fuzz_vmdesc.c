/* SPDX-License-Identifier: Apache-2.0 */
/* A vm.dtb. libfdt is not built with ASan: the blob ends at a guard page instead. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vmdesc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define AREA_SIZE KIB(64)

static uint8_t *area_with_guard(void)
{
	uint8_t *area = mmap(NULL, AREA_SIZE + PAGE_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED || mprotect(area + AREA_SIZE, PAGE_SIZE, PROT_NONE) != 0) {
		abort();
	}
	return area;
}

static void require(bool condition)
{
	if (!condition) {
		abort();
	}
}

static void check_disks(const struct vmdesc *desc)
{
	require(desc->disk_count <= VMDESC_DISK_MAX);
	for (uint32_t i = 0; i < desc->disk_count; i++) {
		const struct vmdesc_disk *disk = &desc->disks[i];

		require(disk->image != NULL ? strlen(disk->image) != 0 : disk->size != 0);
		require(disk->size % BLOCK_2M == 0);
		require(i == 0 || disk->number > desc->disks[i - 1].number);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *area;
	struct loader_host host = {.gic_version = 3, .cpu_count = 4, .ipa_bits = 40};
	struct vmdesc desc;
	struct loader_error error;

	if (size > AREA_SIZE) {
		return 0;
	}
	if (area == NULL) {
		area = area_with_guard();
	}

	/* Up to 7 bytes lie between the blob and the guard page: it is aligned to 8. */
	uint8_t *dtb = area + AREA_SIZE - (size + 7) / 8 * 8;

	memcpy(dtb, data, size);
	if (vmdesc_parse(dtb, size, &host, &desc, &error) == PLINTH_OK) {
		require(desc.vcpu_count >= 1 && desc.vcpu_count <= VM_VCPU_MAX);
		require(desc.memory != 0 && desc.memory % BLOCK_2M == 0);
		require(desc.weight >= 1 && desc.weight <= VM_WEIGHT_MAX);
		require(desc.affinity < 16);
		require(desc.kernel != NULL ? strlen(desc.kernel) != 0
					    : vmdesc_has_firmware(&desc));
		check_disks(&desc);
		require(strlen(desc.bootargs) <= VMDESC_BOOTARGS_MAX);
	} else {
		require(strlen(error.text) != 0);
	}
	return 0;
}
