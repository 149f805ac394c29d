/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/chacha20.h"

#include "base/compiler.h"
#include "crypto/bytes.h"
#include "words.h"

#define DOUBLE_ROUNDS 10U

/* Inlined, with constant places, the state stays in registers. */
ALWAYS_INLINE static inline void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a += *b;
	*d = rotate_left(*d ^ *a, 16);
	*c += *d;
	*b = rotate_left(*b ^ *c, 12);
	*a += *b;
	*d = rotate_left(*d ^ *a, 8);
	*c += *d;
	*b = rotate_left(*b ^ *c, 7);
}

ALWAYS_INLINE static inline void double_round(uint32_t s[16])
{
	quarter_round(&s[0], &s[4], &s[8], &s[12]);
	quarter_round(&s[1], &s[5], &s[9], &s[13]);
	quarter_round(&s[2], &s[6], &s[10], &s[14]);
	quarter_round(&s[3], &s[7], &s[11], &s[15]);
	quarter_round(&s[0], &s[5], &s[10], &s[15]);
	quarter_round(&s[1], &s[6], &s[11], &s[12]);
	quarter_round(&s[2], &s[7], &s[8], &s[13]);
	quarter_round(&s[3], &s[4], &s[9], &s[14]);
}

void chacha20_block(uint8_t out[CHACHA20_BLOCK_SIZE], const uint8_t key[CHACHA20_KEY_SIZE],
	uint32_t counter, const uint8_t nonce[CHACHA20_NONCE_SIZE])
{
	const uint8_t *k = __builtin_assume_aligned(key, sizeof(uint32_t));
	const uint8_t *n = __builtin_assume_aligned(nonce, sizeof(uint32_t));
	uint8_t *to = __builtin_assume_aligned(out, sizeof(uint32_t));
	struct {
		uint32_t start[16];
		uint32_t s[16];
	} w = {.start = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}};

	for (unsigned i = 0; i < 8U; i++) {
		w.start[4U + i] = load_le32(&k[4U * i]);
	}
	w.start[12] = counter;
	for (unsigned i = 0; i < 3U; i++) {
		w.start[13U + i] = load_le32(&n[4U * i]);
	}
	for (unsigned i = 0; i < 16U; i++) {
		w.s[i] = w.start[i];
	}
	for (unsigned i = 0; i < DOUBLE_ROUNDS; i++) {
		double_round(w.s);
	}
	for (unsigned i = 0; i < 16U; i++) {
		store_le32(&to[4U * i], w.s[i] + w.start[i]);
	}
	crypto_wipe(&w, sizeof(w));
}
