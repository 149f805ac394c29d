/* SPDX-License-Identifier: Apache-2.0 */
/* zlib packs, and says what is right where data are damaged. */
#include "inflate/inflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/compiler.h"

#define PLAIN_MAX  70000U
#define PACKED_MAX 80000U
#define RAW	   (-15) /* zlib.h: window bits of DEFLATE without a header */
#define GZIP	   (16 + 15)

static struct inflate_memory memory;
static uint8_t plain[PLAIN_MAX];
static uint8_t packed[PACKED_MAX];

/* Text-like, noise, and one byte for ever, in turns. */
static void fill_plain(void)
{
	static const char *const words[] = {"the ", "guest ", "waits ", "for ", "its ", "exit. "};
	uint32_t random = 1;
	size_t at = 0;

	while (at < PLAIN_MAX) {
		const char *word;

		random = random * 1664525U + 1013904223U;
		word = words[(random >> 16) % ARRAY_SIZE(words)];
		for (; *word != '\0' && at < PLAIN_MAX; word++) {
			plain[at++] = (uint8_t)*word;
		}
		if ((random >> 24) == 0U) {
			for (unsigned i = 0; i < 500U && at < PLAIN_MAX; i++) {
				random = random * 1664525U + 1013904223U;
				plain[at++] = i < 250U ? (uint8_t)(random >> 24) : 0U;
			}
		}
	}
}

static int setup(void **state)
{
	(void)state;
	fill_plain();
	return 0;
}

static size_t pack(size_t size, int level, int strategy, int window, gz_header *header)
{
	z_stream z = {.next_in = plain,
		.avail_in = (uInt)size,
		.next_out = packed,
		.avail_out = PACKED_MAX};

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, window, 9, strategy), Z_OK);
	if (header != NULL) {
		assert_int_equal(deflateSetHeader(&z, header), Z_OK);
	}
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(deflateEnd(&z), Z_OK);
	return z.total_out;
}

/* Ends where a block of the heap ends, which ASan watches; aligned to nothing. */
static uint8_t *take_block(size_t size)
{
	uint8_t *block = malloc(size + 1U);

	assert_non_null(block);
	return block + 1;
}

static void drop_block(uint8_t *block)
{
	free(block - 1);
}

/* *out is the caller's to drop. */
static enum inflate_result unpack(const uint8_t *bytes, size_t size, size_t room, int window,
	uint8_t **out, struct inflate_data *data)
{
	uint8_t *in = take_block(size);
	enum inflate_result result;

	memcpy(in, bytes, size);
	*out = take_block(room);
	*data = (struct inflate_data){in, size, *out, room, 0, 0};
	result = window == RAW ? inflate_deflate(data, &memory) : inflate_gzip(data, &memory);
	assert_true(data->in_used <= size);
	assert_true(data->out_used <= room);
	drop_block(in);
	return result;
}

static enum inflate_result result_of(const uint8_t *bytes, size_t size, size_t room, int window)
{
	struct inflate_data data;
	uint8_t *out;
	enum inflate_result result = unpack(bytes, size, room, window, &out, &data);

	drop_block(out);
	return result;
}

/* Whatever the bytes: zlib gets the same out of them, or nothing either. */
static bool expect_as_zlib(uint8_t *bytes, size_t size, size_t room, int window)
{
	uint8_t *theirs = take_block(room);
	z_stream z = {.next_in = bytes,
		.avail_in = (uInt)size,
		.next_out = theirs,
		.avail_out = (uInt)room};
	struct inflate_data data;
	uint8_t *out;
	enum inflate_result result = unpack(bytes, size, room, window, &out, &data);

	assert_int_equal(inflateInit2(&z, window), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH) == Z_STREAM_END, result == INFLATE_OK);
	if (result == INFLATE_OK) {
		assert_int_equal(data.out_used, z.total_out);
		assert_int_equal(data.in_used, z.total_in);
		assert_memory_equal(out, theirs, z.total_out);
	}
	assert_int_equal(inflateEnd(&z), Z_OK);
	drop_block(theirs);
	drop_block(out);
	return result == INFLATE_OK;
}

static void test_what_zlib_packs(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 257, 258, 259, 1000, 32768, 65535, PLAIN_MAX};
	static const int strategies[] = {
		Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int level = 0; level <= 9; level += 3) {
			for (unsigned s = 0; s < ARRAY_SIZE(strategies); s++) {
				size_t size = pack(sizes[i], level, strategies[s], RAW, NULL);

				assert_true(expect_as_zlib(packed, size, sizes[i] + 1U, RAW));
				assert_true(expect_as_zlib(packed, size + 9U, sizes[i], RAW));
			}
		}
	}
}

static void test_no_room(void **state)
{
	(void)state;
	for (int level = 0; level <= 9; level += 3) {
		size_t size = pack(5000, level, Z_DEFAULT_STRATEGY, RAW, NULL);

		for (size_t room = 0; room < 5000U; room += 7U) {
			assert_int_equal(result_of(packed, size, room, RAW), INFLATE_NO_ROOM);
		}
	}
}

