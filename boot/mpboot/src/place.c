/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string.h"
#include "bundle/cpio.h"
#include "cache/cache.h"
#include "console/console.h"
#include "image.h"
#include "main/boot_exit.h"
#include "mpboot.h"
#include "target.h"

#define NEXT_FOLDER "next"

static bool find_file(const struct boot_range *bundle, const char *name, struct boot_range *file)
{
	struct cpio_entry entry;

	if (cpio_find((const void *)(uintptr_t)bundle->base, bundle->size, NEXT_FOLDER, name,
		    &entry) != PLINTH_OK) {
		return false;
	}
	*file = (struct boot_range){(uintptr_t)entry.data, entry.size};
	return true;
}

static void find_files(const struct boot *boot, struct mpboot_kernel *kernel)
{
	const struct boot_range *bundle = &boot->machine.initrd;
	struct boot_range target;

	boot_check_bundle(boot, "next/kernel");
	if (!find_file(bundle, "kernel", &kernel->file)) {
		boot_exit(BOOT_EXIT_BUNDLE, "no next/kernel in the bundle");
	}
	if (!find_file(bundle, "initrd", &kernel->initrd)) {
		kernel->initrd = (struct boot_range){0};
	}
	kernel->target = TABLES_SPIN_TABLE;
	if (find_file(bundle, "target", &target) &&
		target_parse((const char *)(uintptr_t)target.base, target.size, &kernel->target) !=
			PLINTH_OK) {
		boot_exit(BOOT_EXIT_BUNDLE, "next/target is neither spin-table nor parking");
	}
}

/* Low, as kernels before Linux 4.6 do not use the memory below themselves. */
void mpboot_place_kernel(struct boot *boot, struct mpboot_kernel *kernel)
{
	const char *why = "";
	struct image image;
	uint64_t base;

	find_files(boot, kernel);
	if (image_parse((const void *)(uintptr_t)kernel->file.base, kernel->file.size, &image,
		    &why) != PLINTH_OK) {
		boot_exit(BOOT_EXIT_BUNDLE, "next/kernel is %s", why);
	}
	if (memory_alloc_lowest(&boot->map, image.text_offset + image.size, IMAGE_ALIGN,
		    BOOT_MEM_IMAGE, &base) != PLINTH_OK) {
		boot_exit(BOOT_EXIT_BUNDLE, "no room for next/kernel: %llu KiB",
			(unsigned long long)(image.size >> 10));
	}
	kernel->base = base + image.text_offset;
	kernel->size = image.size;
	memcpy((void *)(uintptr_t)kernel->base, (const void *)(uintptr_t)kernel->file.base,
		kernel->file.size);
	cache_clean((const void *)(uintptr_t)base, image.text_offset + image.size);
}
