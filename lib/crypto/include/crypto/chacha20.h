/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ChaCha20 block function (RFC 8439, 2.3). Constant time.
 */
#ifndef CRYPTO_CHACHA20_H
#define CRYPTO_CHACHA20_H

#include <stdint.h>

#define CHACHA20_KEY_SIZE   32U
#define CHACHA20_NONCE_SIZE 12U
#define CHACHA20_BLOCK_SIZE 64U

/* One block of the key stream. All three are aligned to 4 bytes; `out` may begin where `key` does.
 */
void chacha20_block(uint8_t out[CHACHA20_BLOCK_SIZE], const uint8_t key[CHACHA20_KEY_SIZE],
	uint32_t counter, const uint8_t nonce[CHACHA20_NONCE_SIZE]);

#endif
