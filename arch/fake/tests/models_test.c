/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The models are weak where hardware is: each hazard shows, and the architecture's remedy helps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/bits.h"
#include "fake/cache_model.h"
#include "fake/tlb_model.h"

#define SIZE 8192U

static const struct fake_cache_config plain = {
	.dline = 64, .iline = 64, .icache = FAKE_ICACHE_PIPT};
static struct fake_cache cache;
static uint8_t memory[SIZE] __attribute__((aligned(4096)));
static uint64_t *host; /* the word that the cache tests play with */
static uint64_t word;

static void start_cache(const struct fake_cache_config *config)
{
	memset(memory, 0, sizeof(memory));
	fake_cache_reset(&cache, config);
}

static int setup_cache(void **state)
{
	(void)state;
	fake_cache_init(&cache, memory, SIZE, &plain);
	start_cache(&plain);
	host = (uint64_t *)(void *)&memory[fake_word_offset[2]];
	word = (uint64_t)(uintptr_t)host;
	return 0;
}

static int teardown_cache(void **state)
{
	(void)state;
	fake_cache_fini(&cache);
	return 0;
}

static void op(enum fake_op o)
{
	fake_cache_op(&cache, 0, o, word);
}

static uint64_t fetch(unsigned cpu, uint64_t va)
{
	return fake_cache_fetch(&cache, cpu, word, fake_cache_tag(&cache, va, 5), false);
}

static uint64_t past(void)
{
	return fake_cache_load(&cache, 0, word, true);
}

static void test_a_fetch_is_stale_without_maintenance(void **state)
{
	(void)state;
	assert_int_equal(fetch(0, word), 0);
	assert_int_equal(fetch(1, word), 0);
	*host = 7; /* a store of the code under test */
	assert_int_equal(fake_cache_load(&cache, 1, word, false), 7);
	assert_int_equal(fetch(0, word), 0);
	op(FAKE_DC_CVAU);
	op(FAKE_IC_IVAU);
	assert_int_equal(fetch(0, word), 0); /* no DSB yet */
	fake_cache_op(&cache, 1, FAKE_DSB_ISH, 0);
	assert_int_equal(fetch(0, word), 0); /* nor by this CPU */
	op(FAKE_DSB_ISH);
	assert_int_equal(fetch(0, word), 7);
	assert_int_equal(fetch(1, word), 7);
}

/* Each in its own time, so the invalidation may come first. */
static void test_order_needs_a_barrier(void **state)
{
	unsigned stale = 0;

	(void)state;
	for (uint64_t seed = 1; seed < 200U; seed++) {
		start_cache(&plain);
		cache.random = seed * UINT64_C(0x9e3779b97f4a7c15);
		(void)fetch(0, word);
		*host = 7;
		op(FAKE_DC_CVAU);
		op(FAKE_IC_IVAU);
		for (unsigned i = 0; i < 4U; i++) {
			fake_cache_noise(&cache, word);
		}
		fake_cache_prefetch(&cache, 0, word, 0, false);
		op(FAKE_DSB_ISH);
		stale += fetch(0, word) != 7U ? 1U : 0U;
	}
	assert_true(stale != 0U);
}

static void test_local_invalidation(void **state)
{
	(void)state;
	(void)fetch(0, word);
	(void)fetch(1, word);
	*host = 7;
	op(FAKE_DC_CVAU);
	op(FAKE_DSB_ISH);
	op(FAKE_IC_IALLU);
	op(FAKE_DSB_ISH);
	assert_int_equal(fetch(0, word), 7);
	assert_int_equal(fetch(1, word), 0);
}

static void test_vipt_is_not_reached_through_an_alias(void **state)
{
	const struct fake_cache_config vipt = {
		.dline = 64, .iline = 64, .icache = FAKE_ICACHE_VIPT};
	uint64_t alias = word ^ 4096U;

	(void)state;
	start_cache(&vipt);
	assert_int_equal(fetch(0, alias), 0);
	*host = 7;
	op(FAKE_DC_CVAU);
	op(FAKE_DSB_ISH);
	op(FAKE_IC_IVAU);
	op(FAKE_DSB_ISH);
	assert_int_equal(fetch(0, alias), 0);
	op(FAKE_IC_IALLUIS);
	op(FAKE_DSB_ISH);
	assert_int_equal(fetch(0, alias), 7);
}

static void test_vpipt_knows_vmids(void **state)
{
	const struct fake_cache_config vpipt = {
		.dline = 64, .iline = 64, .icache = FAKE_ICACHE_VPIPT};

	(void)state;
	start_cache(&vpipt);
	assert_int_equal(fetch(0, word), 0); /* VMID 5 */
	*host = 7;
	op(FAKE_DC_CVAU);
	op(FAKE_DSB_ISH);
	op(FAKE_IC_IVAU);
	fake_cache_guest_op(&cache, 0, FAKE_IC_IALLUIS, 0, fake_cache_tag(&cache, word, 6));
	op(FAKE_DSB_ISH);
	assert_int_equal(fetch(0, word), 0);
	fake_cache_guest_op(&cache, 0, FAKE_IC_IVAU, word, fake_cache_tag(&cache, word, 5));
	op(FAKE_DSB_ISH);
	assert_int_equal(fetch(0, word), 7);
}

