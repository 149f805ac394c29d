/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "encodings.h"

static unsigned flags_of(const struct a64_access *a)
{
	return (a->write ? W : 0U) | (a->vector ? V : 0U) | (a->sign_extend ? S : 0U) |
	       (a->writeback ? B : 0U) | (a->post_index ? P : 0U) | (a->replicate ? R : 0U) |
	       (a->unprivileged ? U : 0U);
}

/* The first thing that differs, or NULL. */
static const char *difference(const struct good_row *row, const struct a64_access *a)
{
	if (flags_of(a) != row->flags) {
		return "flags";
	}
	if (a->element != row->element || a->count != row->count) {
		return "element or count";
	}
	if (memcmp(a->reg, row->reg, sizeof(a->reg)) != 0) {
		return "registers";
	}
	if (a->width != row->width || a->lane != row->lane) {
		return "width or lane";
	}
	if (a->base != row->base || a->index != row->index) {
		return "base or index";
	}
	if (a->index != A64_INDEX_NONE && a->extend != row->extend) {
		return "extend";
	}
	return a->shift != row->shift || a->offset != row->offset ? "shift or offset" : NULL;
}

static void test_every_form(void **state)
{
	unsigned failures = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(good_rows); i++) {
		struct a64_access access;
		enum a64_kind kind = a64_decode(good_rows[i].word, &access);
		const char *what = kind == A64_ACCESS ? difference(&good_rows[i], &access)
						      : a64_kind_name(kind);

		if (what != NULL) {
			print_error("%s: %s\n", good_rows[i].text, what);
			failures++;
		}
	}
	assert_int_equal(failures, 0);
}

static void test_what_is_refused(void **state)
{
	unsigned failures = 0;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(refused_rows); i++) {
		struct a64_access access = {.element = 99};
		enum a64_kind kind = a64_decode(refused_rows[i].word, &access);

		if (kind != refused_rows[i].kind || access.element != 99U) {
			print_error("%s: %s\n", refused_rows[i].text, a64_kind_name(kind));
			failures++;
		}
	}
	assert_int_equal(failures, 0);
}

/* A sweep over the encoding space: what the fuzzer checks, without a fuzzer. */
static void test_nothing_is_out_of_range(void **state)
{
	uint32_t word = 1;

	(void)state;
	for (unsigned i = 0; i < 2000000U; i++) {
		struct a64_access a;

		word = word * UINT32_C(1664525) + UINT32_C(1013904223);
		/* Half of them in the space of loads and stores. */
		if (a64_decode((i & 1U) != 0U ? (word & ~UINT32_C(0x02000000)) | 0x08000000U : word,
			    &a) != A64_ACCESS) {
			continue;
		}
		assert_true(a.element != 0U && a.element <= 16U &&
			    (a.element & (a.element - 1U)) == 0U);
		assert_true(a.count >= 1U && a.count <= 4U && a64_part_count(&a) <= 8U);
		assert_true(a.base <= A64_BASE_PC && (a.index < 32U || a.index == A64_INDEX_NONE));
		assert_true(a.shift <= 4U && (a.vector || a.element <= a.width));
	}
}

static void test_names(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind <= A64_OTHER; kind++) {
		assert_non_null(a64_kind_name((enum a64_kind)kind));
	}
	assert_string_equal(a64_kind_name(A64_EXCLUSIVE), "exclusive access");
	assert_string_equal(a64_kind_name((enum a64_kind)99), a64_kind_name(A64_OTHER));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_form),
		cmocka_unit_test(test_what_is_refused),
		cmocka_unit_test(test_nothing_is_out_of_range),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
