/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of RFC 7693 and RFC 8439. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "crypto/blake2s.h"
#include "crypto/bytes.h"
#include "crypto/chacha20.h"
#include "fake/panic.h"

static void hash(
	void *out, size_t out_size, const void *key, size_t key_size, const void *data, size_t size)
{
	struct blake2s state;

	blake2s_init(&state, out_size, key, key_size);
	blake2s_update(&state, data, size);
	blake2s_final(&state, out);
}

/* RFC 7693, appendix B. */
static void test_blake2s_of_abc(void **state)
{
	static const uint8_t want[32] = {0x50, 0x8c, 0x5e, 0x8c, 0x32, 0x7c, 0x14, 0xe2, 0xe1, 0xa7,
		0x2b, 0xa3, 0x4e, 0xeb, 0x45, 0x2f, 0x37, 0x45, 0x8b, 0x20, 0x9e, 0xd6, 0x3a, 0x29,
		0x4d, 0x99, 0x9b, 0x4c, 0x86, 0x67, 0x59, 0x82};
	uint8_t got[32];

	(void)state;
	hash(got, 32, NULL, 0, "abc", 3);
	assert_memory_equal(got, want, 32);
}

/* A sequence of bytes that RFC 7693's self-test hashes: Fibonacci from a seed. */
static void sequence(uint8_t *out, size_t size, uint32_t seed)
{
	uint32_t a = UINT32_C(0xdead4bad) * seed;
	uint32_t b = 1;

	for (size_t i = 0; i < size; i++) {
		uint32_t t = a + b;

		a = b;
		b = t;
		out[i] = (uint8_t)(t >> 24);
	}
}

/* RFC 7693, appendix E: all sizes, with and without key, hashed into one. */
static void test_blake2s_self_test(void **state)
{
	static const uint8_t want[32] = {0x6a, 0x41, 0x1f, 0x08, 0xce, 0x25, 0xad, 0xcd, 0xfb, 0x02,
		0xab, 0xa6, 0x41, 0x45, 0x1c, 0xec, 0x53, 0xc5, 0x98, 0xb2, 0x4f, 0x4f, 0xc7, 0x87,
		0xfb, 0xdc, 0x88, 0x79, 0x7f, 0x4c, 0x1d, 0xfe};
	static const size_t hash_sizes[4] = {16, 20, 28, 32};
	static const size_t data_sizes[6] = {0, 3, 64, 65, 255, 1024};
	struct blake2s all;
	static uint8_t data[1024];
	uint8_t key[32];
	uint8_t got[32];

	(void)state;
	blake2s_init(&all, 32, NULL, 0);
	for (unsigned i = 0; i < 4U; i++) {
		for (unsigned j = 0; j < 6U; j++) {
			sequence(data, data_sizes[j], (uint32_t)data_sizes[j]);
			hash(got, hash_sizes[i], NULL, 0, data, data_sizes[j]);
			blake2s_update(&all, got, hash_sizes[i]);
			sequence(key, hash_sizes[i], (uint32_t)hash_sizes[i]);
			hash(got, hash_sizes[i], key, hash_sizes[i], data, data_sizes[j]);
			blake2s_update(&all, got, hash_sizes[i]);
		}
	}
	blake2s_final(&all, got);
	assert_memory_equal(got, want, 32);
}

static void test_blake2s_in_pieces(void **state)
{
	struct blake2s pieces;
	static uint8_t data[300];
	uint8_t one[32];
	uint8_t other[32];

	(void)state;
	sequence(data, sizeof(data), 9);
	hash(one, 32, "key", 3, data, sizeof(data));
	blake2s_init(&pieces, 32, "key", 3);
	for (size_t at = 0, part = 0; at < sizeof(data); at += part) {
		part = at % 67U + 1U;
		part = part < sizeof(data) - at ? part : sizeof(data) - at;
		blake2s_update(&pieces, &data[at], part);
	}
	blake2s_final(&pieces, other);
	assert_memory_equal(one, other, 32);
	for (size_t i = 0; i < sizeof(pieces); i++) {
		assert_int_equal(((const uint8_t *)&pieces)[i], 0); /* wiped */
	}
}

static void test_blake2s_sizes(void **state)
{
	struct blake2s s;

	(void)state;
	assert_true(FAKE_EXPECT_PANIC("check failed", blake2s_init(&s, 0, NULL, 0)));
	assert_true(FAKE_EXPECT_PANIC("check failed", blake2s_init(&s, 33, NULL, 0)));
	assert_true(FAKE_EXPECT_PANIC("check failed", blake2s_init(&s, 32, NULL, 33)));
}

/* RFC 8439, 2.3.2. */
static void test_chacha20_block(void **state)
{
	ALIGNED(4) static const uint8_t nonce[12] = {0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0};
	static const uint8_t want[64] = {0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f,
		0xdd, 0x1f, 0xa3, 0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03,
		0x04, 0x22, 0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f,
		0xaa, 0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
		0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
	ALIGNED(4) uint8_t key[64];
	ALIGNED(4) uint8_t got[64];

	(void)state;
	for (unsigned i = 0; i < 32U; i++) {
		key[i] = (uint8_t)i;
	}
	chacha20_block(got, key, 1, nonce);
	assert_memory_equal(got, want, 64);
	chacha20_block(key, key, 1, nonce); /* in its own place */
	assert_memory_equal(key, want, 64);
}

/* RFC 8439, A.1, vectors 1 and 2: all zero, counters 0 and 1. */
static void test_chacha20_zero_key(void **state)
{
	ALIGNED(4) static const uint8_t zero[32];
	static const uint8_t first[8] = {0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90};
	static const uint8_t second[8] = {0x9f, 0x07, 0xe7, 0xbe, 0x55, 0x51, 0x38, 0x7a};
	ALIGNED(4) uint8_t got[64];

	(void)state;
	chacha20_block(got, zero, 0, zero);
	assert_memory_equal(got, first, 8);
	chacha20_block(got, zero, 1, zero);
	assert_memory_equal(got, second, 8);
}

static void test_wipe(void **state)
{
	uint8_t a[4] = {1, 2, 3, 4};

	(void)state;
	crypto_wipe(a, 3);
	assert_int_equal(a[0] | a[1] | a[2], 0);
	assert_int_equal(a[3], 4);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blake2s_of_abc),
		cmocka_unit_test(test_blake2s_self_test),
		cmocka_unit_test(test_blake2s_in_pieces),
		cmocka_unit_test(test_blake2s_sizes),
		cmocka_unit_test(test_chacha20_block),
		cmocka_unit_test(test_chacha20_zero_key),
		cmocka_unit_test(test_wipe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
