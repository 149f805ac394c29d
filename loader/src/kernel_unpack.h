/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip'd kernels, bare or in Linux's EFI zboot wrapping. The size of the unpacked kernel is known
 * before anything is unpacked, so that memory can be had for it; it is never exceeded.
 */
#ifndef LOADER_KERNEL_UNPACK_H
#define LOADER_KERNEL_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct kernel_packed {
	const uint8_t *bytes; /* the gzip member */
	size_t size;
	size_t header_size;	/* of gzip; behind it is DEFLATE data */
	uint64_t unpacked_size; /* at least 1 */
};

/* Is the file a packed kernel? Any bytes are safe. */
bool kernel_unpack_is_packed(const void *bytes, size_t size);

/* Where the packed part lies and how large it gets. PLINTH_EINVAL, error written: it is broken,
 * packed by something else than gzip, or gets larger than max or than its packed size can give. */
enum plinth_status kernel_unpack_plan(const void *bytes, size_t size, uint64_t max,
	struct kernel_packed *packed, struct loader_error *error);

/* Writes packed->unpacked_size bytes to `out`. zlib's state and window take up to 64 KiB at
 * `scratch`, aligned to 16. PLINTH_EINVAL, error written: damaged, or of another size than it said.
 */
enum plinth_status kernel_unpack(const struct kernel_packed *packed, void *out, void *scratch,
	size_t scratch_size, struct loader_error *error);

#endif
