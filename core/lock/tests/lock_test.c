/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "fake/panic.h"
#include "lock/lock.h"
#include "percpu/percpu.h"

static struct percpu cpu0;
static struct percpu cpu1 = {.id = 1};

static int setup(void **state)
{
	(void)state;
	cpu0 = (struct percpu){0};
	arch_percpu_set(&cpu0);
	return 0;
}

static void rising_ranks_are_right(void **state)
{
	struct lock vm = LOCK_INIT(LOCK_RANK_VM);
	struct lock log;

	(void)state;
	lock_init(&log, LOCK_RANK_LOG);
	lock_take(&vm);
	lock_take(&log);
	lock_assert_held(&vm);
	lock_assert_held(&log);
	lock_drop(&vm); /* not the innermost: order of release is free */
	lock_drop(&log);
	lock_assert_none_held();
}

static void falling_ranks_panic(void **state)
{
	struct lock s2 = LOCK_INIT(LOCK_RANK_S2);
	struct lock vgic = LOCK_INIT(LOCK_RANK_VGIC);

	(void)state;
	lock_take(&s2);
	assert_true(FAKE_EXPECT_PANIC("assertion failed", lock_take(&vgic)));
}

static void one_rank_twice_panics(void **state)
{
	struct lock a = LOCK_INIT(LOCK_RANK_SCHED);
	struct lock b = LOCK_INIT(LOCK_RANK_SCHED);

	(void)state;
	lock_take(&a);
	assert_true(FAKE_EXPECT_PANIC("assertion failed", lock_take(&b)));
}

static void taking_a_held_lock_panics_instead_of_hanging(void **state)
{
	struct lock a = LOCK_INIT(LOCK_RANK_SCHED);

	(void)state;
	lock_take(&a);
	assert_true(FAKE_EXPECT_PANIC("lock_is_held", lock_take(&a)));
	lock_drop(&a);
}

static void a_pair_is_taken_by_address(void **state)
{
	struct lock two[2] = {LOCK_INIT(LOCK_RANK_SCHED), LOCK_INIT(LOCK_RANK_SCHED)};
	struct lock inner = LOCK_INIT(LOCK_RANK_PMEM);

	(void)state;
	lock_take_pair(&two[1], &two[0]);
	assert_true(lock_is_held(&two[0]));
	assert_true(lock_is_held(&two[1]));
	lock_take(&inner);
	lock_drop(&inner);
	lock_drop_pair(&two[1], &two[0]);
	lock_assert_none_held();

	lock_take_pair(&two[0], &two[0]);
	lock_drop_pair(&two[0], &two[0]);
	lock_assert_none_held();

	lock_take(&inner);
	assert_true(FAKE_EXPECT_PANIC("assertion failed", lock_take_pair(&two[0], &two[1])));
}

static void only_the_holder_may_drop(void **state)
{
	struct lock a = LOCK_INIT(LOCK_RANK_VM);

	(void)state;
	lock_take(&a);
	arch_percpu_set(&cpu1);
	assert_false(lock_is_held(&a));
	assert_true(FAKE_EXPECT_PANIC("lock_is_held", lock_drop(&a)));
	arch_percpu_set(&cpu0);
	lock_drop(&a);
	assert_true(FAKE_EXPECT_PANIC("lock_is_held", lock_drop(&a)));
}

static void try_tells_whether_it_took(void **state)
{
	struct lock a = LOCK_INIT(LOCK_RANK_VM);

	(void)state;
	assert_true(lock_try(&a));
	arch_percpu_set(&cpu1);
	assert_false(lock_try(&a));
	assert_int_equal(cpu1.held_ranks, 0);
	arch_percpu_set(&cpu0);
	lock_drop(&a);
	assert_true(lock_try(&a));
	lock_drop(&a);
}

static void soon_gives_up(void **state)
{
	struct lock a = LOCK_INIT(LOCK_RANK_VM);

	(void)state;
	assert_true(lock_take_soon(&a));
	assert_true(lock_is_held(&a));
	arch_percpu_set(&cpu1);
	assert_false(lock_take_soon(&a));
	assert_int_equal(cpu1.held_ranks, 0);
	arch_percpu_set(&cpu0);
	lock_drop(&a);
	lock_assert_none_held();
	assert_true(lock_try(&a)); /* nobody has left a ticket behind */
	lock_drop(&a);
}

static void nothing_may_be_held_at_guest_entry(void **state)
{
	struct lock a = LOCK_INIT(LOCK_RANK_VM);

	(void)state;
	lock_take(&a);
	assert_true(FAKE_EXPECT_PANIC("held_ranks", lock_assert_none_held()));
	lock_forget_all();
	lock_assert_none_held();
}

#define THREADS	   4U
#define PER_THREAD 20000U

static struct lock shared = LOCK_INIT(LOCK_RANK_VM);
static uint64_t counter; /* under shared; plain on purpose */

static void *count_up(void *arg)
{
	arch_percpu_set(arg);
	for (unsigned i = 0; i < PER_THREAD; i++) {
		while ((i & 7U) == 0U && !lock_try(&shared)) {
			arch_yield();
		}
		if ((i & 7U) != 0U) {
			lock_take(&shared);
		}
		counter++;
		lock_drop(&shared);
	}
	return NULL;
}

static void threads_exclude_each_other(void **state)
{
	static struct percpu cpu[THREADS];
	pthread_t thread[THREADS];

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		cpu[i].id = i;
		assert_int_equal(pthread_create(&thread[i], NULL, count_up, &cpu[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(cpu[i].held_ranks, 0);
	}
	assert_int_equal(counter, (uint64_t)THREADS * PER_THREAD);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(rising_ranks_are_right, setup),
		cmocka_unit_test_setup(falling_ranks_panic, setup),
		cmocka_unit_test_setup(one_rank_twice_panics, setup),
		cmocka_unit_test_setup(taking_a_held_lock_panics_instead_of_hanging, setup),
		cmocka_unit_test_setup(a_pair_is_taken_by_address, setup),
		cmocka_unit_test_setup(only_the_holder_may_drop, setup),
		cmocka_unit_test_setup(try_tells_whether_it_took, setup),
		cmocka_unit_test_setup(soon_gives_up, setup),
		cmocka_unit_test_setup(nothing_may_be_held_at_guest_entry, setup),
		cmocka_unit_test_setup(threads_exclude_each_other, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
