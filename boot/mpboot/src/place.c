/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string.h"
#include "cache/cache.h"
#include "console/console.h"
#include "main/boot_exit.h"
#include "mpboot.h"
#include "next/image.h"

void mpboot_choose_kernel(const struct boot *boot, struct mpboot_kernel *kernel)
{
	const char *why = "";
	struct next_image image;

	boot_check_bundle(boot, "next/kernel");
	why = mpboot_find_files(&boot->machine.initrd, kernel);
	if (why != NULL) {
		boot_exit(BOOT_EXIT_BUNDLE, "%s", why);
	}
	if (next_image_parse((const void *)(uintptr_t)kernel->file.base, kernel->file.size, &image,
		    &why) != PLINTH_OK) {
		boot_exit(BOOT_EXIT_BUNDLE, "next/kernel is %s", why);
	}
	kernel->text_offset = image.text_offset;
	kernel->size = image.size;
}

/* Low, as kernels before Linux 4.6 do not use the memory below themselves. */
void mpboot_place_kernel(struct boot *boot, struct mpboot_kernel *kernel)
{
	uint64_t size = kernel->text_offset + kernel->size;
	uint64_t base;

	if (memory_alloc_lowest(&boot->map, size, NEXT_IMAGE_ALIGN, BOOT_MEM_IMAGE, &base) !=
		PLINTH_OK) {
		boot_exit(BOOT_EXIT_BUNDLE, "no room for next/kernel: %llu KiB",
			(unsigned long long)(size >> 10));
	}
	kernel->base = base + kernel->text_offset;
	memcpy((void *)(uintptr_t)kernel->base, (const void *)(uintptr_t)kernel->file.base,
		kernel->file.size);
	cache_clean((const void *)(uintptr_t)base, size);
}
