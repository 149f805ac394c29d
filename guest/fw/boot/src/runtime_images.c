/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime_images.h"

#include "base/string.h"
#include "fw/image.h"
#include "fw/memory.h"

static struct fw_runtime_image *first;

void fw_runtime_images_init(void)
{
	first = NULL;
}

struct fw_runtime_image *fw_runtime_images(void)
{
	return first;
}

static void count(void *ctx, uint64_t offset)
{
	uint64_t *fixups = ctx;

	(void)offset;
	(*fixups)++;
}

/* The table is the one that was counted: nobody has run in between. */
static void note(void *ctx, uint64_t offset)
{
	struct fw_runtime_image *image = ctx;
	struct fw_runtime_fixup *fixup = &image->fixup[image->fixup_count++];

	fixup->offset = offset;
	memcpy(&fixup->value, (const uint8_t *)(uintptr_t)image->base + offset,
		sizeof(fixup->value));
}

efi_status_t fw_runtime_image_add(
	const struct pe *pe, uint64_t base, struct fw_runtime_image **image)
{
	const void *bytes = (const void *)(uintptr_t)base;
	void *buffer;
	uint64_t fixups = 0;

	*image = NULL;
	if (pe_visit_fixups(pe, bytes, count, &fixups) != PLINTH_OK) {
		return EFI_LOAD_ERROR;
	}
	if (fw_allocate_pool(EFI_RUNTIME_SERVICES_DATA,
		    sizeof(**image) + fixups * sizeof((*image)->fixup[0]),
		    &buffer) != EFI_SUCCESS) {
		return EFI_OUT_OF_RESOURCES;
	}
	*image = buffer;
	(*image)->base = base;
	(*image)->fixup_count = 0;
	(*image)->next = first;
	first = *image;
	return pe_visit_fixups(pe, bytes, note, *image) == PLINTH_OK ? EFI_SUCCESS : EFI_LOAD_ERROR;
}

void fw_runtime_image_remove(struct fw_runtime_image *image)
{
	struct fw_runtime_image **link = &first;

	if (image == NULL) {
		return;
	}
	while (*link != image) {
		link = &(*link)->next;
	}
	*link = image->next;
	fw_free(image);
}
