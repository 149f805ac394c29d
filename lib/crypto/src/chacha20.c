/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/chacha20.h"

#include "crypto/bytes.h"
#include "words.h"

#define DOUBLE_ROUNDS 10U

static void quarter_round(uint32_t s[16], unsigned a, unsigned b, unsigned c, unsigned d)
{
	s[a] += s[b];
	s[d] = rotate_left(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotate_left(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotate_left(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotate_left(s[b] ^ s[c], 7);
}

static void double_round(uint32_t s[16])
{
	for (unsigned i = 0; i < 4U; i++) {
		quarter_round(s, i, i + 4U, i + 8U, i + 12U);
	}
	for (unsigned i = 0; i < 4U; i++) {
		quarter_round(s, i, (i + 1U) % 4U + 4U, (i + 2U) % 4U + 8U, (i + 3U) % 4U + 12U);
	}
}

void chacha20_block(uint8_t out[CHACHA20_BLOCK_SIZE], const uint8_t key[CHACHA20_KEY_SIZE],
	uint32_t counter, const uint8_t nonce[CHACHA20_NONCE_SIZE])
{
	uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	uint32_t s[16];

	for (unsigned i = 0; i < 8U; i++) {
		start[4U + i] = load_le32(&key[4U * i]);
	}
	start[12] = counter;
	for (unsigned i = 0; i < 3U; i++) {
		start[13U + i] = load_le32(&nonce[4U * i]);
	}
	for (unsigned i = 0; i < 16U; i++) {
		s[i] = start[i];
	}
	for (unsigned i = 0; i < DOUBLE_ROUNDS; i++) {
		double_round(s);
	}
	for (unsigned i = 0; i < 16U; i++) {
		store_le32(&out[4U * i], s[i] + start[i]);
	}
	crypto_wipe(start, sizeof(start));
	crypto_wipe(s, sizeof(s));
}
