/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "libscan/libscan.h"
#include "libscan/svg.h"

#define RW (LIBSCAN_R1 | LIBSCAN_W1 | LIBSCAN_ASKED_1)

static const struct libscan_range first = {
	.gva = 0x1000, .last = 0x1fff, .gpa = 0x40001000, .flags = RW | LIBSCAN_GPA, .attr = 0xff};

static struct libscan_range next_of(const struct libscan_range *range)
{
	struct libscan_range r = *range;

	r.gva = range->last + 1U;
	r.last = r.gva + (range->last - range->gva);
	r.gpa = range->gpa + 0x1000U;
	return r;
}

static void test_what_continues_is_one_range(void **state)
{
	struct libscan_merge merge = {0};
	struct libscan_range done = {0};
	struct libscan_range second = next_of(&first);

	(void)state;
	assert_false(libscan_finish(&merge, &done));
	assert_false(libscan_add(&merge, &first, &done));
	assert_false(libscan_add(&merge, &second, &done));
	assert_true(libscan_finish(&merge, &done));
	assert_int_equal(done.gva, 0x1000);
	assert_int_equal(done.last, 0x2fff);
	assert_int_equal(done.gpa, 0x40001000);
	assert_int_equal(done.flags, RW | LIBSCAN_GPA);
	assert_false(libscan_finish(&merge, &done));
}

static void expect_divided(struct libscan_range second)
{
	struct libscan_merge merge = {0};
	struct libscan_range done = {0};

	assert_false(libscan_add(&merge, &first, &done));
	assert_true(libscan_add(&merge, &second, &done));
	assert_memory_equal(&done, &first, sizeof(done));
	assert_true(libscan_finish(&merge, &done));
	assert_memory_equal(&done, &second, sizeof(done));
}

static void test_what_differs_divides(void **state)
{
	struct libscan_range other = next_of(&first);

	(void)state;
	other.gva += 0x1000U;
	other.last += 0x1000U;
	expect_divided(other);
	other = next_of(&first);
	other.attr = 4;
	expect_divided(other);
	other = next_of(&first);
	other.share = 2;
	expect_divided(other);
	other = next_of(&first);
	other.flags &= ~LIBSCAN_W1;
	expect_divided(other);
	other = next_of(&first);
	other.flags = LIBSCAN_NO_AF;
	other.gpa = 0;
	expect_divided(other);
}

static void test_a_jump_of_the_gpa(void **state)
{
	struct libscan_merge merge = {0};
	struct libscan_range done = {0};
	struct libscan_range second = next_of(&first);
	struct libscan_range third;

	(void)state;
	second.gpa = 0x9000;
	third = next_of(&second);
	assert_false(libscan_add(&merge, &first, &done));
	assert_false(libscan_add(&merge, &second, &done));
	assert_false(libscan_add(&merge, &third, &done));
	assert_true(libscan_finish(&merge, &done));
	assert_int_equal(done.flags, RW | LIBSCAN_SCATTERED);
	assert_int_equal(done.gpa, 0);
	assert_int_equal(done.last, 0x3fff);
	merge = (struct libscan_merge){.split_gpa = true};
	assert_false(libscan_add(&merge, &first, &done));
	assert_true(libscan_add(&merge, &second, &done));
	assert_false(libscan_add(&merge, &third, &done));
}

static void test_the_last_page_of_all(void **state)
{
	struct libscan_merge merge = {0};
	struct libscan_range done = {0};
	struct libscan_range top = first;
	struct libscan_range zero = first;

	(void)state;
	top.gva = UINT64_MAX - 0xfffU;
	top.last = UINT64_MAX;
	assert_false(libscan_add(&merge, &top, &done));
	assert_true(libscan_finish(&merge, &done));
	assert_int_equal(done.last, UINT64_MAX);
	zero.gva = 0x2000;
	zero.last = 0x2fff;
	assert_false(libscan_add(&merge, &zero, &done));
}

struct row {
	struct libscan_range range;
	const char *line;
};

static const struct row rows[] = {
	{{0xffff800008010000, 0xffff800009ffffff, 0x40210000,
		 LIBSCAN_R1 | LIBSCAN_X1 | LIBSCAN_ASKED_1 | LIBSCAN_ASKED_0 | LIBSCAN_ASKED_X |
			 LIBSCAN_GPA,
		 0x201000, 0xff, 3},
		"ffff800008010000-ffff800009ffffff r-x/--- 0000000040210000 wb is 4K,2M"},
	{{0x1000, 0x2fff, 0, LIBSCAN_R0 | LIBSCAN_W0 | LIBSCAN_ASKED_0 | LIBSCAN_SCATTERED, 0, 0x44,
		 0},
		"0000000000001000-0000000000002fff ???"
		"/rw? scattered nc ns"},
	{{0x200000, 0x3fffff, 0, LIBSCAN_ASKED_1 | LIBSCAN_NO_AF, 0, 0, 0},
		"0000000000200000-00000000003fffff --?/??? unknown ? ? no-af"},
	{{0, UINT64_MAX, 0,
		 LIBSCAN_R1 | LIBSCAN_W1 | LIBSCAN_R0 | LIBSCAN_W0 | LIBSCAN_ASKED_1 |
			 LIBSCAN_ASKED_0 | LIBSCAN_GPA,
		 0, 0x4f, 1},
		"0000000000000000-ffffffffffffffff rw?/rw? 0000000000000000 attr-4f sh1"},
};

