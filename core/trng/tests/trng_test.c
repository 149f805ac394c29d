/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/boot_info.h"
#include "arch/cpu.h"
#include "entropy/entropy.h"
#include "percpu/percpu.h"
#include "trng/trng.h"

#define NOT_SUPPORTED (~UINT64_C(0))
#define INVALID	      (~UINT64_C(0) - 1U)

static struct percpu cpu;

static int with_entropy(void **state)
{
	uint8_t seed[64] = {42};

	(void)state;
	arch_percpu_set(&cpu);
	entropy_init(seed, sizeof(seed), BOOT_CONDUIT_NONE);
	return 0;
}

static int without_entropy(void **state)
{
	(void)state;
	arch_percpu_set(&cpu);
	entropy_init(NULL, 0, BOOT_CONDUIT_NONE);
	return 0;
}

static uint64_t call(uint64_t x[4], uint64_t function, uint64_t argument)
{
	x[0] = function;
	x[1] = argument;
	x[2] = 0x2222;
	x[3] = 0x3333;
	trng_call(x);
	return x[0];
}

static void test_ids(void **state)
{
	(void)state;
	assert_true(trng_owns(TRNG_VERSION));
	assert_true(trng_owns(TRNG_RND64));
	assert_true(trng_owns(0x8400005f));
	assert_false(trng_owns(0x84000060));
	assert_false(trng_owns(0x8400004f));
	assert_false(trng_owns(0x04000050));
	assert_false(trng_owns(0xc5000050));
}

static void test_version_and_features(void **state)
{
	uint64_t x[4];

	(void)state;
	assert_int_equal(call(x, TRNG_VERSION, 0), 0x10000);
	assert_int_equal(x[1] | x[2] | x[3], 0);
	assert_int_equal(call(x, TRNG_FEATURES, TRNG_VERSION), 0);
	assert_int_equal(call(x, TRNG_FEATURES, TRNG_FEATURES), 0);
	assert_int_equal(call(x, TRNG_FEATURES, TRNG_GET_UUID), 0);
	assert_int_equal(call(x, TRNG_FEATURES, TRNG_RND32), 0);
	assert_int_equal(call(x, TRNG_FEATURES, TRNG_RND64), 0);
	assert_int_equal(call(x, TRNG_FEATURES, 0x84000054), NOT_SUPPORTED);
	assert_int_equal(call(x, 0x84000054, 0), NOT_SUPPORTED);
	assert_int_equal(call(x, 0xc4000050, 0), NOT_SUPPORTED);
}

static void test_uuid(void **state)
{
	uint64_t x[4];

	(void)state;
	assert_true(call(x, TRNG_GET_UUID, 0) <= UINT32_MAX && x[0] != UINT32_MAX);
	for (unsigned i = 0; i < 4U; i++) {
		assert_true(x[i] != 0U && x[i] <= UINT32_MAX);
	}
}

/* Bits below `bits` vary, and those above are 0: x3 has the lowest. */
static void check_bits(uint64_t function, uint64_t bits, unsigned width)
{
	uint64_t seen[3] = {0};

	for (unsigned i = 0; i < 64U; i++) {
		uint64_t x[4];

		assert_int_equal(call(x, function, bits), 0);
		seen[0] |= x[3];
		seen[1] |= x[2];
		seen[2] |= x[1];
	}
	for (unsigned bit = 0; bit < 192U; bit++) {
		uint64_t set = seen[bit / 64U] >> bit % 64U & 1U;
		unsigned number = bit / 64U * width + bit % 64U;

		assert_int_equal(set, bit % 64U < width && number < bits ? 1 : 0);
	}
}

static void test_random_bits(void **state)
{
	static const uint64_t bits_64[] = {1, 63, 64, 65, 128, 129, 191, 192};
	static const uint64_t bits_32[] = {1, 31, 32, 33, 64, 65, 95, 96};

	(void)state;
	for (unsigned i = 0; i < 8U; i++) {
		check_bits(TRNG_RND64, bits_64[i], 64);
		check_bits(TRNG_RND32, bits_32[i], 32);
	}
}

static void test_wrong_sizes(void **state)
{
	uint64_t x[4];

	(void)state;
	assert_int_equal(call(x, TRNG_RND64, 0), INVALID);
	assert_int_equal(call(x, TRNG_RND64, 193), INVALID);
	assert_int_equal(call(x, TRNG_RND64, ~UINT64_C(0)), INVALID);
	assert_int_equal(call(x, TRNG_RND32, 0), INVALID);
	assert_int_equal(call(x, TRNG_RND32, 97), INVALID);
	assert_int_equal(x[1] | x[2] | x[3], 0);
	/* A 32-bit call's argument is W1. */
	assert_int_equal(call(x, TRNG_RND32, UINT64_C(0xdead000000000020)), 0);
}

static void test_without_entropy(void **state)
{
	static const uint32_t functions[] = {
		TRNG_VERSION, TRNG_FEATURES, TRNG_GET_UUID, TRNG_RND32, TRNG_RND64};
	uint64_t x[4];

	(void)state;
	for (unsigned i = 0; i < 5U; i++) {
		assert_int_equal(call(x, functions[i], TRNG_VERSION), NOT_SUPPORTED);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ids, with_entropy),
		cmocka_unit_test_setup(test_version_and_features, with_entropy),
		cmocka_unit_test_setup(test_uuid, with_entropy),
		cmocka_unit_test_setup(test_random_bits, with_entropy),
		cmocka_unit_test_setup(test_wrong_sizes, with_entropy),
		cmocka_unit_test_setup(test_without_entropy, without_entropy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
