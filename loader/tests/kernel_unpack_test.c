/* SPDX-License-Identifier: Apache-2.0 */
#include "kernel_unpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/types.h"
#include "kernels.h"

#define SCRATCH KIB(64)

static struct loader_error error;

/* Plans and unpacks into a block of the exact size; NULL where either fails. */
static uint8_t *unpack(const uint8_t *bytes, size_t size, uint64_t max, uint64_t *unpacked)
{
	struct kernel_packed packed;
	void *scratch;
	uint8_t *out;

	assert_true(kernel_unpack_is_packed(bytes, size));
	if (kernel_unpack_plan(bytes, size, max, &packed, &error) != PLINTH_OK) {
		return NULL;
	}
	assert_true(packed.unpacked_size <= max);
	out = malloc(packed.unpacked_size);
	scratch = malloc(SCRATCH);
	assert_non_null(out);
	assert_non_null(scratch);
	if (kernel_unpack(&packed, out, scratch, SCRATCH, &error) != PLINTH_OK) {
		free(out);
		out = NULL;
	}
	free(scratch);
	*unpacked = packed.unpacked_size;
	return out;
}

static void expect_error(const uint8_t *bytes, size_t size, uint64_t max, const char *text)
{
	uint64_t unpacked;

	assert_null(unpack(bytes, size, max, &unpacked));
	assert_string_equal(error.text, text);
}

static uint8_t *make_packed(size_t *packed_size)
{
	static uint8_t plain[100000];

	for (size_t i = 0; i < sizeof(plain); i++) {
		plain[i] = (uint8_t)(i * i >> 7);
	}
	return kernels_gzip(plain, sizeof(plain), packed_size);
}

static void test_gzip(void **state)
{
	(void)state;
	size_t size;
	uint8_t *packed = make_packed(&size);
	uint64_t unpacked;
	uint8_t *out = unpack(packed, size, 100000, &unpacked);

	assert_non_null(out);
	assert_int_equal(unpacked, 100000);
	for (size_t i = 0; i < 100000; i++) {
		assert_int_equal(out[i], (uint8_t)(i * i >> 7));
	}
	free(out);
	expect_error(
		packed, size, 99999, "kernel: unpacks to 0x186a0 bytes, more than the VM's memory");
	free(packed);
}

static void test_zboot(void **state)
{
	(void)state;
	size_t size;
	uint8_t *packed = make_packed(&size);
	uint8_t *wrapped = calloc(1, 100 + size);
	uint64_t unpacked;

	memcpy(wrapped, "MZ\0\0zimg", 8);
	kernels_put32(wrapped, 8, 100);
	kernels_put32(wrapped, 12, (uint32_t)size);
	memcpy(wrapped + 24, "gzip", 4);
	memcpy(wrapped + 100, packed, size);

	uint8_t *out = unpack(wrapped, 100 + size, MIB(1), &unpacked);

	assert_non_null(out);
	assert_int_equal(unpacked, 100000);
	free(out);
	expect_error(wrapped, 99 + size, MIB(1), "kernel: EFI zboot image is cut off");
	kernels_put32(wrapped, 8, 99);
	expect_error(wrapped, 100 + size, MIB(1), "kernel: EFI zboot image has no gzip data");
	memcpy(wrapped + 24, "zstd", 4);
	expect_error(wrapped, 100 + size, MIB(1), "kernel: EFI zboot image is not packed by gzip");
	free(wrapped);
	free(packed);
}

static void test_damage(void **state)
{
	(void)state;
	size_t size;
	uint8_t *packed = make_packed(&size);
	uint64_t unpacked;

	expect_error(packed, 17, MIB(1), "kernel: gzip data is cut off, or has no good header");
	packed[size - 5] ^= 1; /* the checksum */
	expect_error(packed, size, MIB(1), "kernel: gzip data is damaged (incorrect data check)");
	packed[size - 5] ^= 1;
	packed[size - 4] -= 1; /* the size */
	expect_error(
		packed, size, MIB(1), "kernel: gzip data unpacks to another size than it says");
	packed[size - 4] += 2;
	assert_null(unpack(packed, size, MIB(1), &unpacked));
	/* Sizes that no data of this length can have are refused before memory is asked for. */
	kernels_put32(packed, size - 4, 0);
	assert_null(unpack(packed, size, MIB(1), &unpacked));
	kernels_put32(packed, size - 4, UINT32_MAX);
	assert_null(unpack(packed, size, UINT64_MAX, &unpacked));
	assert_memory_equal(error.text, "kernel: gzip data is cut off or damaged: ", 41);
	free(packed);
}

