/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says how much room there is; the rest is DEFLATE data, and zlib is always right.
 */
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "inflate/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ROOM_UNIT 256U
#define RAW	  (-15)

static void require(int condition)
{
	if (!condition) {
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct inflate_memory memory;
	size_t room = size == 0U ? 0U : data[0] * ROOM_UNIT;
	size_t rest = size == 0U ? 0U : size - 1U;
	uint8_t *in = malloc(rest);
	uint8_t *out = malloc(room);
	uint8_t *theirs = malloc(room);
	struct inflate_data mine = {in, rest, out, room, 0, 0};
	z_stream z = {
		.next_in = in, .avail_in = (uInt)rest, .next_out = theirs, .avail_out = (uInt)room};
	enum inflate_result result;

	memcpy(in, data + (size != 0U ? 1U : 0U), rest);
	result = inflate_deflate(&mine, &memory);
	require(inflateInit2(&z, RAW) == Z_OK);
	require((inflate(&z, Z_FINISH) == Z_STREAM_END) == (result == INFLATE_OK));
	if (result == INFLATE_OK) {
		require(mine.out_used == z.total_out && mine.in_used == z.total_in);
		require(memcmp(out, theirs, mine.out_used) == 0);
	}
	(void)inflateEnd(&z);
	free(theirs);
	free(out);
	free(in);
	return 0;
}
