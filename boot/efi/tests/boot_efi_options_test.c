/* SPDX-License-Identifier: Apache-2.0 */
/* Load options: text of any length, at any alignment, or none at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "efi/efi.h"

static struct efi_options options;

/* As UCS-2 in an allocation of exactly that size, at an odd address. */
static void parse(const char *text, size_t characters)
{
	size_t size = 2U * characters;
	uint8_t *bytes = malloc(size + 1U);

	assert_non_null(bytes);
	for (size_t i = 0; i < characters; i++) {
		bytes[1U + 2U * i] = (uint8_t)text[i];
		bytes[2U + 2U * i] = 0;
	}
	memset(&options, 0xff, sizeof(options));
	efi_parse_options(bytes + 1, size, &options);
	free(bytes);
}

static void parse_text(const char *text)
{
	parse(text, strlen(text));
}

static void assert_options(const char *cmdline, const char *bundle)
{
	assert_string_equal(options.cmdline, cmdline);
	assert_string_equal(options.bundle, bundle);
	assert_false(options.cut);
	assert_false(options.refused);
}

static void words(void **state)
{
	(void)state;
	parse_text("  bench\tlog=debug  \r\n");
	assert_options("bench log=debug", "");
	parse_text("bundle=/a/b.cpio");
	assert_options("", "\\a\\b.cpio");
	parse_text("one bundle=\\x two bundle=/y notbundle=/z");
	assert_options("one two notbundle=/z", "\\y");
	parse_text("bundle=");
	assert_options("", "");
}

static void ends(void **state)
{
	(void)state;
	parse("a\0b", 3); /* at a NUL */
	assert_options("a", "");
	parse("", 0);
	assert_options("", "");
	efi_parse_options(NULL, 100, &options);
	assert_options("", "");
	efi_parse_options("x", 1, &options); /* half a character */
	assert_options("", "");
}

/* What EDK2 appends to boot options that it made itself is a GUID. */
static void what_is_no_text_is_ignored(void **state)
{
	static const uint8_t guid[] = {0x4e, 0xac, 0x08, 0x81, 0x11, 0x9f, 0x59, 0x4d, 0x85, 0x0e,
		0xe2, 0x1a, 0x52, 0x2c, 0x59, 0xb2};

	(void)state;
	efi_parse_options(guid, sizeof(guid), &options);
	assert_true(options.refused);
	assert_string_equal(options.cmdline, "");
	parse_text("bundle=/a \x7f");
	assert_true(options.refused);
	assert_string_equal(options.bundle, "");
}

static void what_does_not_fit_is_left_out_by_words(void **state)
{
	char text[2000];

	(void)state;
	memset(text, 'w', sizeof(text));
	memcpy(text, "first ", 6);
	memcpy(text + 1000, " last ", 6);
	parse(text, 1006);
	assert_string_equal(options.cmdline, "first last");
	assert_true(options.cut);

	memset(text, 'p', sizeof(text));
	memcpy(text, "bundle=", 7);
	parse(text, 7 + EFI_PATH_MAX - 1U);
	assert_int_equal(strlen(options.bundle), EFI_PATH_MAX - 1U);
	assert_false(options.cut);
	parse(text, 7 + EFI_PATH_MAX);
	assert_string_equal(options.bundle, "");
	assert_true(options.cut);
}

/* A word that ends with the buffer, one byte longer, one byte shorter. */
static void the_last_byte(void **state)
{
	char text[BOOT_CMDLINE_SIZE + 1U];

	(void)state;
	memset(text, 'x', sizeof(text));
	parse(text, BOOT_CMDLINE_SIZE - 1U);
	assert_int_equal(strlen(options.cmdline), BOOT_CMDLINE_SIZE - 1U);
	assert_false(options.cut);
	parse(text, BOOT_CMDLINE_SIZE);
	assert_string_equal(options.cmdline, "");
	assert_true(options.cut);
	text[BOOT_CMDLINE_SIZE - 2U] = ' ';
	parse(text, BOOT_CMDLINE_SIZE);
	assert_int_equal(strlen(options.cmdline), BOOT_CMDLINE_SIZE - 2U);
	assert_true(options.cut);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(ends),
		cmocka_unit_test(what_is_no_text_is_ignored),
		cmocka_unit_test(what_does_not_fit_is_left_out_by_words),
		cmocka_unit_test(the_last_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
