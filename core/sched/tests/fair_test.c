/* SPDX-License-Identifier: Apache-2.0 */
/* The scheduler in simulated time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "percpu/percpu.h"
#include "sched/sched.h"
#include "timerq/timerq.h"

#include "sched_sim.h"

static void one_runnable_takes_no_tick(void **state)
{
	(void)state;
	start(1);
	add(100, 0);
	run_for(HZ);
	assert_int_equal(switches, 1);
	assert_int_equal(ticks, 0);
	assert_int_equal(fake_sysregs.cnthp_ctl_el2, 0);
	assert_int_equal(sched_stolen(&tasks[0].e), STEP); /* till its first pick */
}

static void equal_weights_share_equally(void **state)
{
	(void)state;
	start(1);
	for (unsigned i = 0; i < 5U; i++) {
		add(100, 0);
	}
	run_for(2 * HZ);
	for (unsigned i = 0; i < 5U; i++) {
		assert_share(&tasks[i], 2 * HZ, 200, SLICE + 2U * STEP);
	}
	assert_true(switches <= 2U * HZ / SLICE + 5U);
}

/* The bound: nobody is more than two turns from its share, however long it goes on. */
static void weights_are_proportions(void **state)
{
	static const uint32_t weights[][3] = {
		{100, 200, 700},
		{1, 99, 900},
		{10000, 5000, 5000},
		{1, 1, 10000},
		{9000, 9000, 1000},
		{7001, 3, 333},
	};

	(void)state;
	for (unsigned i = 0; i < 6U; i++) {
		uint64_t total = (uint64_t)weights[i][0] + weights[i][1] + weights[i][2];

		start(1);
		for (unsigned k = 0; k < 3U; k++) {
			add(weights[i][k], 0);
		}
		run_for(50 * HZ);
		for (unsigned k = 0; k < 3U; k++) {
			assert_near(sched_runtime(&tasks[k].e), 50 * HZ * weights[i][k] / total,
				2U * SLICE + 2U * STEP);
		}
	}
}

static void one_each_stays_at_home(void **state)
{
	(void)state;
	start(4);
	for (unsigned i = 0; i < 4U; i++) {
		add(100, 0);
	}
	run_for(HZ);
	assert_int_equal(ticks, 0);
	assert_true(switches <= 8U);
	for (unsigned i = 0; i < 4U; i++) {
		assert_share(&tasks[i], HZ, 1000, 3U * STEP);
	}
}

static void three_on_two_take_turns_alone(void **state)
{
	(void)state;
	start(2);
	for (unsigned i = 0; i < 3U; i++) {
		add(100, 0);
	}
	run_for(4 * HZ);
	for (unsigned i = 0; i < 3U; i++) {
		assert_share(&tasks[i], 4 * HZ, 667, 4U * HZ / 20U);
	}
}

static void many_on_many_are_near_their_share(void **state)
{
	(void)state;
	start(CPUS);
	for (unsigned i = 0; i < 13U; i++) {
		add(100, 0);
	}
	run_for(4 * HZ);
	for (unsigned i = 0; i < 13U; i++) {
		assert_share(&tasks[i], 4 * HZ, 8000 / 13, 4U * HZ / 8U);
	}
}

static void affinity_is_kept(void **state)
{
	(void)state;
	start(2);
	add(100, 1);
	add(100, 1);
	add(100, 2);
	run_for(2 * HZ);
	assert_share(&tasks[0], 2 * HZ, 500, 2U * SLICE);
	assert_share(&tasks[1], 2 * HZ, 500, 2U * SLICE);
	assert_share(&tasks[2], 2 * HZ, 1000, 3U * STEP);
}

static void affinity_changes_live(void **state)
{
	(void)state;
	start(2);
	add(100, 1);
	add(100, 1);
	run_for(HZ / 10U);
	on_cpu(1);
	sched_set_affinity(&tasks[0].e, 2);
	run_for(HZ);
	assert_int_equal(tasks[0].e.cpu, 1);
	assert_int_equal(tasks[1].e.cpu, 0);
	assert_share(&tasks[0], HZ + HZ / 20U, 1000, SLICE);
}

