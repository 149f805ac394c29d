/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crc/crc.h"

static void known_values(void **state)
{
	(void)state;
	assert_int_equal(crc32(0, "", 0), 0);
	assert_int_equal(crc32(0, "123456789", 9), 0xcbf43926);
	assert_int_equal(crc32(0, "\0\0\0\0", 4), 0x2144df1c);
}

static void parts_are_as_good_as_the_whole(void **state)
{
	(void)state;
	assert_int_equal(crc32(crc32(0, "1234", 4), "56789", 5), 0xcbf43926);
}

/* The table is the polynomial's: bit by bit the same. */
static void all_bytes(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256U; byte++) {
		uint8_t data = (uint8_t)byte;
		uint32_t crc = ~(uint32_t)0 ^ data;

		for (unsigned i = 0; i < 8U; i++) {
			crc = crc >> 1 ^ ((crc & 1U) != 0U ? 0xedb88320U : 0U);
		}
		assert_int_equal(crc32(0, &data, 1), ~crc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_values),
		cmocka_unit_test(parts_are_as_good_as_the_whole),
		cmocka_unit_test(all_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
