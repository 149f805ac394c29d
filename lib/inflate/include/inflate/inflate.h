/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unpacks DEFLATE (RFC 1951) and gzip (RFC 1952) from memory to memory, all in one call. Any bytes
 * are safe; the work is bounded by the sizes of both sides.
 */
#ifndef INFLATE_INFLATE_H
#define INFLATE_INFLATE_H

#include <stddef.h>
#include <stdint.h>

enum inflate_result {
	INFLATE_OK,
	INFLATE_CUT_OFF,  /* the input ends in the middle */
	INFLATE_DAMAGED,  /* no DEFLATE data, or no gzip member */
	INFLATE_NO_ROOM,  /* there is more than the output takes */
	INFLATE_BAD_SIZE, /* gzip: it says another size */
	INFLATE_BAD_SUM,  /* gzip: it says another CRC */
};

#define INFLATE_LENGTH_MAX  15U /* bits of a code word */
#define INFLATE_SYMBOL_MAX  288U
#define INFLATE_FAST_BITS   9U
#define INFLATE_FAST_LENGTH (1U << INFLATE_FAST_BITS)

/* A prefix code. */
struct inflate_code {
	/* By the input's next bits: symbol and length (4 bits) of the word that they start with; 0:
	 * it is longer, or there is none. */
	uint16_t fast[INFLATE_FAST_LENGTH];
	uint16_t count[INFLATE_LENGTH_MAX + 1U]; /* words of each length */
	uint16_t symbol[INFLATE_SYMBOL_MAX];	 /* of the words in their order */
};

/* Working memory, of no meaning between calls. */
struct inflate_memory {
	struct inflate_code literal; /* and lengths */
	struct inflate_code distance;
	uint8_t lengths[INFLATE_SYMBOL_MAX + 32U];
};

struct inflate_data {
	const uint8_t *in;
	size_t in_size;
	uint8_t *out;
	size_t out_size;
	size_t in_used; /* set by the call, whatever comes out; both in bytes */
	size_t out_used;
};

/* One DEFLATE stream; what lies behind it is not looked at. */
enum inflate_result inflate_deflate(struct inflate_data *data, struct inflate_memory *memory);

/* One gzip member, likewise; its sums are checked. */
enum inflate_result inflate_gzip(struct inflate_data *data, struct inflate_memory *memory);

#endif
