/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BLAKE2s (RFC 7693), keyed or not. Time depends on lengths alone.
 */
#ifndef CRYPTO_BLAKE2S_H
#define CRYPTO_BLAKE2S_H

#include <stddef.h>
#include <stdint.h>

#define BLAKE2S_HASH_SIZE  32U
#define BLAKE2S_KEY_MAX	   32U
#define BLAKE2S_BLOCK_SIZE 64U

struct blake2s {
	uint32_t h[8];
	uint64_t count; /* bytes compressed */
	uint8_t block[BLAKE2S_BLOCK_SIZE];
	uint32_t used; /* of block */
	uint32_t hash_size;
};

/* hash_size is 1 to 32, key_size 0 to 32. */
void blake2s_init(struct blake2s *state, size_t hash_size, const void *key, size_t key_size);
void blake2s_update(struct blake2s *state, const void *data, size_t size);

/* Writes hash_size bytes and wipes the state. */
void blake2s_final(struct blake2s *state, void *hash);

#endif
