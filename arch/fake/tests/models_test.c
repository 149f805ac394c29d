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

static struct fake_cache cache;
static uint8_t memory[SIZE] __attribute__((aligned(4096)));
static uint64_t word; /* the address that the cache tests play with */

static int setup_cache(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	fake_cache_init(&cache, memory, SIZE, 1);
	word = (uint64_t)(uintptr_t)&memory[128];
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
	fake_cache_op(&cache, o, word);
}

static void test_a_fetch_is_stale_without_maintenance(void **state)
{
	(void)state;
	assert_int_equal(fake_cache_fetch(&cache, word, false), 0);
	memory[128] = 7; /* a store of the code under test */
	assert_int_equal(fake_cache_load(&cache, word, false), 7);
	assert_int_equal(fake_cache_fetch(&cache, word, false), 0);
	op(FAKE_DC_CVAU);
	op(FAKE_IC_IVAU);
	assert_int_equal(fake_cache_fetch(&cache, word, false), 0); /* no DSB yet */
	op(FAKE_DSB_ISH);
	assert_int_equal(fake_cache_fetch(&cache, word, false), 0); /* no DSB between */
	op(FAKE_IC_IVAU);
	op(FAKE_DSB_ISH);
	assert_int_equal(fake_cache_fetch(&cache, word, false), 7);
}

static void test_vipt_is_not_reached_through_an_alias(void **state)
{
	(void)state;
	cache.pipt = false;
	assert_int_equal(fake_cache_fetch(&cache, word, false), 0);
	memory[128] = 7;
	op(FAKE_DC_CVAU);
	op(FAKE_DSB_ISH);
	op(FAKE_IC_IVAU);
	op(FAKE_DSB_ISH);
	assert_int_equal(fake_cache_fetch(&cache, word, false), 0);
	op(FAKE_IC_IALLUIS);
	op(FAKE_DSB_ISH);
	assert_int_equal(fake_cache_fetch(&cache, word, false), 7);
}

static void test_idc_and_dic(void **state)
{
	(void)state;
	assert_int_equal(fake_cache_fetch(&cache, word, false), 0);
	cache.dic = true;
	memory[128] = 7;
	assert_int_equal(fake_cache_fetch(&cache, word, false), 0); /* still below PoU */
	cache.idc = true;
	assert_int_equal(fake_cache_fetch(&cache, word, false), 7);
}

static void test_an_observer_past_the_caches(void **state)
{
	(void)state;
	memory[128] = 7;
	assert_int_equal(fake_cache_load(&cache, word, true), 0);
	fake_cache_store(&cache, word, 9, true); /* over a dirty line */
	assert_int_equal(fake_cache_load(&cache, word, false), 7);
	op(FAKE_DC_CIVAC);
	op(FAKE_DSB_SY);
	assert_int_equal(fake_cache_load(&cache, word, true), 7); /* its store is lost */
	fake_cache_store(&cache, word, 9, true);		  /* over no line */
	assert_int_equal(fake_cache_load(&cache, word, false), 9);
	assert_int_equal(memory[128], 9);
	fake_cache_store(&cache, word, 11, true); /* over the clean line of that load */
	assert_int_equal(fake_cache_load(&cache, word, false), 9);
}

static void test_publishing_too_early_is_seen(void **state)
{
	(void)state;
	op(FAKE_IC_IVAU);
	op(FAKE_DSB_ISHST);
	assert_int_equal(cache.early, 1);
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

int main(void)
{
#define CACHE_TEST(name) cmocka_unit_test_setup_teardown(name, setup_cache, teardown_cache)
#define TLB_TEST(name)	 cmocka_unit_test_setup(name, setup_tlb)
	static const struct CMUnitTest tests[] = {
		CACHE_TEST(test_a_fetch_is_stale_without_maintenance),
		CACHE_TEST(test_vipt_is_not_reached_through_an_alias),
		CACHE_TEST(test_idc_and_dic),
		CACHE_TEST(test_an_observer_past_the_caches),
		CACHE_TEST(test_publishing_too_early_is_seen),
		TLB_TEST(test_an_entry_stays_until_both_stages_are_invalidated),
		TLB_TEST(test_another_vmid_keeps_its_entries),
		TLB_TEST(test_permissions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
