/* SPDX-License-Identifier: Apache-2.0 */
/* Section numbers are RFC 1952's. */
#include "gzip.h"

#include <string.h>

#include "base/bits.h"
#include "crc/ieee.h"

/* 2.3 */
#define HEADER_SIZE  10U
#define FLAGS_OFFSET 3U

#define FLAG_HCRC     BIT(1)
#define FLAG_EXTRA    BIT(2)
#define FLAG_NAME     BIT(3)
#define FLAG_COMMENT  BIT(4)
#define FLAG_RESERVED UINT64_C(0xe0)

static uint32_t u32(const uint8_t *bytes)
{
	return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

/* Behind the extra field at `at`; where it does not end, beyond `size`, as below. */
static size_t skip_extra(const uint8_t *bytes, size_t size, size_t at)
{
	return at + 2U > size ? SIZE_MAX : at + 2U + bytes[at] + ((size_t)bytes[at + 1U] << 8);
}

static size_t skip_string(const uint8_t *bytes, size_t size, size_t at)
{
	const uint8_t *end = at < size ? memchr(bytes + at, 0, size - at) : NULL;

	return end == NULL ? SIZE_MAX : (size_t)(end - bytes) + 1U;
}

size_t gzip_header_size(const uint8_t *bytes, size_t size)
{
	static const uint8_t start[FLAGS_OFFSET] = {0x1f, 0x8b, 8}; /* the last: DEFLATE */
	size_t at = HEADER_SIZE;
	unsigned flags;

	if (size < HEADER_SIZE + GZIP_TRAILER_SIZE) {
		return 0;
	}
	size -= GZIP_TRAILER_SIZE;
	flags = bytes[FLAGS_OFFSET];
	if (memcmp(bytes, start, sizeof(start)) != 0 || (flags & FLAG_RESERVED) != 0U) {
		return 0;
	}
	if ((flags & FLAG_EXTRA) != 0U) {
		at = skip_extra(bytes, size, at);
	}
	if ((flags & FLAG_NAME) != 0U) {
		at = skip_string(bytes, size, at);
	}
	if ((flags & FLAG_COMMENT) != 0U) {
		at = skip_string(bytes, size, at);
	}
	if ((flags & FLAG_HCRC) != 0U && at < size) {
		at += 2U;
	}
	return at <= size ? at : 0U;
}

bool gzip_trailer_fits(const uint8_t *bytes, size_t size, const void *out, size_t out_size)
{
	return size >= GZIP_TRAILER_SIZE && u32(bytes + 4) == (uint32_t)out_size &&
	       u32(bytes) == crc_ieee(0, out, out_size);
}
