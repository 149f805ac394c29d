/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string.h"
#include "cache/cache.h"
#include "console/console.h"
#include "image.h"
#include "main/boot_exit.h"
#include "mpboot.h"

/* Low, as kernels before Linux 4.6 do not use the memory below themselves. */
void mpboot_place_kernel(struct boot *boot, struct mpboot_kernel *kernel)
{
	const char *why = "";
	struct image image;
	uint64_t base;

	boot_check_bundle(boot, "next/kernel");
	why = mpboot_find_files(&boot->machine.initrd, kernel);
	if (why != NULL) {
		boot_exit(BOOT_EXIT_BUNDLE, "%s", why);
	}
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
