/* SPDX-License-Identifier: Apache-2.0 */
/* The arm64 Image header (Linux, Documentation/arch/arm64/booting.rst). Pure. */
#ifndef MPBOOT_IMAGE_H
#define MPBOOT_IMAGE_H

#include <stdint.h>

#include "base/status.h"

#define IMAGE_HEADER_SIZE 64U
#define IMAGE_ALIGN	  (UINT64_C(2) << 20)

struct image {
	uint64_t text_offset; /* from a multiple of IMAGE_ALIGN */
	uint64_t size;	      /* in memory, at least the file's */
};

/* EINVAL: `bytes` are no arm64 Image, or one older than Linux 3.17, which does not say its size, or
 * of the other byte order; *why says which. */
enum plinth_status image_parse(
	const void *bytes, uint64_t size, struct image *image, const char **why);

#endif
