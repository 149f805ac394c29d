/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/fmt.h"

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* Around the compiler's own check of formats, so that its mistakes can be tested too. */
static size_t print(char *buf, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	size_t n = fmt_vbuf(buf, size, format, args);
	va_end(args);
	return n;
}

/* Each format is one that the C library knows too: it is the model. */
static void assert_same(const char *format, ...)
{
	char ours[256];
	char theirs[256];
	va_list args;

	va_start(args, format);
	size_t n = fmt_vbuf(ours, sizeof(ours), format, args);
	va_end(args);
	va_start(args, format);
	int m = vsnprintf(theirs, sizeof(theirs), format, args);
	va_end(args);
	assert_string_equal(ours, theirs);
	assert_int_equal(n, m);
}
static void integers_are_as_the_c_library_prints_them(void **state)
{
	(void)state;
	assert_same("%d %i %u", -1, 42, 3000000000U);
	assert_same("%d %d", INT32_MIN, INT32_MAX);
	assert_same("%ld %ld %lu", INT64_MIN, INT64_MAX, UINT64_MAX);
	assert_same("%lld %llu", -5LL, 18446744073709551615ULL);
	assert_same("%zu", (size_t)12345);
	assert_same("%x %X %lx", 0xdeadbeefU, 0xdeadbeefU, UINT64_C(0xfedcba9876543210));
	assert_same("%#x %#X %#x", 0x1fU, 0x1fU, 0U);
	assert_same("%5d|%-5d|%05d|%-05u", 42, 42, -42, 42U);
	assert_same("%8.3d|%.0d|%.0u|%.5x|%-8.3x|", 7, 0, 0U, 0xabU, 0xabU);
	assert_same("%#010x|%#-10x|%#10x|", 0xabU, 0xabU, 0xabU);
	assert_same("%08.3d|", 42);
}

static void strings_are_padded_and_cut(void **state)
{
	(void)state;
	assert_same("%s|%10s|%-10s|%.2s|%5.1s", "abc", "abc", "abc", "abc", "abc");
	assert_same("%c%c|%3c|%-3c|", 'a', 'b', 'c', 'd');
	assert_same("%*d|%-*d|%*d|%.*s|%.*s", 6, 1, 6, 2, -6, 3, 2, "abc", -1, "abc");
	assert_same("100%% %s", "done");
	assert_same("%s", "");
}

static void precision_bounds_the_read(void **state)
{
	char buf[8];
	char unended[3] = {'a', 'b', 'c'};

	(void)state;
	assert_int_equal(fmt_buf(buf, sizeof(buf), "%.3s", unended), 3);
	assert_string_equal(buf, "abc");
}

static void pointers_have_a_prefix(void **state)
{
	char buf[64];
	int *null = NULL;

	(void)state;
	fmt_buf(buf, sizeof(buf), "%p", (void *)(uintptr_t)0xabc);
	assert_string_equal(buf, "0xabc");
	fmt_buf(buf, sizeof(buf), "%p", (void *)null);
	assert_string_equal(buf, "0x0");
}

static void unknown_conversions_print_themselves(void **state)
{
	char buf[64];
	const char *none = NULL;

	(void)state;
	print(buf, sizeof(buf), "a%qb");
	assert_string_equal(buf, "a%qb");
	print(buf, sizeof(buf), "%-5.2lf.");
	assert_string_equal(buf, "%-5.2lf.");
	print(buf, sizeof(buf), "end%");
	assert_string_equal(buf, "end%");
	print(buf, sizeof(buf), "end%-08");
	assert_string_equal(buf, "end%-08");
	print(buf, sizeof(buf), "%s", none);
	assert_string_equal(buf, "(null)");
}

static void wild_widths_are_bounded(void **state)
{
	char buf[8];

	(void)state;
	assert_int_equal(print(buf, sizeof(buf), "%99999999999d", 1), 1024);
	assert_int_equal(print(buf, sizeof(buf), "%*d", INT32_MIN, 1), 1024);
}

static void a_short_buffer_is_ended_and_told(void **state)
{
	char buf[6];

	(void)state;
	memset(buf, 'z', sizeof(buf));
	assert_int_equal(fmt_buf(buf, 5, "%s", "abcdefgh"), 8);
	assert_string_equal(buf, "abcd");
	assert_int_equal(buf[5], 'z');
	assert_int_equal(fmt_buf(buf, 1, "%d", 42), 2);
	assert_string_equal(buf, "");
	assert_int_equal(fmt_buf(buf, 5, "%s", "abcd"), 4);
	assert_string_equal(buf, "abcd");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_as_the_c_library_prints_them),
		cmocka_unit_test(strings_are_padded_and_cut),
		cmocka_unit_test(precision_bounds_the_read),
		cmocka_unit_test(pointers_have_a_prefix),
		cmocka_unit_test(unknown_conversions_print_themselves),
		cmocka_unit_test(wild_widths_are_bounded),
		cmocka_unit_test(a_short_buffer_is_ended_and_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
