/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 32-bit words: rotations, and little-endian bytes at any address.
 */
#ifndef CRYPTO_WORDS_H
#define CRYPTO_WORDS_H

#include <stdint.h>

static inline uint32_t rotate_right(uint32_t v, unsigned n)
{
	return v >> n | v << (32U - n);
}

static inline uint32_t rotate_left(uint32_t v, unsigned n)
{
	return v << n | v >> (32U - n);
}

static inline uint32_t load_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline void store_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

#endif
