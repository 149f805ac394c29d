/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bundle of the next run, from a VM's disk, perhaps with another Plinth in it. It is copied
 * while everything still runs: what can go wrong goes wrong now, and a guest that writes there
 * later changes nothing. The core parses no format, so this sees no more than that it is an
 * archive; boot/ goes back to the former bundle where no VM of the new one can start.
 */
#include "base/bits.h"
#include "base/string.h"
#include "gmem/gmem.h"
#include "hypmap/hypmap.h"
#include "pmem/pmem.h"
#include "vm/vm.h"
#include "vm/vm_devices.h"
#include "vm/vm_table.h"

#include "init_private.h"

#define NEWC_MAGIC	"070701"
#define NEWC_MAGIC_SIZE 6U

/* Written by the monitor, before the restart begins. */
static struct boot_range bundle;
static bool with_image;

static const struct gmem_area *range_at(const struct gmem *gmem, uint64_t gpa)
{
	for (uint32_t i = 1; i < gmem->area_count; i++) {
		if (gmem->area[i].ipa == gpa) {
			return &gmem->area[i];
		}
	}
	return NULL;
}

static bool is_archive(struct gmem *gmem, const struct gmem_area *area)
{
	char magic[NEWC_MAGIC_SIZE];

	return area->size >= sizeof(magic) &&
	       gmem_read(gmem, ipa_init(area->ipa), magic, sizeof(magic)) == PLINTH_OK &&
	       memcmp(magic, NEWC_MAGIC, sizeof(magic)) == 0;
}

/* Contiguous, and aligned such that packed kernels can be used in place. */
static enum plinth_status copy_out(struct gmem *gmem, const struct gmem_area *area)
{
	unsigned order = PMEM_ORDER_2M;
	enum plinth_status status;
	pa_t pa;

	while (order < PMEM_ORDER_MAX && PAGE_SIZE << order < area->size) {
		order++;
	}
	if (PAGE_SIZE << order < area->size) {
		return PLINTH_ENOMEM;
	}
	status = pmem_alloc(order, PMEM_ANY | PMEM_USER_CORE, &pa);
	if (status != PLINTH_OK) {
		return status;
	}
	status = gmem_read(gmem, ipa_init(area->ipa), pa_to_va(pa), area->size);
	if (status != PLINTH_OK) {
		pmem_free(pa, order);
		return status;
	}
	bundle = (struct boot_range){pa.v, area->size};
	return PLINTH_OK;
}

const char *init_soft_reboot_into(const char *name, uint64_t gpa, bool image)
{
	struct vm *vm = vm_find(name);
	const struct gmem_area *area;

	if (vm == NULL) {
		return "no such VM";
	}
	if (!vm_devices_are_quiet()) {
		return init_loud_device;
	}
	area = range_at(&vm->gmem, gpa);
	if (area == NULL) {
		return "no disk of it begins there";
	}
	if (!is_archive(&vm->gmem, area)) {
		return "that is no bundle";
	}
	if (init_soft_reboot_is_wanted()) {
		return "a restart is under way";
	}
	if (copy_out(&vm->gmem, area) != PLINTH_OK) {
		return "not enough memory in one piece";
	}
	with_image = image;
	init_soft_reboot();
	return NULL;
}

void init_hand_over_bundle(void)
{
	if (bundle.size != 0U) {
		struct boot_range *next = pa_to_va(pa_init(init_boot_info.again.bundle));

		*next = bundle;
		*(uint64_t *)pa_to_va(pa_init(init_boot_info.again.image)) = with_image;
	}
}