static void test_idc_and_dic(void **state)
{
	struct fake_cache_config config = plain;

	(void)state;
	config.dic = true;
	start_cache(&config);
	assert_int_equal(fetch(0, word), 0);
	*host = 7;
	assert_int_equal(fetch(0, word), 0); /* still above PoU */
	cache.config.idc = true;
	assert_int_equal(fetch(0, word), 7);
}

static void test_an_observer_past_the_caches(void **state)
{
	(void)state;
	*host = 7;
	assert_int_equal(past(), 0);
	fake_cache_store(&cache, 0, word, 9, true); /* under a dirty line */
	assert_int_equal(fake_cache_load(&cache, 0, word, false), 7);
	op(FAKE_DC_CIVAC);
	op(FAKE_DSB_SY);
	assert_int_equal(past(), 7);		    /* its store is lost */
	fake_cache_store(&cache, 0, word, 9, true); /* under no line */
	assert_int_equal(fake_cache_load(&cache, 0, word, false), 9);
	assert_int_equal(*host, 9);
	fake_cache_store(&cache, 0, word, 11, true); /* under the clean line of that load */
	assert_int_equal(fake_cache_load(&cache, 0, word, false), 9);
	op(FAKE_DC_CIVAC);
	op(FAKE_DSB_SY);
	assert_int_equal(*host, 11);
}

/* A walk by too large a stride misses lines. */
static void test_ranges_by_stride(void **state)
{
	const struct fake_cache_config small = {
		.dline = 16, .iline = 16, .icache = FAKE_ICACHE_PIPT};
	const uint64_t start = (uint64_t)(uintptr_t)memory;
	const uint64_t by_64[2] = {4096, 64};
	const uint64_t by_16[2] = {4096, 16};

	(void)state;
	start_cache(&small);
	host = (uint64_t *)(void *)&memory[fake_word_offset[3]]; /* in the middle of 64 bytes */
	word = (uint64_t)(uintptr_t)host;
	*host = 7;
	fake_cache_range(&cache, 0, FAKE_DC_CIVAC, start, by_64);
	op(FAKE_DSB_SY);
	assert_int_equal(past(), 0);
	fake_cache_range(&cache, 0, FAKE_DC_CIVAC, start, by_16);
	op(FAKE_DSB_SY);
	assert_int_equal(past(), 7);
}

static void test_stores_wait_for_a_barrier(void **state)
{
	struct fake_cache_config config = plain;
	unsigned late = 0;

	(void)state;
	config.weak = true;
	start_cache(&config);
	cache.random = 1;
	fake_cache_begin(&cache, 0);
	*host = 7;
	for (unsigned i = 0; i < 20U && late == 0U; i++) {
		assert_int_equal(fake_cache_load(&cache, 0, word, false), 7);
		late += fake_cache_load(&cache, 1, word, false) == 0U ? 1U : 0U;
	}
	assert_true(late != 0U);
	op(FAKE_DSB_ISHST);
	assert_int_equal(fake_cache_load(&cache, 1, word, false), 7);
	*host = 8;
	fake_cache_end(&cache);
	fake_cache_begin(&cache, 0); /* ordered for loads by now */
	assert_int_equal(fake_cache_load(&cache, 1, word, false), 8);
}

/* A space of one page: root and two tables in one place. */
static uint64_t tables[3][512] __attribute__((aligned(4096)));
static struct fake_tlb tlb;
static uint64_t vttbr;

#define PAGE_DESC(pa) ((pa) | 0x7ffU)

static int setup_tlb(void **state)
{
	(void)state;
	memset(tables, 0, sizeof(tables));
	tables[0][0] = (uint64_t)(uintptr_t)tables[1] | 3U;
	tables[1][0] = (uint64_t)(uintptr_t)tables[2] | 3U;
	tables[2][1] = PAGE_DESC(0x5000U);
	vttbr = (uint64_t)(uintptr_t)tables[0] | UINT64_C(3) << 48;
	write_vttbr_el2(vttbr);
	fake_tlb_init(&tlb, 39);
	return 0;
}

static uint64_t translate(enum fake_access access)
{
	uint64_t pa = 0;

	return fake_tlb_access(&tlb, vttbr, 0, 0x1008, access, &pa) == FAKE_WALK_OK ? pa : 0;
}

static void tlb_op(enum fake_op o)
{
	fake_tlb_op(&tlb, o, 0x1000);
}

