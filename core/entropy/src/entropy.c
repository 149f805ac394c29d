/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/entropy.h"

#include "base/atomic.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "base/string.h"
#include "crypto/blake2s.h"
#include "crypto/bytes.h"
#include "crypto/chacha20.h"
#include "lock/lock.h"
#include "source.h"

#define KEY_SIZE  CHACHA20_KEY_SIZE
#define GAVE_SEED UINT32_C(4) /* beside SOURCE_* */

/* Blocks that a key makes: the next key, and bytes to be given out. */
#define BLOCKS 4U

/* Each key makes these, and is gone: the nonce can be the same. */
ALIGNED(4) static const uint8_t nonce[CHACHA20_NONCE_SIZE];

static struct lock lock = LOCK_INIT(LOCK_RANK_ENTROPY);
/* Guarded by lock: the key, what has been given out (zeroes), `left` bytes that have not been. */
ALIGNED(8) static uint8_t state[BLOCKS * CHACHA20_BLOCK_SIZE];
static size_t left;
static uint64_t since_reseed; /* bytes of output */

static uint32_t gave;	   /* what the key was made of; written by entropy_init() alone */
static uint32_t available; /* 0, then 1 for ever; read without the lock */

/* The key becomes a hash of itself and the data, and what the old one has made is dropped. Lock
 * held, or boot. */
static void mix(const void *data, size_t size)
{
	struct blake2s hash;

	blake2s_init(&hash, KEY_SIZE, state, KEY_SIZE);
	blake2s_update(&hash, data, size);
	crypto_wipe(state, sizeof(state));
	blake2s_final(&hash, state);
	left = 0;
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

/* The first block, with the next key, comes last, in the place of the key that makes them all. Lock
 * held. */
static void make_more(void)
{
	for (uint32_t i = BLOCKS; i-- != 0U;) {
		chacha20_block(&state[i * CHACHA20_BLOCK_SIZE], state, i, nonce);
	}
	left = sizeof(state) - KEY_SIZE;
}

/* Gives `size` bytes, at most KEY_SIZE, and keeps nothing of them: for a request of `asked` bytes.
 * Returns true where it is this caller's turn to reseed. */
static bool take(void *out, size_t size, size_t asked)
{
	bool is_due;
	uint8_t *next;

	lock_take(&lock);
	if (left < size) {
		make_more();
	}
	next = &state[sizeof(state) - left];
	memcpy(out, next, size);
	crypto_wipe(next, size);
	left -= size;
	since_reseed += asked;
	is_due = since_reseed >= ENTROPY_RESEED_BYTES;
	if (is_due) {
		since_reseed = 0;
	}
	lock_drop(&lock);
	return is_due;
}

/* By a key of the request's own, with the lock dropped. */
static bool take_much(uint8_t *out, size_t size)
{
	ALIGNED(4) uint8_t request_key[KEY_SIZE];
	ALIGNED(4) uint8_t block[CHACHA20_BLOCK_SIZE];
	bool is_due = take(request_key, sizeof(request_key), size);

	for (uint32_t counter = 0; size != 0U; counter++) {
		size_t part = min_u64(size, sizeof(block));

		chacha20_block(block, request_key, counter, nonce);
		memcpy(out, block, part);
		out += part;
		size -= part;
	}
	crypto_wipe(block, sizeof(block));
	crypto_wipe(request_key, sizeof(request_key));
	return is_due;
}

enum plinth_status entropy_fill(void *buf, size_t size)
{
	if (!entropy_available()) {
		return PLINTH_ENOTSUP;
	}
	if (size <= KEY_SIZE ? take(buf, size, size) : take_much(buf, size)) {
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