static void test_lines(void **state)
{
	char text[LIBSCAN_LINE_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct libscan_range range = {0};

		assert_int_equal(
			libscan_format(&rows[i].range, text, sizeof(text)), strlen(rows[i].line));
		assert_string_equal(text, rows[i].line);
		assert_true(libscan_parse(text, &range));
		assert_memory_equal(&range, &rows[i].range, sizeof(range));
	}
}

static void test_what_is_no_line(void **state)
{
	static const char *const lines[] = {
		"",
		"plinth> ",
		"scan guest: vcpu 0",
		"0000000000001000-0000000000000fff rw?/??? 0000000040000000 wb is",
		"000000000001000-0000000000001fff rw?/??? 0000000040000000 wb is",
		"0000000000001000-0000000000001fff rw?/?? 0000000040000000 wb is",
		"0000000000001000-0000000000001fff wr?/??? 0000000040000000 wb is",
		"0000000000001000-0000000000001fff rw?/??? 000000004000000 wb is",
		"0000000000001000-0000000000001fff rw?/??? somewhere wb is",
		"0000000000001000-0000000000001fff rw?/??? 0000000040000000 xx is",
		"0000000000001000-0000000000001fff rw?/??? 0000000040000000 wb",
		"0000000000001000-0000000000001fff rw?/??? 0000000040000000 wb is 4K",
		"0000000000001000-0000000000001fff rw-/--- 0000000040000000 wb is 3K",
		"0000000000001000-0000000000001fff --?/??"
		"? unknown wb is no-af",
		"0000000000001000-0000000000001fff --?/??"
		"? unknown ? is no-af",
		"0000000000001000-0000000000001fff rw-/--- 0000000040000000 wb is 4K garbage",
	};
	struct libscan_range range = {.gva = 5};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		assert_false(libscan_parse(lines[i], &range));
		assert_int_equal(range.gva, 5);
	}
}

static void test_sizes(void **state)
{
	char text[8];

	(void)state;
	libscan_size(1023, text, sizeof(text));
	assert_string_equal(text, "1023B");
	libscan_size(65536, text, sizeof(text));
	assert_string_equal(text, "64K");
	libscan_size(UINT64_C(512) << 30, text, sizeof(text));
	assert_string_equal(text, "512G");
	libscan_size(UINT64_MAX, text, sizeof(text));
	assert_string_equal(text, "15E");
}

static char picture[1 << 16];

static void draw(void *ctx, const char *text)
{
	size_t used = strlen(picture);

	assert_null(ctx);
	assert_true(used + strlen(text) < sizeof(picture));
	memcpy(picture + used, text, strlen(text) + 1U);
}

static unsigned count_of(const char *text)
{
	unsigned count = 0;

	for (const char *at = strstr(picture, text); at != NULL; at = strstr(at + 1, text)) {
		count++;
	}
	return count;
}

/* Two ranges in one region, one far away, one that is all of the upper half: three bars. */
static void test_picture(void **state)
{
	const struct libscan_range ranges[] = {
		{0x400000, 0x4fffff, 0x40000000, RW | LIBSCAN_GPA, 0, 0xff, 3},
		{0x600000, 0x600fff, 0x50000000, RW | LIBSCAN_X1 | LIBSCAN_ASKED_X | LIBSCAN_GPA,
			0x1000, 0xff, 3},
		{0x700000000000, 0x700000000fff, 0, LIBSCAN_ASKED_1 | LIBSCAN_NO_AF, 0, 0, 0},
		{UINT64_C(1) << 63, UINT64_MAX, 0, RW | LIBSCAN_GPA, 0, 4, 2},
	};

	(void)state;
	picture[0] = '\0';
	libscan_svg(ranges, 4, draw, NULL);
	assert_int_equal(count_of("<title>"), 4);
	assert_int_equal(count_of("#eeeeee"), 3);
	assert_int_equal(count_of("not mapped"), 2);
	assert_non_null(strstr(picture, "0000000000400000  2M, 2 ranges"));
	assert_non_null(strstr(picture, "111T not mapped"));
	assert_non_null(strstr(picture, "8000000000000000  8E, 1 range<"));
	assert_int_equal(count_of("fill=\"#d62728\""), 2); /* with the legend's */
	assert_int_equal(count_of("fill=\"#9467bd\""), 2);
	assert_int_equal(count_of("fill=\"#9a9a9a\""), 2);
	assert_non_null(strstr(picture, "</svg>\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_continues_is_one_range),
		cmocka_unit_test(test_what_differs_divides),
		cmocka_unit_test(test_a_jump_of_the_gpa),
		cmocka_unit_test(test_the_last_page_of_all),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_what_is_no_line),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_picture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
