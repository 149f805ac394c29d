/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The target's string.c, compiled here under other names, against the C library's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/compiler.h"

#define memcpy	our_memcpy
#define memmove our_memmove
#define memset	our_memset
#define memcmp	our_memcmp
#define strlen	our_strlen
#define strnlen our_strnlen
#define strcmp	our_strcmp
#define strncmp our_strncmp
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#include "string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp

#define SIZE	200U
#define OFFSETS 9U

static _Alignas(16) uint8_t ours[2 * SIZE];
static _Alignas(16) uint8_t theirs[2 * SIZE];
static _Alignas(16) uint8_t source[2 * SIZE];

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(source); i++) {
		source[i] = (uint8_t)(i * 7U + 3U);
		ours[i] = (uint8_t)(i ^ 0xa5U);
		theirs[i] = ours[i];
	}
	return 0;
}

static void assert_same(void)
{
	assert_memory_equal(ours, theirs, sizeof(ours));
}

/* Every size and every pair of alignments; UBSan sees an unaligned word. */
static void memcpy_copies_at_every_alignment(void **state)
{
	(void)state;
	for (size_t to = 0; to < OFFSETS; to++) {
		for (size_t from = 0; from < OFFSETS; from++) {
			for (size_t n = 0; n < SIZE; n++) {
				assert_ptr_equal(
					our_memcpy(ours + to, source + from, n), ours + to);
				memcpy(theirs + to, source + from, n);
				assert_same();
			}
		}
	}
}

static void memset_fills_at_every_alignment(void **state)
{
	(void)state;
	for (size_t to = 0; to < OFFSETS; to++) {
		for (size_t n = 0; n < SIZE; n++) {
			assert_ptr_equal(our_memset(ours + to, 0x1a5, n), ours + to);
			memset(theirs + to, 0xa5, n);
			assert_same();
			our_memset(ours + to, 0, n);
			memset(theirs + to, 0, n);
			assert_same();
		}
	}
}

static void memmove_overlaps_both_ways(void **state)
{
	(void)state;
	for (size_t to = 0; to < 2U * OFFSETS; to++) {
		for (size_t from = 0; from < 2U * OFFSETS; from++) {
			for (size_t n = 0; n < SIZE; n += 3) {
				setup(NULL);
				assert_ptr_equal(our_memmove(ours + to, ours + from, n), ours + to);
				memmove(theirs + to, theirs + from, n);
				assert_same();
			}
		}
	}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void comparisons_agree(void **state)
{
	static const char *const words[] = {"", "a", "ab", "abc", "abd", "b", "\xff", "ab\x80"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *a = words[i];

		assert_int_equal(our_strlen(a), strlen(a));
		assert_int_equal(our_strnlen(a, 2), strnlen(a, 2));
		for (size_t j = 0; j < ARRAY_SIZE(words); j++) {
			const char *b = words[j];
			size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

			assert_int_equal(sign(our_strcmp(a, b)), sign(strcmp(a, b)));
			assert_int_equal(sign(our_strncmp(a, b, 2)), sign(strncmp(a, b, 2)));
			assert_int_equal(sign(our_memcmp(a, b, n)), sign(memcmp(a, b, n)));
		}
	}
	assert_int_equal(our_strncmp("a", "b", 0), 0);
	assert_int_equal(our_memcmp("a", "b", 0), 0);
}

/* The first byte that differs decides, wherever it is; what is behind the end does not. */
static void memcmp_finds_the_first_difference(void **state)
{
	(void)state;
	for (size_t a = 0; a < OFFSETS; a++) {
		for (size_t n = 0; n < 40U; n++) {
			for (size_t at = 0; at < n + 2U; at++) {
				setup(NULL);
				memcpy(theirs, ours + a, n + 2U);
				theirs[at]++;
				theirs[at + 1U]--;
				assert_int_equal(sign(our_memcmp(ours + a, theirs, n)),
					sign(memcmp(ours + a, theirs, n)));
				assert_int_equal(sign(our_memcmp(theirs, ours + a, n)),
					sign(memcmp(theirs, ours + a, n)));
			}
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(memcpy_copies_at_every_alignment, setup),
		cmocka_unit_test_setup(memset_fills_at_every_alignment, setup),
		cmocka_unit_test_setup(memmove_overlaps_both_ways, setup),
		cmocka_unit_test_setup(memcmp_finds_the_first_difference, setup),
		cmocka_unit_test(comparisons_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