/* A mask without any CPU that exists would be a vCPU that never runs. */
static void affinity_to_no_cpu_means_any(void **state)
{
	(void)state;
	start(1);
	add(100, BIT(40));
	run_for(HZ / 10U);
	assert_share(&tasks[0], HZ / 10U, 1000, 2U * STEP);
}

static void weight_changes_live(void **state)
{
	uint64_t before;

	(void)state;
	start(1);
	add(100, 0);
	add(100, 0);
	run_for(HZ);
	before = sched_runtime(&tasks[0].e);
	sched_set_weight(&tasks[0].e, 300);
	run_for(4 * HZ);
	assert_in_range(
		sched_runtime(&tasks[0].e) - before, 3 * HZ - 2U * SLICE, 3 * HZ + 2U * SLICE);
}

static void out_of_range_weight_is_clamped(void **state)
{
	struct sched_entity e;

	(void)state;
	start(1);
	sched_entity_init(&e, 0, 0);
	assert_int_equal(e.weight, SCHED_WEIGHT_MIN);
	sched_set_weight(&e, 1000000);
	assert_int_equal(e.weight, SCHED_WEIGHT_MAX);
}

static void sleeper_gets_the_cpu_at_once(void **state)
{
	struct task *task;

	(void)state;
	start(1);
	add(100, 0);
	add(100, 0);
	task = add(100, 0);
	task->run = HZ / 1000U;
	task->sleep = HZ / 50U;
	run_for(2 * HZ);
	assert_true(task->worst_wait <= 2U * STEP);
}

/* After a long sleep, nobody may hold the CPU until it has made up for it. */
static void sleep_gives_no_unbounded_credit(void **state)
{
	uint64_t before;

	(void)state;
	start(1);
	add(100, 0);
	add(100, 0);
	tasks[0].run = STEP;
	tasks[0].sleep = 5 * HZ;
	run_for(5 * HZ - 10U * STEP);
	tasks[0].run = 0;
	before = sched_runtime(&tasks[1].e);
	run_for(HZ);
	assert_in_range(sched_runtime(&tasks[1].e) - before, HZ / 2U - 2U * SLICE, HZ);
}

static void idle_cpu_steals(void **state)
{
	(void)state;
	start(2);
	add(100, 1);
	add(100, 1);
	add(100, 2);
	run_for(HZ / 10U);
	/* Now all may go anywhere, and CPU 1's own one goes to sleep for ever. */
	tasks[0].e.affinity = 3;
	tasks[1].e.affinity = 3;
	tasks[2].run = STEP;
	tasks[2].sleep = 100 * HZ;
	run_for(3U * STEP); /* at once, not when a turn ends */
	assert_true(running[0]);
	assert_true(running[1]);
	run_for(HZ);
	assert_share(&tasks[0], HZ + HZ / 20U, 1000, 2U * SLICE);
	assert_share(&tasks[1], HZ + HZ / 20U, 1000, 2U * SLICE);
}

static void woken_one_prefers_its_cpu_then_an_idle_one(void **state)
{
	(void)state;
	start(3);
	add(100, 0);
	run_for(10 * STEP);
	on_cpu(tasks[0].e.cpu);
	running[cpu_this()] = false;
	assert_true(sched_block(&tasks[0].e));
	reschedule(cpu_this());
	assert_ptr_equal(loaded[cpu_this()], &tasks[0].e); /* still in the registers */
	sched_wake(&tasks[0].e);
	reschedule(cpu_this());
	assert_true(running[cpu_this()]);
	assert_int_equal(switches, 1);
	add(100, 0);
	assert_int_not_equal(tasks[1].e.cpu, tasks[0].e.cpu);
}

static void stolen_time_is_waiting_only(void **state)
{
	(void)state;
	start(1);
	add(100, 0);
	add(100, 0);
	tasks[1].run = HZ / 1000U;
	tasks[1].sleep = HZ / 10U;
	run_for(HZ);
	/* The sleeper preempts: it waited a step each time. The other waited while it ran. */
	assert_true(sched_stolen(&tasks[1].e) <= 20U * STEP + SLICE);
	assert_in_range(sched_stolen(&tasks[0].e), sched_runtime(&tasks[1].e) - 3U * STEP,
		sched_runtime(&tasks[1].e) + 20U * STEP);
}