static void test_cut_off(void **state)
{
	static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FIXED};

	(void)state;
	for (int level = 0; level <= 9; level += 3) {
		for (unsigned s = 0; s < ARRAY_SIZE(strategies); s++) {
			size_t size = pack(2000, level, strategies[s], RAW, NULL);

			for (size_t cut = 0; cut < size; cut++) {
				assert_int_equal(
					result_of(packed, cut, 2000, RAW), INFLATE_CUT_OFF);
			}
		}
	}
}

/* Each bit of a member turned, in its first kilobyte and its last bytes. */
static void damage(size_t size, size_t room, int window)
{
	for (size_t bit = 0; bit < size * 8U; bit++) {
		if (bit / 8U < 1024U || size - bit / 8U < 16U) {
			packed[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
			(void)expect_as_zlib(packed, size, room, window);
			packed[bit / 8U] ^= (uint8_t)(1U << bit % 8U);
		}
	}
}

static void test_damaged(void **state)
{
	(void)state;
	damage(pack(5000, 9, Z_DEFAULT_STRATEGY, RAW, NULL), 5000, RAW);
	damage(pack(500, 9, Z_FIXED, RAW, NULL), 500, RAW);
	damage(pack(200, 0, Z_DEFAULT_STRATEGY, RAW, NULL), 200, RAW);
	damage(pack(2000, 9, Z_DEFAULT_STRATEGY, GZIP, NULL), 2000, GZIP);
}

/* Streams that no packer makes. */
static void test_by_hand(void **state)
{
	/* RFC 1951's blocks, bit by bit from the lowest: 1 (last), 2 bits of type, ... */
	static uint8_t reserved_type[] = {0x07, 0, 0, 0};
	static uint8_t stored_complement[] = {0x01, 1, 0, 0xff, 0xff, 'x'};
	static uint8_t stored_one[] = {0x01, 1, 0, 0xfe, 0xff, 'x'};
	static uint8_t literals_287[] = {0xfd, 0, 0, 0};	       /* HLIT 31 */
	static uint8_t distances_31[] = {0x05, 0x1e, 0, 0};	       /* HDIST 30 */
	static uint8_t no_length_code[] = {0x05, 0x00, 0x00, 0, 0, 0}; /* all words of 0 bits */
	static uint8_t too_far[] = {0x03, 0x02, 0x00, 0x00}; /* fixed: length 3 back by 1 */

	(void)state;
	assert_int_equal(result_of(reserved_type, 4, 9, RAW), INFLATE_DAMAGED);
	assert_int_equal(result_of(stored_complement, 6, 9, RAW), INFLATE_DAMAGED);
	assert_int_equal(result_of(stored_one, 6, 1, RAW), INFLATE_OK);
	assert_int_equal(result_of(stored_one, 5, 1, RAW), INFLATE_CUT_OFF);
	assert_int_equal(result_of(stored_one, 6, 0, RAW), INFLATE_NO_ROOM);
	assert_int_equal(result_of(literals_287, 4, 9, RAW), INFLATE_DAMAGED);
	assert_int_equal(result_of(distances_31, 4, 9, RAW), INFLATE_DAMAGED);
	assert_int_equal(result_of(no_length_code, 6, 9, RAW), INFLATE_DAMAGED);
	assert_int_equal(result_of(too_far, 4, 9, RAW), INFLATE_DAMAGED);
}

static void test_gzip_headers(void **state)
{
	static Bytef extra[300];
	static Bytef name[] = "vmlinux";
	static Bytef comment[] = "of a test";
	gz_header header = {.extra = extra,
		.extra_len = sizeof(extra),
		.name = name,
		.comment = comment,
		.hcrc = 1};
	size_t size;

	(void)state;
	size = pack(1000, 6, Z_DEFAULT_STRATEGY, GZIP, &header);
	assert_true(expect_as_zlib(packed, size, 1000, GZIP));
	for (size_t cut = 0; cut < size; cut++) {
		assert_int_equal(result_of(packed, cut, 1000, GZIP), INFLATE_CUT_OFF);
	}
	damage(size, 1000, GZIP);
	packed[20] ^= 1U; /* of the extra field */
	assert_int_equal(result_of(packed, size, 1000, GZIP), INFLATE_BAD_SUM);
}

static void test_gzip_sums(void **state)
{
	size_t size;

	(void)state;
	size = pack(1000, 6, Z_DEFAULT_STRATEGY, GZIP, NULL);
	packed[size - 1U] ^= 1U;
	assert_int_equal(result_of(packed, size, 1000, GZIP), INFLATE_BAD_SIZE);
	packed[size - 1U] ^= 1U;
	packed[size - 8U] ^= 1U;
	assert_int_equal(result_of(packed, size, 1000, GZIP), INFLATE_BAD_SUM);
	packed[0] ^= 1U;
	assert_int_equal(result_of(packed, size, 1000, GZIP), INFLATE_DAMAGED);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_zlib_packs),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_gzip_headers),
		cmocka_unit_test(test_gzip_sums),
	};

	return cmocka_run_group_tests_name("lib/inflate", tests, setup, NULL);
}
