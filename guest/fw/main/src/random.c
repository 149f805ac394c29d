/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers: ChaCha20 under a key of what SMCCC's TRNG (DEN0098) and the devicetree give. Each
 * answer's last block is the next key, so that an answer does not tell of earlier ones. */
#include "arch/smccc.h"
#include "base/compiler.h"
#include "base/string.h"
#include "crypto/blake2s.h"
#include "crypto/bytes.h"
#include "crypto/chacha20.h"
#include "main.h"

#define TRNG_RND64	UINT64_C(0xc4000053)
#define TRNG_BITS	192U
#define TRNG_ROUNDS	2U
#define TRNG_ROUND_SIZE 24U

ALIGNED(4) static uint8_t key[CHACHA20_KEY_SIZE];

static bool ask_trng(struct blake2s *hash)
{
	for (uint32_t i = 0; i < TRNG_ROUNDS; i++) {
		struct smccc_regs regs = {.x = {TRNG_RND64, TRNG_BITS}};

		call_below(&regs);
		if (regs.x[0] != 0U) {
			return false;
		}
		blake2s_update(hash, &regs.x[1], TRNG_ROUND_SIZE);
		crypto_wipe(&regs, sizeof(regs));
	}
	return true;
}

bool random_init(const struct fw_machine *machine)
{
	struct blake2s hash;
	bool seeded;

	blake2s_init(&hash, sizeof(key), NULL, 0);
	seeded = ask_trng(&hash);
	blake2s_update(&hash, machine->seed, machine->seed_size);
	blake2s_final(&hash, key);
	return seeded || machine->seed_size >= sizeof(key);
}

bool random_fill(uint8_t *out, size_t size)
{
	ALIGNED(4) static const uint8_t nonce[CHACHA20_NONCE_SIZE];
	ALIGNED(4) uint8_t block[CHACHA20_BLOCK_SIZE];
	uint32_t counter = 0;

	if (size > (size_t)UINT32_MAX * sizeof(block) / 2U) {
		return false;
	}
	while (size > 0U) {
		size_t part = size < sizeof(block) ? size : sizeof(block);

		chacha20_block(block, key, counter++, nonce);
		memcpy(out, block, part);
		out += part;
		size -= part;
	}
	chacha20_block(block, key, counter, nonce);
	memcpy(key, block, sizeof(key));
	crypto_wipe(block, sizeof(block));
	return true;
}
