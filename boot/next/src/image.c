/* SPDX-License-Identifier: Apache-2.0 */
#include "next/image.h"

#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"

#define IMAGE_MAGIC	      UINT32_C(0x644d5241) /* "ARM\x64" */
#define IMAGE_BIG_ENDIAN      BIT(0)
#define IMAGE_SIZE_MAX	      (UINT64_C(1) << 32)
#define IMAGE_TEXT_OFFSET_MAX NEXT_IMAGE_ALIGN

struct header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags;
	uint64_t reserved[3];
	uint32_t magic;
	uint32_t pe_offset;
};

STATIC_ASSERT(sizeof(struct header) == NEXT_IMAGE_HEADER_SIZE, "booting.rst");

enum plinth_status next_image_parse(
	const void *bytes, uint64_t size, struct next_image *image, const char **why)
{
	struct header header;

	if (size < sizeof(header)) {
		*why = "shorter than an Image's header";
		return PLINTH_EINVAL;
	}
	memcpy(&header, bytes, sizeof(header));
	if (header.magic != IMAGE_MAGIC) {
		*why = "no arm64 Image (one that is compressed has to be unpacked first)";
		return PLINTH_EINVAL;
	}
	if ((header.flags & IMAGE_BIG_ENDIAN) != 0U) {
		*why = "a big-endian Image";
		return PLINTH_EINVAL;
	}
	if (header.image_size == 0U || header.image_size > IMAGE_SIZE_MAX ||
		header.text_offset >= IMAGE_TEXT_OFFSET_MAX ||
		!is_aligned(header.text_offset, sizeof(uint32_t))) {
		*why = "an Image whose header names no size, or one that makes no sense";
		return PLINTH_EINVAL;
	}
	*image = (struct next_image){
		.text_offset = header.text_offset,
		.size = max_u64(header.image_size, size),
	};
	return PLINTH_OK;
}
