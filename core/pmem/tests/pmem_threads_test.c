/* SPDX-License-Identifier: Apache-2.0 */
/* Several CPUs at once; meant for ThreadSanitizer, but the assertions hold anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <unistd.h>

#include "arena.h"
#include "base/atomic.h"
#include "base/check.h"
#include "fake/maintenance.h"

#define WORKERS	  3U
#define SCRUBBERS 2U
#define ROUNDS	  1000U

static uint64_t arena;
static int stop;

/* Takes blocks, marks them as its own, looks whether they stay so, and gives them back. */
static void *work(void *arg)
{
	struct percpu cpu;
	cpu_id_t id = (cpu_id_t)(uintptr_t)arg;

	arena_use_cpu(&cpu, id);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		unsigned order = (unsigned)(i % 4U);
		pa_t pa;
		uint64_t *word;

		if (pmem_alloc(order, i % 2U == 0U ? PMEM_CLEAN : PMEM_ANY, &pa) != PLINTH_OK) {
			continue;
		}
		word = (uint64_t *)(uintptr_t)pa.v;
		PLINTH_CHECK(i % 2U != 0U || (word[0] == 0U && word[1] == 0U && word[511] == 0U));
		word[0] = id;
		word[511] = id;
		PLINTH_CHECK(word[0] == id && word[511] == id);
		pmem_free(pa, order);
	}
	return NULL;
}

static void *scrub(void *arg)
{
	struct percpu cpu;

	arena_use_cpu(&cpu, (cpu_id_t)(uintptr_t)arg);
	while (load_relaxed(&stop) == 0) {
		if (!pmem_scrub_step()) {
			arch_yield();
		}
	}
	return NULL;
}

static void start(uint64_t size)
{
	struct pmem_range ram = {arena, size};

	assert_int_equal(pmem_init(&ram, 1, &ram, 1), PLINTH_OK);
	store_relaxed(&stop, 0);
}

static void test_workers_and_scrubbers(void **state)
{
	pthread_t worker[WORKERS];
	pthread_t scrubber[SCRUBBERS];
	struct percpu cpu;
	struct pmem_stats stats;

	(void)state;
	arena_use_cpu(&cpu, 0);
	start(MIB(1));
	for (uintptr_t i = 0; i < SCRUBBERS; i++) {
		pthread_create(&scrubber[i], NULL, scrub, (void *)(1U + i));
	}
	for (uintptr_t i = 0; i < WORKERS; i++) {
		pthread_create(&worker[i], NULL, work, (void *)(1U + SCRUBBERS + i));
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		pthread_join(worker[i], NULL);
	}
	store_relaxed(&stop, 1);
	for (unsigned i = 0; i < SCRUBBERS; i++) {
		pthread_join(scrubber[i], NULL);
	}
	pmem_get_stats(&stats);
	assert_int_equal(stats.free, stats.total);
	assert_int_equal(stats.used[PMEM_BY_CORE], 0);
	assert_int_equal(stats.reserved, 0);
}

static int scrubber_holds;

/* The first store of a scrubber's zeroing takes a while. */
static void hold_for_a_while(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	if (op == FAKE_DC_ZVA && load_relaxed(&scrubber_holds) == 0) {
		store_release(&scrubber_holds, 1);
		usleep(20000);
	}
}

static void *scrub_once(void *arg)
{
	struct percpu cpu;

	arena_use_cpu(&cpu, (cpu_id_t)(uintptr_t)arg);
	(void)pmem_scrub_step();
	return NULL;
}

/* All free pages are in a scrubber's hands: an allocation waits for it. */
static void test_alloc_waits_for_a_scrubber(void **state)
{
	pthread_t scrubber;
	struct percpu cpu;
	pa_t pa[9];

	(void)state;
	arena_use_cpu(&cpu, 0);
	start(KIB(64));
	for (unsigned i = 0; i < 8U; i++) {
		assert_int_equal(pmem_alloc(0, PMEM_ANY, &pa[i]), PLINTH_OK);
	}
	while (pmem_alloc(2, PMEM_ANY, &pa[8]) == PLINTH_OK) {
	}
	while (pmem_alloc(0, PMEM_ANY, &pa[8]) == PLINTH_OK) {
	}
	pmem_free(pa[0], 0);
	store_relaxed(&scrubber_holds, 0);
	fake_maintain_hook(hold_for_a_while, NULL);
	pthread_create(&scrubber, NULL, scrub_once, (void *)1);
	while (load_acquire(&scrubber_holds) == 0) { /* pairs with hold_for_a_while() */
		arch_yield();
	}
	assert_int_equal(pmem_alloc(0, PMEM_ANY, &pa[8]), PLINTH_OK);
	assert_int_equal(pa[8].v, pa[0].v);
	pthread_join(scrubber, NULL);
	fake_maintain_hook(NULL, NULL);
}

/* A promise is kept even while scrubbers hold the very pages. */
static void test_a_promise_beats_the_scrubbers(void **state)
{
	pthread_t scrubber[SCRUBBERS];
	struct percpu cpu;
	pa_t pa[15];

	(void)state;
	arena_use_cpu(&cpu, 0);
	start(KIB(64)); /* 15 pages and the side table: all of them fit into the scrubbers' hands */
	for (uintptr_t i = 0; i < SCRUBBERS; i++) {
		pthread_create(&scrubber[i], NULL, scrub, (void *)(1U + i));
	}
	for (unsigned round = 0; round < 300U; round++) {
		assert_int_equal(pmem_reserve(15), PLINTH_OK);
		for (unsigned i = 0; i < 15U; i++) {
			assert_int_equal(pmem_alloc(0, PMEM_RESERVED, &pa[i]), PLINTH_OK);
		}
		for (unsigned i = 0; i < 15U; i++) {
			pmem_free(pa[i], 0);
		}
	}
	store_relaxed(&stop, 1);
	for (unsigned i = 0; i < SCRUBBERS; i++) {
		pthread_join(scrubber[i], NULL);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_workers_and_scrubbers),
		cmocka_unit_test(test_alloc_waits_for_a_scrubber),
		cmocka_unit_test(test_a_promise_beats_the_scrubbers),
	};

	arena = arena_map(MIB(1));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
