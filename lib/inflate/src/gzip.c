/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A member of a gzip file. Section numbers are RFC 1952's.
 */
#include <stdbool.h>

#include "base/bits.h"
#include "base/string.h"
#include "crc/ieee.h"
#include "inflate/inflate.h"

/* 2.3 */
#define HEADER_SIZE  10U
#define FLAGS_OFFSET 3U

#define FLAG_HCRC     BIT(1)
#define FLAG_EXTRA    BIT(2)
#define FLAG_NAME     BIT(3)
#define FLAG_COMMENT  BIT(4)
#define FLAG_RESERVED UINT64_C(0xe0)

struct reader {
	const uint8_t *bytes;
	size_t size;
	size_t at; /* at most size */
};

/* `size` bytes, the lowest first; false: there are none. size: at most 4. */
static bool read_number(struct reader *r, unsigned size, uint32_t *number)
{
	if (r->size - r->at < size) {
		return false;
	}
	*number = 0;
	for (unsigned i = 0; i < size; i++) {
		*number |= (uint32_t)r->bytes[r->at++] << (8U * i);
	}
	return true;
}

static bool skip_extra(struct reader *r)
{
	uint32_t size;

	if (!read_number(r, 2, &size) || size > r->size - r->at) {
		return false;
	}
	r->at += size;
	return true;
}

static bool skip_string(struct reader *r)
{
	while (r->at < r->size) {
		if (r->bytes[r->at++] == 0U) {
			return true;
		}
	}
	return false;
}

static enum inflate_result check_header_sum(struct reader *r)
{
	uint32_t sum = crc_ieee(0, r->bytes, r->at);
	uint32_t said;

	if (!read_number(r, 2, &said)) {
		return INFLATE_CUT_OFF;
	}
	return said == (sum & 0xffffU) ? INFLATE_OK : INFLATE_BAD_SUM;
}

static enum inflate_result skip_header(struct reader *r)
{
	static const uint8_t start[FLAGS_OFFSET] = {0x1f, 0x8b, 8}; /* the last: DEFLATE */
	unsigned flags;

	if (r->size < HEADER_SIZE) {
		return INFLATE_CUT_OFF;
	}
	flags = r->bytes[FLAGS_OFFSET];
	if (memcmp(r->bytes, start, sizeof(start)) != 0 || (flags & FLAG_RESERVED) != 0U) {
		return INFLATE_DAMAGED;
	}
	r->at = HEADER_SIZE;
	if (((flags & FLAG_EXTRA) != 0U && !skip_extra(r)) ||
		((flags & FLAG_NAME) != 0U && !skip_string(r)) ||
		((flags & FLAG_COMMENT) != 0U && !skip_string(r))) {
		return INFLATE_CUT_OFF;
	}
	return (flags & FLAG_HCRC) != 0U ? check_header_sum(r) : INFLATE_OK;
}

static enum inflate_result check_trailer(struct reader *r, const struct inflate_data *data)
{
	uint32_t sum;
	uint32_t size;

	if (!read_number(r, 4, &sum) || !read_number(r, 4, &size)) {
		return INFLATE_CUT_OFF;
	}
	if (size != (uint32_t)data->out_used) {
		return INFLATE_BAD_SIZE;
	}
	return sum == crc_ieee(0, data->out, data->out_used) ? INFLATE_OK : INFLATE_BAD_SUM;
}

enum inflate_result inflate_gzip(struct inflate_data *data, struct inflate_memory *memory)
{
	struct reader r = {.bytes = data->in, .size = data->in_size};
	enum inflate_result result = skip_header(&r);
	struct inflate_data body = {
		.in = data->in + r.at,
		.in_size = data->in_size - r.at,
		.out = data->out,
		.out_size = data->out_size,
	};

	if (result == INFLATE_OK) {
		result = inflate_deflate(&body, memory);
		r.at += body.in_used;
	}
	if (result == INFLATE_OK) {
		result = check_trailer(&r, &body);
	}
	data->in_used = r.at;
	data->out_used = body.out_used;
	return result;
}
