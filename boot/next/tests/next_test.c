/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of Images, and names of targets, sound and broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "next/image.h"
#include "next/target.h"

static uint8_t header[NEXT_IMAGE_HEADER_SIZE];

static void put(size_t offset, uint64_t v)
{
	memcpy(header + offset, &v, sizeof(v));
}

static int setup(void **state)
{
	(void)state;
	memset(header, 0, sizeof(header));
	put(8, 0x80000);
	put(16, 0x1000000);
	put(24, 0xa);
	memcpy(header + 56, "ARM\x64", 4);
	return 0;
}

static enum plinth_status parse(uint64_t size, struct next_image *image)
{
	const char *why = NULL;
	enum plinth_status status = next_image_parse(header, size, image, &why);

	assert_true((status == PLINTH_OK) == (why == NULL));
	return status;
}

static void sound_images(void **state)
{
	struct next_image image;

	(void)state;
	assert_int_equal(parse(sizeof(header), &image), PLINTH_OK);
	assert_true(image.text_offset == 0x80000 && image.size == 0x1000000);
	put(16, 32); /* smaller than its file */
	assert_int_equal(parse(sizeof(header), &image), PLINTH_OK);
	assert_true(image.size == sizeof(header));
	put(8, 0);
	assert_int_equal(parse(sizeof(header), &image), PLINTH_OK);
}

static void broken_images(void **state)
{
	struct next_image image;

	assert_int_equal(parse(sizeof(header) - 1U, &image), PLINTH_EINVAL);
	header[56] = 'X';
	assert_int_equal(parse(sizeof(header), &image), PLINTH_EINVAL);
	setup(state);
	put(24, 1); /* big-endian */
	assert_int_equal(parse(sizeof(header), &image), PLINTH_EINVAL);
	setup(state);
	put(16, 0); /* before Linux 3.17 */
	assert_int_equal(parse(sizeof(header), &image), PLINTH_EINVAL);
	put(16, UINT64_MAX);
	assert_int_equal(parse(sizeof(header), &image), PLINTH_EINVAL);
	setup(state);
	put(8, UINT64_MAX - 3U);
	assert_int_equal(parse(sizeof(header), &image), PLINTH_EINVAL);
	put(8, 2);
	assert_int_equal(parse(sizeof(header), &image), PLINTH_EINVAL);
}

static void targets(void **state)
{
	enum tables_target target = TABLES_SPIN_TABLE;

	(void)state;
	assert_int_equal(next_target_parse("parking\r\n", 9, &target), PLINTH_OK);
	assert_int_equal(target, TABLES_PARKING);
	assert_int_equal(next_target_parse("spin-table", 10, &target), PLINTH_OK);
	assert_int_equal(target, TABLES_SPIN_TABLE);
	assert_int_equal(next_target_parse("", 0, &target), PLINTH_EINVAL);
	assert_int_equal(next_target_parse("\n", 1, &target), PLINTH_EINVAL);
	assert_int_equal(next_target_parse("parkin", 6, &target), PLINTH_EINVAL);
	assert_int_equal(next_target_parse("parking x", 9, &target), PLINTH_EINVAL);
	assert_string_equal(next_target_name(TABLES_PARKING), "parking");
	assert_string_equal(next_target_name(TABLES_SPIN_TABLE), "spin-table");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(sound_images, setup),
		cmocka_unit_test_setup(broken_images, setup),
		cmocka_unit_test(targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