static void holds_add_up(void **state)
{
	struct sched_entity *e;

	(void)state;
	start(1);
	e = &add(100, 0)->e;
	run_for(10 * STEP);
	sched_remove(e, SCHED_HOLD_PAUSE);
	sched_remove(e, SCHED_HOLD_POWER);
	assert_true(sched_need_resched());
	assert_false(sched_is_off(e));
	run_for(STEP);
	assert_true(sched_is_off(e));
	sched_add(e, SCHED_HOLD_POWER);
	run_for(STEP);
	assert_true(sched_is_off(e));
	sched_wake(e);
	assert_true(sched_is_off(e));
	sched_add(e, SCHED_HOLD_PAUSE);
	run_for(STEP);
	assert_int_equal(e->state, SCHED_RUNNING);
}

static void hold_taken_back_in_time_changes_nothing(void **state)
{
	struct sched_entity *e;

	(void)state;
	start(1);
	e = &add(100, 0)->e;
	run_for(10 * STEP);
	sched_remove(e, SCHED_HOLD_POWER);
	sched_add(e, SCHED_HOLD_POWER);
	run_for(STEP);
	assert_int_equal(e->state, SCHED_RUNNING);
	assert_int_equal(switches, 1);
}

static void blocking_with_a_hold_goes_off(void **state)
{
	struct sched_entity *e;

	(void)state;
	start(1);
	e = &add(100, 0)->e;
	run_for(10 * STEP);
	sched_remove(e, SCHED_HOLD_STOP);
	assert_true(sched_block(e));
	running[0] = false;
	reschedule(0);
	assert_true(sched_is_off(e));
}

static void removed_while_blocked_is_unloaded(void **state)
{
	struct sched_entity *e;

	(void)state;
	start(2);
	e = &add(100, 1)->e;
	run_for(10 * STEP);
	on_cpu(0);
	assert_true(sched_block(e));
	running[0] = false;
	reschedule(0);
	on_cpu(1);
	kicks[0] = 0;
	sched_remove(e, SCHED_HOLD_STOP);
	assert_int_equal(kicks[0], 1);
	assert_false(sched_is_off(e));
	run_for(STEP);
	assert_true(sched_is_off(e));
}

static void wake_of_a_running_one_is_one_kick(void **state)
{
	struct sched_entity *e;

	(void)state;
	start(2);
	e = &add(100, 1)->e;
	run_for(10 * STEP);
	kicks[0] = 0;
	on_cpu(0);
	sched_wake(e); /* from its own CPU: it looks by itself */
	assert_int_equal(kicks[0], 0);
	assert_false(sched_take_wake(e));
	on_cpu(1);
	sched_wake(e);
	sched_wake(e);
	assert_int_equal(kicks[0], 1);
	on_cpu(0);
	assert_true(sched_take_wake(e));
	assert_false(sched_take_wake(e));
	on_cpu(1);
	sched_wake(e);
	assert_int_equal(kicks[0], 2);
	on_cpu(0);
	assert_false(sched_block(e)); /* the wake-up counts */
	assert_true(sched_block(e));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_runnable_takes_no_tick),
		cmocka_unit_test(equal_weights_share_equally),
		cmocka_unit_test(weights_are_proportions),
		cmocka_unit_test(one_each_stays_at_home),
		cmocka_unit_test(three_on_two_take_turns_alone),
		cmocka_unit_test(many_on_many_are_near_their_share),
		cmocka_unit_test(affinity_is_kept),
		cmocka_unit_test(affinity_changes_live),
		cmocka_unit_test(affinity_to_no_cpu_means_any),
		cmocka_unit_test(weight_changes_live),
		cmocka_unit_test(out_of_range_weight_is_clamped),
		cmocka_unit_test(sleeper_gets_the_cpu_at_once),
		cmocka_unit_test(sleep_gives_no_unbounded_credit),
		cmocka_unit_test(idle_cpu_steals),
		cmocka_unit_test(woken_one_prefers_its_cpu_then_an_idle_one),
		cmocka_unit_test(stolen_time_is_waiting_only),
		cmocka_unit_test(holds_add_up),
		cmocka_unit_test(hold_taken_back_in_time_changes_nothing),
		cmocka_unit_test(blocking_with_a_hold_goes_off),
		cmocka_unit_test(removed_while_blocked_is_unloaded),
		cmocka_unit_test(wake_of_a_running_one_is_one_kick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
