/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/blake2s.h"

#include "base/check.h"
#include "base/string.h"
#include "crypto/bytes.h"
#include "words.h"

#define ROUNDS 10U

/* RFC 7693, 2.6 and 2.7. */
static const uint32_t iv[8] = {
	0x6a09e667,
	0xbb67ae85,
	0x3c6ef372,
	0xa54ff53a,
	0x510e527f,
	0x9b05688c,
	0x1f83d9ab,
	0x5be0cd19,
};

static const uint8_t sigma[ROUNDS][16] = {
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

/* The four words of v that each of a round's eight mixings works on: columns, then diagonals. */
static const uint8_t lanes[8][4] = {
	{0, 4, 8, 12},
	{1, 5, 9, 13},
	{2, 6, 10, 14},
	{3, 7, 11, 15},
	{0, 5, 10, 15},
	{1, 6, 11, 12},
	{2, 7, 8, 13},
	{3, 4, 9, 14},
};

static void mix(uint32_t v[16], const uint8_t lane[4], uint32_t x, uint32_t y)
{
	uint32_t a = v[lane[0]];
	uint32_t b = v[lane[1]];
	uint32_t c = v[lane[2]];
	uint32_t d = v[lane[3]];

	a += b + x;
	d = rotate_right(d ^ a, 16);
	c += d;
	b = rotate_right(b ^ c, 12);
	a += b + y;
	d = rotate_right(d ^ a, 8);
	c += d;
	b = rotate_right(b ^ c, 7);
	v[lane[0]] = a;
	v[lane[1]] = b;
	v[lane[2]] = c;
	v[lane[3]] = d;
}

/* Takes in state->block; `last` for the final one. state->count includes it. */
static void compress(struct blake2s *state, bool last)
{
	uint32_t v[16];
	uint32_t m[16];

	for (unsigned i = 0; i < 8U; i++) {
		v[i] = state->h[i];
		v[i + 8U] = iv[i];
	}
	v[12] ^= (uint32_t)state->count;
	v[13] ^= (uint32_t)(state->count >> 32);
	v[14] ^= last ? ~UINT32_C(0) : 0U;
	for (unsigned i = 0; i < 16U; i++) {
		m[i] = load_le32(&state->block[4U * i]);
	}
	for (unsigned round = 0; round < ROUNDS; round++) {
		const uint8_t *order = sigma[round];

		for (unsigned i = 0; i < 8U; i++) {
			mix(v, lanes[i], m[order[2U * i]], m[order[2U * i + 1U]]);
		}
	}
	for (unsigned i = 0; i < 8U; i++) {
		state->h[i] ^= v[i] ^ v[i + 8U];
	}
	crypto_wipe(v, sizeof(v));
	crypto_wipe(m, sizeof(m));
}

void blake2s_init(struct blake2s *state, size_t hash_size, const void *key, size_t key_size)
{
	PLINTH_CHECK(hash_size >= 1U && hash_size <= BLAKE2S_HASH_SIZE);
	PLINTH_CHECK(key_size <= BLAKE2S_KEY_MAX);
	*state = (struct blake2s){.hash_size = (uint32_t)hash_size};
	memcpy(state->h, iv, sizeof(iv));
	state->h[0] ^= UINT32_C(0x01010000) ^ (uint32_t)(key_size << 8) ^ (uint32_t)hash_size;
	if (key_size != 0U) {
		memcpy(state->block, key, key_size);
		state->used = BLAKE2S_BLOCK_SIZE;
	}
}

void blake2s_update(struct blake2s *state, const void *data, size_t size)
{
	const uint8_t *from = data;

	while (size != 0U) {
		size_t part;

		/* A full block is taken in only when more follows: the last one is special. */
		if (state->used == BLAKE2S_BLOCK_SIZE) {
			state->count += BLAKE2S_BLOCK_SIZE;
			compress(state, false);
			state->used = 0;
		}
		part = BLAKE2S_BLOCK_SIZE - state->used;
		part = part < size ? part : size;
		memcpy(&state->block[state->used], from, part);
		state->used += (uint32_t)part;
		from += part;
		size -= part;
	}
}

void blake2s_final(struct blake2s *state, void *hash)
{
	uint8_t bytes[BLAKE2S_HASH_SIZE];

	state->count += state->used;
	memset(&state->block[state->used], 0, BLAKE2S_BLOCK_SIZE - state->used);
	compress(state, true);
	for (unsigned i = 0; i < 8U; i++) {
		store_le32(&bytes[4U * i], state->h[i]);
	}
	memcpy(hash, bytes, state->hash_size);
	crypto_wipe(bytes, sizeof(bytes));
	crypto_wipe(state, sizeof(*state));
}
