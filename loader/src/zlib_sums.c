/* SPDX-License-Identifier: Apache-2.0 */
/* In place of zlib's own, which are quick: the tables of one are 9 KiB of the image. The other is 2
 * KiB of unrolled loops, and gzip data has no use for it but inflate() is linked against it. */
#include <zlib.h>

#include "crc/ieee.h"

#define ADLER_BASE 65521U /* RFC 1950, 8.2: the largest prime below 2^16 */

uLong crc32(uLong crc, const Bytef *data, uInt size)
{
	return crc_ieee((uint32_t)crc, data, size);
}

uLong adler32(uLong adler, const Bytef *data, uInt size)
{
	uint32_t low = (uint32_t)adler & 0xffffU;
	uint32_t high = (uint32_t)(adler >> 16) & 0xffffU;

	if (data == Z_NULL) {
		return 1; /* zlib.h: what a sum starts from */
	}
	for (uInt i = 0; i < size; i++) {
		low = (low + data[i]) % ADLER_BASE;
		high = (high + low) % ADLER_BASE;
	}
	return (high << 16) | low;
}
