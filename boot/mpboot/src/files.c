/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle/cpio.h"
#include "mpboot.h"
#include "next/target.h"

#define NEXT_FOLDER "next"

static bool find_file(const struct boot_range *bundle, const char *name, struct boot_range *file)
{
	struct cpio cpio;
	struct cpio_entry entry;

	cpio_init(&cpio, (const void *)(uintptr_t)bundle->base, bundle->size);
	if (cpio_find(&cpio, NEXT_FOLDER, name, &entry) != PLINTH_OK) {
		return false;
	}
	*file = (struct boot_range){(uintptr_t)entry.data, entry.size};
	return true;
}

const char *mpboot_find_files(const struct boot_range *bundle, struct mpboot_kernel *kernel)
{
	struct boot_range target;

	*kernel = (struct mpboot_kernel){.target = TABLES_SPIN_TABLE};
	if (!find_file(bundle, "kernel", &kernel->file)) {
		return "no next/kernel in the bundle";
	}
	(void)find_file(bundle, "initrd", &kernel->initrd);
	if (find_file(bundle, "target", &target) &&
		next_target_parse((const char *)(uintptr_t)target.base, target.size,
			&kernel->target) != PLINTH_OK) {
		return "next/target is neither spin-table nor parking";
	}
	return NULL;
}
