/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/copy.h"
#include "base/bits.h"
#include "base/checked.h"
#include "base/compiler.h"
#include "base/string.h"
#include "gmem_private.h"
#include "hypmap/hypmap.h"

enum gmem_content gmem_image_content(
	const struct gmem *gmem, ipa_t ipa, uint64_t size, uint64_t align, pa_t *source)
{
	/* A later image lies over an earlier one: the first that we meet from the end decides. */
	for (uint32_t i = gmem->image_count; i-- > 0U;) {
		const struct vm_image *image = &gmem->image[i];
		uint64_t at = image->source + (ipa.v - image->ipa);

		if (!ranges_overlap(ipa.v, size, image->ipa, image->size)) {
			continue;
		}
		if (image->kind != VM_IMAGE_COPY ||
			!range_contains(image->ipa, image->size, ipa.v, size)) {
			return GMEM_CONTENT_MIXED;
		}
		if (!is_aligned(at, align)) {
			return GMEM_CONTENT_COPY;
		}
		*source = pa_init(at);
		return GMEM_CONTENT_IN_PLACE;
	}
	return GMEM_CONTENT_ZERO;
}

/* RANDOM and TOKEN images' bytes stand in gmem->secret one after the other. */
static const uint8_t *image_bytes(const struct gmem *gmem, uint32_t index)
{
	uint64_t offset = 0;

	if (gmem->image[index].kind == VM_IMAGE_COPY) {
		return pa_to_va(pa_init(gmem->image[index].source));
	}
	for (uint32_t i = 0; i < index; i++) {
		offset += gmem->image[i].kind == VM_IMAGE_COPY ? 0U : gmem->image[i].size;
	}
	return &gmem->secret[offset];
}

NOINLINE void gmem_copy_bytes(void *dst, const void *src, uint64_t size)
{
	uint64_t quick = align_down(size, ARCH_COPY_UNIT);

	arch_copy(dst, src, quick);
	memcpy((uint8_t *)dst + quick, (const uint8_t *)src + quick, size - quick);
}

void gmem_image_fill(const struct gmem *gmem, ipa_t ipa, uint64_t size, uint8_t *dst)
{
	for (uint32_t i = 0; i < gmem->image_count; i++) {
		const struct vm_image *image = &gmem->image[i];

		if (!ranges_overlap(ipa.v, size, image->ipa, image->size)) {
			continue;
		}
		uint64_t start = max_u64(ipa.v, image->ipa);
		uint64_t end = min_u64(ipa.v + size, image->ipa + image->size);

		gmem_copy_bytes(dst + (start - ipa.v), image_bytes(gmem, i) + (start - image->ipa),
			end - start);
	}
}
