/* SPDX-License-Identifier: Apache-2.0 */
#include "base/check.h"
#include "base/string.h"

bool str_copy(char *dst, const char *src, size_t size)
{
	PLINTH_CHECK(size != 0U);
	size_t length = strnlen(src, size);
	bool whole = length < size;

	if (!whole) {
		length = size - 1U;
	}
	memcpy(dst, src, length);
	dst[length] = '\0';
	return whole;
}
