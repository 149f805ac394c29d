/* SPDX-License-Identifier: Apache-2.0 */
/* Random maps, in each view: every range of them, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "scan_rig.h"

#define MAP_MAX 64U

struct mapping {
	uint64_t gva;
	uint64_t pa;
	unsigned level;
	unsigned flags;
};

static struct mapping maps[MAP_MAX];
static unsigned map_count;

static int by_gva(const void *a, const void *b)
{
	uint64_t x = ((const struct mapping *)a)->gva;
	uint64_t y = ((const struct mapping *)b)->gva;

	return (x > y) - (x < y);
}

/* Mappings that do not overlap: slot by slot upwards, with holes of all sizes, and groups side by
 * side. */
static void make_maps(unsigned half)
{
	uint64_t base = half == 0U ? 0U : ~((UINT64_C(1) << model_half[half].bits) - 1U);
	uint64_t end = (UINT64_C(1) << model_half[half].bits) - 1U;
	uint64_t at = 0;

	for (unsigned i = 0; i < MAP_MAX / 2U; i++) {
		unsigned level = rand() % 4 == 0 && model_start(half) < 3U ? 2U : 3U;
		uint64_t span = model_span(half, level);
		struct mapping *m = &maps[map_count];

		at = (at + span - 1U) & ~(span - 1U);
		if (rand() % 3 == 0) {
			at += model_span(half, 2U + (unsigned)rand() % 2U) *
			      (1U + (unsigned)rand() % 3U);
			at = (at + span - 1U) & ~(span - 1U);
		}
		if (at > end || end - at < span) {
			return;
		}
		*m = (struct mapping){
			.gva = base + at, .level = level, .flags = (unsigned)rand() % 8U};
		m->pa = (rand() % 2 == 0 && map_count != 0U)
				? m[-1].pa + model_span(half, m[-1].level)
				: (uint64_t)(rand() % 512) << 30;
		m->pa &= ~(span - 1U) & UINT64_C(0xffffffffff);
		if (rand() % 2 == 0 && map_count != 0U) {
			m->flags = m[-1].flags;
		}
		at += span;
		map_count++;
	}
}

static struct libscan_range piece_of(const struct mapping *m, enum scan_view view)
{
	unsigned half = (unsigned)(m->gva >> 63);
	bool el0 = (m->flags & MODEL_EL0) != 0U;
	bool write = (m->flags & MODEL_RO) == 0U;
	struct libscan_range r = {.gva = m->gva, .last = m->gva + model_span(half, m->level) - 1U};

	r.flags = (view == SCAN_EL0 ? 0U : LIBSCAN_ASKED_1) |
		  (view == SCAN_EL1 ? 0U : LIBSCAN_ASKED_0);
	if ((m->flags & MODEL_NO_AF) != 0U) {
		r.flags |= LIBSCAN_NO_AF;
		return r;
	}
	r.gpa = m->pa;
	r.attr = 0xff;
	r.share = 3;
	r.flags |= LIBSCAN_GPA;
	r.flags |= view == SCAN_EL0 ? 0U : LIBSCAN_R1 | (write ? LIBSCAN_W1 : 0U);
	r.flags |= view == SCAN_EL1 || !el0 ? 0U : LIBSCAN_R0 | (write ? LIBSCAN_W0 : 0U);
	return r;
}

/* Field by field: what lies behind the last is anything. */
static void assert_same(const struct libscan_range *a, const struct libscan_range *b)
{
	assert_int_equal(a->gva, b->gva);
	assert_int_equal(a->last, b->last);
	assert_int_equal(a->gpa, b->gpa);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->leaves, b->leaves);
	assert_int_equal(a->attr, b->attr);
	assert_int_equal(a->share, b->share);
}

static void compare(enum scan_view view)
{
	struct libscan_merge merge = {0};
	struct libscan_range want;
	unsigned n = 0;

	for (unsigned i = 0; i < map_count; i++) {
		struct libscan_range piece = piece_of(&maps[i], view);

		if (view == SCAN_EL0 && (maps[i].flags & (MODEL_EL0 | MODEL_NO_AF)) == 0U) {
			continue;
		}
		if (libscan_add(&merge, &piece, &want)) {
			assert_true(n < rig.found_count);
			assert_same(&rig.found[n], &want);
			n++;
		}
	}
	if (libscan_finish(&merge, &want)) {
		assert_true(n < rig.found_count);
		assert_same(&rig.found[n], &want);
		n++;
	}
	assert_int_equal(rig.found_count, n);
}

static void test_random_maps(void **state)
{
	static const unsigned shifts[] = {12, 14, 16};

	(void)state;
	srand(7);
	for (unsigned round = 0; round < 150; round++) {
		unsigned shift = shifts[round % 3U];
		unsigned sizes = shift == 16U ? 17U : 13U; /* to 52 bits, to 48 bits */

		model_reset(shift, 36U + (unsigned)rand() % sizes, 36U + (unsigned)rand() % sizes);
		map_count = 0;
		make_maps(0);
		make_maps(1);
		qsort(maps, map_count, sizeof(maps[0]), by_gva);
		for (unsigned i = 0; i < map_count; i++) {
			model_map(maps[i].gva, maps[i].pa, maps[i].level, maps[i].flags);
		}
		for (enum scan_view view = SCAN_EL1; view <= SCAN_BOTH; view++) {
			model_ats = 0;
			model_reads = 0;
			rig_run(view, false);
			compare(view);
			assert_int_equal(model_reads, 0);
			assert_true(rig.most_ats <= 760U);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