/* A few bytes that unpack to a megabyte: taken for what their trailer says, never for more. */
static void test_bomb(void **state)
{
	(void)state;
	size_t size;
	uint8_t *zeroes = calloc(1, MIB(1));
	uint8_t *packed = kernels_gzip(zeroes, MIB(1), &size);

	assert_true(size < 2000);
	expect_error(packed, size, KIB(512),
		"kernel: unpacks to 0x100000 bytes, more than the VM's memory");
	kernels_put32(packed, size - 4, 1000);
	expect_error(
		packed, size, KIB(512), "kernel: gzip data unpacks to another size than it says");
	free(packed);
	free(zeroes);
}

/* zlib gets no byte more than there is. */
static void test_small_scratch(void **state)
{
	(void)state;
	size_t size;
	uint8_t *packed_bytes = make_packed(&size);
	struct kernel_packed packed;
	uint8_t *out = malloc(100000);
	void *scratch = malloc(128);

	assert_int_equal(
		kernel_unpack_plan(packed_bytes, size, MIB(1), &packed, &error), PLINTH_OK);
	assert_int_equal(kernel_unpack(&packed, out, scratch, 128, &error), PLINTH_EINVAL);
	assert_string_equal(error.text, "kernel: no memory for unpacking");
	free(scratch);
	free(out);
	free(packed_bytes);
}

static void test_is_packed(void **state)
{
	(void)state;
	assert_false(kernel_unpack_is_packed("\x1f", 1));
	assert_false(kernel_unpack_is_packed("MZ\0\0zimg", 8));
	assert_false(kernel_unpack_is_packed("", 0));
	assert_true(kernel_unpack_is_packed("\x1f\x8b", 2));
}

/* All that a header may have (zlib.h, gz_header), and where it is cut. */
static void test_headers(void **state)
{
	static uint8_t extra[] = "an extra field";
	static uint8_t name[] = "a name";
	static uint8_t comment[] = "a comment";
	static uint8_t plain[1000];
	uint8_t bytes[1000];

	(void)state;
	for (unsigned has = 0; has < 16U; has++) {
		gz_header header = {
			.extra = (has & 1U) != 0U ? extra : NULL,
			.extra_len = sizeof(extra),
			.name = (has & 2U) != 0U ? name : NULL,
			.comment = (has & 4U) != 0U ? comment : NULL,
			.hcrc = (has & 8U) != 0U,
		};
		z_stream stream = {.next_in = plain,
			.avail_in = sizeof(plain),
			.next_out = bytes,
			.avail_out = sizeof(bytes)};
		uint64_t unpacked;

		assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, 0), Z_OK);
		assert_int_equal(deflateSetHeader(&stream, &header), Z_OK);
		assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
		uint8_t *out = unpack(bytes, stream.total_out, sizeof(plain), &unpacked);

		assert_non_null(out);
		assert_memory_equal(out, plain, sizeof(plain));
		free(out);
		for (size_t size = 2; size < stream.total_out; size++) {
			uint8_t *cut = malloc(size); /* ASan sees what is read behind it */

			memcpy(cut, bytes, size);
			assert_null(unpack(cut, size, sizeof(plain), &unpacked));
			free(cut);
		}
		bytes[3] |= 0x80U; /* reserved */
		expect_error(bytes, stream.total_out, sizeof(plain),
			"kernel: gzip data is cut off, or has no good header");
		assert_int_equal(deflateEnd(&stream), Z_OK);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gzip),
		cmocka_unit_test(test_zboot),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_bomb),
		cmocka_unit_test(test_small_scratch),
		cmocka_unit_test(test_is_packed),
		cmocka_unit_test(test_headers),
	};

	return cmocka_run_group_tests_name("loader/kernel_unpack", tests, NULL, NULL);
}
