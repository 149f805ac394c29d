/* SPDX-License-Identifier: Apache-2.0 */
#include "aml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static uint8_t bytes[8192];
static struct aml aml;

static int setup(void **state)
{
	(void)state;
	memset(bytes, 0xee, sizeof(bytes));
	aml = (struct aml){bytes, sizeof(bytes), 0};
	return 0;
}

static void expect(const uint8_t *wanted, size_t size)
{
	assert_int_equal(aml.used, size);
	assert_memory_equal(bytes, wanted, size);
	assert_int_equal(bytes[size], 0xee);
}

/* Integers in the shortest form that ASL's compiler would choose, too. */
static void test_integers(void **state)
{
	(void)state;
	static const uint8_t wanted[] = {
		0x08, '_', 'U', 'I', 'D', 0x00,	      /* Zero */
		0x08, '_', 'U', 'I', 'D', 0x01,	      /* One */
		0x08, '_', 'U', 'I', 'D', 0x0a, 0x02, /* a byte */
		0x08, '_', 'U', 'I', 'D', 0x0a, 0xff, 0x08, '_', 'U', 'I', 'D', 0x0c, 0x00, 0x01,
		0x00, 0x00, /* a double word */
	};

	aml_name_integer(&aml, "_UID", 0);
	aml_name_integer(&aml, "_UID", 1);
	aml_name_integer(&aml, "_UID", 2);
	aml_name_integer(&aml, "_UID", 255);
	aml_name_integer(&aml, "_UID", 256);
	expect(wanted, sizeof(wanted));
}

static void test_packages(void **state)
{
	(void)state;
	static const uint8_t wanted[] = {
		0x10,
		0x8d,
		0x01,
		0x00,
		'\\',
		'_',
		'S',
		'B',
		'_', /* 0x1d bytes from the 0x8d on */
		0x5b,
		0x82,
		0x83,
		0x01,
		0x00,
		'D',
		'E',
		'V',
		'0', /* 0x13 */
		0x08,
		'_',
		'H',
		'I',
		'D',
		0x0d,
		'H',
		'I',
		'D',
		'1',
		'2',
		0x00,
	};
	struct aml_package bus = aml_begin_system_bus(&aml);
	struct aml_package device = aml_begin_device(&aml, "DEV0");

	aml_name_string(&aml, "_HID", "HID12");
	aml_end(&aml, device);
	aml_end(&aml, bus);
	expect(wanted, sizeof(wanted));
}

/* A length of more than 12 bits uses all three bytes. */
static void test_long_package(void **state)
{
	(void)state;
	struct aml_package bus = aml_begin_system_bus(&aml);

	for (unsigned i = 0; i < 0x1234 / 6; i++) {
		aml_name_integer(&aml, "_UID", 0);
	}
	aml_end(&aml, bus);

	size_t length = aml.used - 1;

	assert_int_equal(bytes[1], 0x80 | (length & 0xf));
	assert_int_equal(bytes[2], (length >> 4) & 0xff);
	assert_int_equal(bytes[3], length >> 12);
	assert_true(length > 0x1000);
}

/* What iasl makes of ResourceTemplate () { Memory32Fixed (ReadWrite, 0x09000000, 0x1000)
 * Interrupt (ResourceConsumer, Level, ActiveHigh, Exclusive) { 33 } }, but for the form of the
 * buffer's length. */
static void test_resources(void **state)
{
	(void)state;
	static const uint8_t wanted[] = {
		0x08,
		'_',
		'C',
		'R',
		'S',
		0x11,
		0x8c,
		0x01,
		0x00,
		0x0a,
		0x17, /* buffer of 23 */
		0x86,
		0x09,
		0x00,
		0x01,
		0x00,
		0x00,
		0x00,
		0x09,
		0x00,
		0x10,
		0x00,
		0x00,
		0x89,
		0x06,
		0x00,
		0x01,
		0x01,
		0x21,
		0x00,
		0x00,
		0x00,
		0x79,
		0x00,
	};

	aml_name_resources(&aml, 0x09000000, 0x1000, 33);
	expect(wanted, sizeof(wanted));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_integers, setup),
		cmocka_unit_test_setup(test_packages, setup),
		cmocka_unit_test_setup(test_long_package, setup),
		cmocka_unit_test_setup(test_resources, setup),
	};

	return cmocka_run_group_tests_name("loader/aml", tests, NULL, NULL);
}
