/* SPDX-License-Identifier: Apache-2.0 */
/* The arm64 Image header (Linux, Documentation/arch/arm64/booting.rst). Pure. */
#ifndef NEXT_IMAGE_H
#define NEXT_IMAGE_H

#include <stdint.h>

#include "base/status.h"

#define NEXT_IMAGE_HEADER_SIZE 64U
#define NEXT_IMAGE_ALIGN       (UINT64_C(2) << 20)

struct next_image {
	uint64_t text_offset; /* from a multiple of NEXT_IMAGE_ALIGN */
	uint64_t size;	      /* in memory, at least the file's */
};

/* EINVAL: `bytes` are no arm64 Image, or one older than Linux 3.17, which does not say its size, or
 * of the other byte order; *why says which. */
enum plinth_status next_image_parse(
	const void *bytes, uint64_t size, struct next_image *image, const char **why);

#endif
