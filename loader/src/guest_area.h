/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables for a guest, written one behind the other into memory of ours that it will see elsewhere.
 */
#ifndef LOADER_GUEST_AREA_H
#define LOADER_GUEST_AREA_H

#include <stddef.h>
#include <stdint.h>

struct guest_area {
	uint8_t *bytes; /* aligned to 16, as is ipa */
	size_t size;
	size_t used;
	uint64_t ipa; /* of bytes[0] */
};

/* The next `size` bytes, aligned to 16 and zero. The area's owner has made it large enough. */
void *guest_area_take(struct guest_area *area, size_t size);

/* Where the guest finds a byte of the area. */
uint64_t guest_area_ipa(const struct guest_area *area, const void *byte);

#endif