static void test_an_entry_stays_until_both_stages_are_invalidated(void **state)
{
	(void)state;
	assert_int_equal(translate(FAKE_FETCH), 0x5008);
	fake_tlb_begin(&tlb);
	tables[2][1] = 0;
	assert_int_equal(translate(FAKE_LOAD), 0x5008);
	assert_int_equal(fake_tlb_stale(&tlb, vttbr), 2);
	tlb_op(FAKE_TLBI_IPAS2E1IS); /* not published */
	tlb_op(FAKE_DSB_ISH);
	assert_int_equal(fake_tlb_stale(&tlb, vttbr), 2);
	tlb_op(FAKE_TLBI_IPAS2E1IS);
	tlb_op(FAKE_DSB_ISH);
	assert_int_equal(fake_tlb_stale(&tlb, vttbr), 1); /* the combined one */
	assert_int_equal(translate(FAKE_LOAD), 0x5008);
	tlb_op(FAKE_TLBI_VMALLE1IS);
	assert_int_equal(translate(FAKE_LOAD), 0x5008); /* no DSB */
	tlb_op(FAKE_DSB_ISH);
	assert_int_equal(translate(FAKE_LOAD), 0);
}

static void test_another_vmid_keeps_its_entries(void **state)
{
	(void)state;
	assert_int_equal(translate(FAKE_LOAD), 0x5008);
	tables[2][1] = 0;
	write_vttbr_el2(vttbr + BIT(48));
	tlb_op(FAKE_DSB_ISHST);
	tlb_op(FAKE_TLBI_VMALLS12E1IS);
	tlb_op(FAKE_DSB_ISH);
	assert_int_equal(translate(FAKE_LOAD), 0x5008);
	tlb_op(FAKE_TLBI_ALLE1IS);
	tlb_op(FAKE_DSB_ISH);
	assert_int_equal(translate(FAKE_LOAD), 0);
}

static void test_permissions(void **state)
{
	(void)state;
	tables[2][1] = (PAGE_DESC(0x5000U) & ~BIT(7)) | BIT(54);
	assert_int_equal(translate(FAKE_LOAD), 0x5008);
	assert_int_equal(translate(FAKE_STORE), 0);
	assert_int_equal(translate(FAKE_FETCH), 0);
}

static void test_a_block_and_its_pages_conflict(void **state)
{
	(void)state;
	tables[1][0] = 0x7fdU; /* a block at 0 */
	assert_int_equal(translate(FAKE_LOAD), 0x1008);
	tables[1][0] = (uint64_t)(uintptr_t)tables[2] | 3U;
	for (unsigned i = 0; i < 512U; i++) {
		tables[2][i] = PAGE_DESC((uint64_t)i * 4096U);
	}
	assert_int_equal(tlb.conflicts, 0);
	uint64_t pa;

	assert_int_equal(fake_tlb_access(&tlb, vttbr, 0, 0x2000, FAKE_LOAD, &pa), FAKE_WALK_OK);
	assert_true(tlb.conflicts != 0U);
}

static void test_walk_caches_keep_a_table(void **state)
{
	(void)state;
	tlb.walk_caches = true;
	assert_int_equal(translate(FAKE_LOAD), 0x5008);
	tables[1][0] = 0;
	tlb_op(FAKE_DSB_ISHST);
	tlb_op(FAKE_TLBI_VMALLE1IS); /* not by this: it is stage 1's */
	tlb_op(FAKE_DSB_ISH);
	for (unsigned i = 0; i < FAKE_TLB_ENTRIES; i++) {
		tlb.entry[0][i].used = tlb.entry[0][i].kind == FAKE_TLB_WALK;
	}
	assert_int_equal(translate(FAKE_LOAD), 0x5008);
	tlb_op(FAKE_TLBI_VMALLS12E1IS);
	tlb_op(FAKE_DSB_ISH);
	assert_int_equal(translate(FAKE_LOAD), 0);
}

int main(void)
{
#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, setup_cache, teardown_cache)
#define TLB_TEST(name)	 cmocka_unit_test_setup(name, setup_tlb)
	static const struct CMUnitTest tests[] = {
		CACHE_TEST(test_a_fetch_is_stale_without_maintenance),
		CACHE_TEST(test_order_needs_a_barrier),
		CACHE_TEST(test_local_invalidation),
		CACHE_TEST(test_vipt_is_not_reached_through_an_alias),
		CACHE_TEST(test_idc_and_dic),
		CACHE_TEST(test_an_observer_past_the_caches),
		CACHE_TEST(test_vpipt_knows_vmids),
		CACHE_TEST(test_ranges_by_stride),
		CACHE_TEST(test_stores_wait_for_a_barrier),
		TLB_TEST(test_an_entry_stays_until_both_stages_are_invalidated),
		TLB_TEST(test_another_vmid_keeps_its_entries),
		TLB_TEST(test_permissions),
		TLB_TEST(test_a_block_and_its_pages_conflict),
		TLB_TEST(test_walk_caches_keep_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
