/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/entropy.h"

#include "base/atomic.h"
#include "base/bits.h"
#include "base/string.h"
#include "crypto/blake2s.h"
#include "crypto/bytes.h"
#include "crypto/chacha20.h"
#include "lock/lock.h"
#include "source.h"

#define KEY_SIZE  CHACHA20_KEY_SIZE
#define GAVE_SEED UINT32_C(4) /* beside SOURCE_* */

/* Each key makes one block, and is gone: the nonce can be the same. */
static const uint8_t nonce[CHACHA20_NONCE_SIZE];

static struct lock lock = LOCK_INIT(LOCK_RANK_ENTROPY);
static uint8_t key[KEY_SIZE]; /* guarded by lock, as is: */
static uint64_t since_reseed; /* bytes of output */

static uint32_t gave;	   /* what the key was made of; written by entropy_init() alone */
static uint32_t available; /* 0, then 1 for ever; read without the lock */

/* The key becomes a hash of itself and the data. Lock held, or boot. */
static void mix(const void *data, size_t size)
{
	struct blake2s state;

	blake2s_init(&state, KEY_SIZE, key, KEY_SIZE);
	blake2s_update(&state, data, size);
	blake2s_final(&state, key);
}

void entropy_init(void *seed, size_t size, uint32_t conduit)
{
	uint8_t buf[SOURCE_BYTES_MAX];
	size_t got;

	lock_init(&lock, LOCK_RANK_ENTROPY);
	(void)source_probe(conduit);
	got = source_read(buf, &gave);
	mix(buf, got);
	if (size != 0U) {
		mix(seed, size);
		crypto_wipe(seed, size);
	}
	if (size >= ENTROPY_SEED_MIN) {
		gave |= GAVE_SEED;
	}
	crypto_wipe(buf, sizeof(buf));
	since_reseed = 0;
	/* Pairs with entropy_available(): who sees 1 sees the key through the lock anyway. */
	store_relaxed(&available, gave != 0U ? 1U : 0U);
}

bool entropy_available(void)
{
	return load_relaxed(&available) != 0U;
}

void entropy_mix(const void *data, size_t size)
{
	lock_take(&lock);
	mix(data, size);
	lock_drop(&lock);
}

static void reseed(void)
{
	uint8_t buf[SOURCE_BYTES_MAX];
	uint32_t sources;
	size_t size = source_read(buf, &sources);

	if (size != 0U) {
		entropy_mix(buf, size);
	}
	crypto_wipe(buf, sizeof(buf));
}

/* Half of the key's one block is the next key, the other half a key for one request, or all of what
 * a small one is given. Returns true where it is this caller's turn to reseed. */
static bool take_request_key(uint8_t request_key[KEY_SIZE], size_t size)
{
	uint8_t block[CHACHA20_BLOCK_SIZE];
	bool is_due;

	lock_take(&lock);
	chacha20_block(block, key, 0, nonce);
	memcpy(key, block, KEY_SIZE);
	since_reseed += size;
	is_due = since_reseed >= ENTROPY_RESEED_BYTES;
	if (is_due) {
		since_reseed = 0;
	}
	lock_drop(&lock);
	memcpy(request_key, &block[KEY_SIZE], KEY_SIZE);
	crypto_wipe(block, sizeof(block));
	return is_due;
}

enum plinth_status entropy_fill(void *buf, size_t size)
{
	uint8_t request_key[KEY_SIZE];
	uint8_t block[CHACHA20_BLOCK_SIZE];
	uint8_t *out = buf;
	uint32_t counter = 0;
	bool is_due;

	if (!entropy_available()) {
		return PLINTH_ENOTSUP;
	}
	is_due = take_request_key(request_key, size);
	if (size <= KEY_SIZE) {
		memcpy(out, request_key, size);
		size = 0;
	}
	while (size != 0U) {
		size_t part = min_u64(size, sizeof(block));

		chacha20_block(block, request_key, counter++, nonce);
		memcpy(out, block, part);
		out += part;
		size -= part;
	}
	crypto_wipe(block, sizeof(block));
	crypto_wipe(request_key, sizeof(request_key));
	if (is_due) {
		reseed();
	}
	return PLINTH_OK;
}

const char *entropy_sources(void)
{
	static const char *const names[8] = {"none", "smccc", "rndrrs", "smccc, rndrrs", "seed",
		"seed, smccc", "seed, rndrrs", "seed, smccc, rndrrs"};

	return names[gave & 7U];
}
