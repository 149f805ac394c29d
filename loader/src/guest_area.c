/* SPDX-License-Identifier: Apache-2.0 */
#include "guest_area.h"

#include <string.h>

#include "base/bits.h"
#include "base/check.h"

#define ALIGNMENT 16U

void *guest_area_take(struct guest_area *area, size_t size)
{
	size_t start = align_up(area->used, ALIGNMENT);

	PLINTH_CHECK(start <= area->size && size <= area->size - start);
	area->used = start + size;
	return memset(area->bytes + start, 0, size);
}

uint64_t guest_area_ipa(const struct guest_area *area, const void *byte)
{
	return area->ipa + (uint64_t)((const uint8_t *)byte - area->bytes);
}
