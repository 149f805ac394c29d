/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Soft restart into another image of Plinth: plinth.img in the new bundle. This run, which still
 * has the bundle that it came from, checks the image and puts it into free memory; the other one
 * starts there as from firmware, but takes plinth_kept in the place of a devicetree. The pen and
 * the CPUs in it stay where they are; this image's memory is free for the other one.
 */
#include "handoff/image.h"

#include "base/bits.h"
#include "base/string.h"
#include "bundle/cpio.h"
#include "cache/cache.h"
#include "console/console.h"
#include "handoff/handoff.h"
#include "plinth.h"

#define IMAGE_NAME "plinth.img"

/* What image this one is for a running Plinth: in the file alone. It lies among the PE headers, and
 * not every firmware puts all of those into memory. */
static const struct handoff_head mark __attribute__((used, section(".head.mark"))) =
	PLINTH_KEPT_HEAD;

/* The same, for ourselves. */
static const struct handoff_head own = PLINTH_KEPT_HEAD;

struct machine *boot_next_take(uint64_t given)
{
	struct plinth_kept *kept = (struct plinth_kept *)(uintptr_t)given;

	if (!is_aligned(given, sizeof(uint64_t)) || !handoff_is_state(&kept->head, &own)) {
		return NULL;
	}
	plinth_kept = *kept;
	memset(kept->machine.seed, 0, sizeof(kept->machine.seed));
	return &plinth_kept.machine;
}

/* plinth.img with zeroes behind it, clean to PoC; 0: *why not. */
static uint64_t place_image(struct boot *boot, const char **why)
{
	const struct boot_range *bundle = &boot->machine.initrd;
	struct core_header sizes = {0};
	struct cpio cpio;
	struct cpio_entry file;
	uint64_t base;

	cpio_init(&cpio, (const void *)(uintptr_t)bundle->base, bundle->size);
	if (cpio_find(&cpio, "", IMAGE_NAME, &file) != PLINTH_OK) {
		*why = "not there";
		return 0;
	}
	if (handoff_check_image(file.data, file.size, &own, &sizes.memory_size, why) != PLINTH_OK) {
		return 0;
	}
	if (memory_alloc(&boot->map, sizes.memory_size, HANDOFF_ALIGN, BOOT_MEM_BOOT, &base) !=
		PLINTH_OK) {
		*why = "too large for the memory that is free";
		return 0;
	}
	sizes.image_size = file.size;
	handoff_place_core(file.data, &sizes, (void *)(uintptr_t)base);
	return base;
}

void plinth_enter_image(struct boot *boot)
{
	const char *why = "";
	uint64_t image;

	if (plinth_kept.image == 0U) {
		return;
	}
	plinth_kept.image = 0;
	boot_check_bundle(boot, "VMs");
	image = place_image(boot, &why);
	if (image != 0U) {
		plinth_kept.head = own;
		memcpy(plinth_kept.machine.seed, boot->machine.seed, sizeof(boot->machine.seed));
		memset(boot->machine.seed, 0, sizeof(boot->machine.seed));
		handoff_seal(&plinth_kept.head);
		cache_clean(&plinth_kept, sizeof(plinth_kept));
		console_print("on to the new bundle's " IMAGE_NAME " at %#llx",
			(unsigned long long)image);
		handoff_enter((uintptr_t)&plinth_kept, 0, image);
	}
	console_print("the new bundle's " IMAGE_NAME " is %s: back to the former one", why);
	(void)plinth_take_former(boot);
}
