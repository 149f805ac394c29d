/* SPDX-License-Identifier: Apache-2.0 */
#include "crc/ieee.h"

#define HALF_BITS 4U
#define HALF_MASK 0xfU

/* What half a byte does to the remainder (polynomial 0xedb88320, bits in reverse): a table of 16
 * words, half as quick as one of 256. */
static uint32_t step(uint32_t crc)
{
	static const uint32_t table[1U << HALF_BITS] = {
		0x00000000,
		0x1db71064,
		0x3b6e20c8,
		0x26d930ac,
		0x76dc4190,
		0x6b6b51f4,
		0x4db26158,
		0x5005713c,
		0xedb88320,
		0xf00f9344,
		0xd6d6a3e8,
		0xcb61b38c,
		0x9b64c2b0,
		0x86d3d2d4,
		0xa00ae278,
		0xbdbdf21c,
	};

	return crc >> HALF_BITS ^ table[crc & HALF_MASK];
}

uint32_t crc_ieee(uint32_t crc, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	crc = ~crc;
	for (size_t i = 0; i < size; i++) {
		crc = step(step(crc ^ bytes[i]));
	}
	return ~crc;
}
