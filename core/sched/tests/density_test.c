/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many vCPUs on few CPUs, in simulated time: each has its share within 5% over 100 of its turns,
 * whoever sleeps and whatever others weigh, and who wakes waits for one turn at most.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bits.h"
#include "base/compiler.h"

#include "sched_sim.h"

#define TURNS 100U

/* Its runtime since `before` is within 5% of what is due. */
static void assert_fair(struct task *task, uint64_t before, uint64_t due)
{
	assert_near(sched_runtime(&task->e) - before, due, due / 20U);
}

/* `per_cpu` alike on each of `count` CPUs, for 100 turns of each. */
static void alike(unsigned count, unsigned per_cpu)
{
	static uint64_t before[ENTITIES];
	uint64_t time = TURNS * per_cpu * SLICE;

	start(count);
	for (unsigned i = 0; i < count * per_cpu; i++) {
		add(100, 0);
	}
	run_for(2U * per_cpu * SLICE); /* everybody has come */
	for (unsigned i = 0; i < task_count; i++) {
		before[i] = sched_runtime(&tasks[i].e);
	}
	run_for(time);
	for (unsigned i = 0; i < task_count; i++) {
		assert_fair(&tasks[i], before[i], time / per_cpu);
	}
}

static void alike_have_alike(void **state)
{
	static const unsigned per_cpu[] = {1, 2, 10, 100};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(per_cpu); i++) {
		alike(1, per_cpu[i]);
		alike(4, per_cpu[i]);
	}
}

/* As many heavy as light ones on one CPU, for 100 turns of the light ones. */
static void weighing(unsigned pairs)
{
	uint64_t time = TURNS * SLICE * 11U * pairs;

	start(1);
	for (unsigned i = 0; i < pairs; i++) {
		add(1000, 0);
		add(100, 0);
	}
	run_for(time);
	for (unsigned i = 0; i < task_count; i++) {
		uint64_t weight = i % 2U == 0U ? 10U : 1U;

		assert_fair(&tasks[i], 0, time * weight / (11U * pairs));
	}
}

static void one_to_ten(void **state)
{
	(void)state;
	weighing(1);
	weighing(5);
	weighing(50);
}

/* The lightest wait far ahead of all others, for turns of which each counts a hundredfold. */
static void feathers_have_theirs(void **state)
{
	uint64_t time = TURNS * SLICE * 140U;

	(void)state;
	start(1);
	add(100, 0);
	for (unsigned i = 0; i < 40U; i++) {
		add(1, 0);
	}
	run_for(time);
	assert_fair(&tasks[0], 0, time * 100U / 140U);
	for (unsigned i = 1; i < task_count; i++) {
		assert_fair(&tasks[i], 0, time / 140U);
	}
}

/* Sleepers want less than their share, and get it; the others share what they leave. */
static void with_sleepers(unsigned busy, unsigned sleepers)
{
	uint64_t time = TURNS * SLICE * (busy + sleepers);
	uint64_t slept = 0;

	start(1);
	for (unsigned i = 0; i < busy; i++) {
		add(100, 0);
	}
	for (unsigned i = 0; i < sleepers; i++) {
		struct task *task = add(100, 0);

		task->run = 3U * STEP;
		task->sleep = 10U * SLICE * (busy + sleepers);
	}
	run_for(time);
	for (unsigned i = busy; i < task_count; i++) {
		slept += sched_runtime(&tasks[i].e);
		assert_true(sched_runtime(&tasks[i].e) >= 8U * 3U * STEP);
	}
	for (unsigned i = 0; i < busy; i++) {
		assert_fair(&tasks[i], 0, (time - slept) / busy);
	}
}

static void sleepers_among_them(void **state)
{
	(void)state;
	with_sleepers(1, 1);
	with_sleepers(2, 8);
	with_sleepers(10, 90);
}

/* A spinner beside one that wakes now and then and wants less than its share. */
static void beside_a_spinner(uint32_t weight)
{
	start(1);
	add(weight, 0);
	struct task *sleeper = add(100, 0);

	sleeper->run = STEP;
	sleeper->sleep = 7U * SLICE + 3U * STEP;
	run_for(20U * HZ);
	assert_true(sched_runtime(&sleeper->e) >= 500U * STEP);
	assert_true(sleeper->worst_wait <= SLICE + STEP);
}

static void a_spinner_delays_another_by_no_more_than_its_slice(void **state)
{
	(void)state;
	beside_a_spinner(100);
	beside_a_spinner(1000);
	beside_a_spinner(10);
}

static void one_alone_takes_no_tick_beside_many_that_sleep(void **state)
{
	unsigned before;

	(void)state;
	start(1);
	add(100, 0);
	for (unsigned i = 0; i < 200U; i++) {
		add(100, 0)->run = STEP;
		tasks[task_count - 1U].sleep = 1000U * HZ;
	}
	run_for(HZ);
	before = ticks;
	run_for(HZ);
	assert_int_equal(ticks, before);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(alike_have_alike),
		cmocka_unit_test(one_to_ten),
		cmocka_unit_test(feathers_have_theirs),
		cmocka_unit_test(sleepers_among_them),
		cmocka_unit_test(a_spinner_delays_another_by_no_more_than_its_slice),
		cmocka_unit_test(one_alone_takes_no_tick_beside_many_that_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
