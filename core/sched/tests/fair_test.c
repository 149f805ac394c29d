/* SPDX-License-Identifier: Apache-2.0 */
/* The scheduler in simulated time: one thread plays all CPUs, in steps of 0.1 ms. */
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

#define HZ	 UINT64_C(1000000) /* one tick is 1 us */
#define STEP	 UINT64_C(100)
#define SLICE	 (HZ / 200U)
#define CPUS	 8U
#define ENTITIES 16U

struct task {
	struct sched_entity e;
	uint64_t run; /* then it sleeps for `sleep`; 0: never sleeps */
	uint64_t sleep;
	uint64_t ran; /* since it last woke */
	uint64_t wakes_at;
	uint64_t worst_wait; /* from wake-up to running */
	uint64_t woken_at;
};

static struct percpu cpus[CPU_MAX];
static struct sched_entity *loaded[CPU_MAX];
static bool running[CPU_MAX];
static unsigned kicks[CPU_MAX];
static unsigned switches;
static unsigned ticks;
static struct task tasks[ENTITIES];
static unsigned cpu_count;
static unsigned task_count;
static uint64_t now;

static void count_kick(void *ctx, cpu_id_t cpu)
{
	(void)ctx;
	kicks[cpu]++;
}

static const struct sched_ops sched_test_ops = {.kick = count_kick};
static const struct timerq_ops timerq_test_ops = {.kick = count_kick};

static void on_cpu(cpu_id_t cpu)
{
	arch_percpu_set(&cpus[cpu]);
	fake_sysregs.cntpct_el0 = now;
}

static void start(unsigned count)
{
	now = 1000;
	switches = 0;
	ticks = 0;
	task_count = 0;
	cpu_count = count;
	on_cpu(0);
	timerq_init(&timerq_test_ops, NULL, CPU_MAX);
	sched_init(&sched_test_ops, NULL, HZ);
	for (cpu_id_t i = 0; i < CPU_MAX; i++) {
		cpus[i] = (struct percpu){.id = i};
		loaded[i] = NULL;
		running[i] = false;
		kicks[i] = 0;
	}
	for (cpu_id_t i = 0; i < count; i++) {
		on_cpu(i);
		sched_cpu_online();
	}
	on_cpu(0);
}

static struct task *add(uint32_t weight, uint64_t affinity)
{
	struct task *task = &tasks[task_count++];

	*task = (struct task){0};
	sched_entity_init(&task->e, weight, affinity);
	sched_add(&task->e, SCHED_HOLD_POWER);
	return task;
}

/* What core/exits does where a CPU is asked to reschedule. */
static void reschedule(cpu_id_t cpu)
{
	struct sched_entity *next = sched_pick(cpu);
	struct sched_entity *old = loaded[cpu];

	if (old != NULL && old != next && (next != NULL || sched_must_unload(old))) {
		sched_unloaded(old);
		loaded[cpu] = NULL;
	}
	if (next != NULL && next != loaded[cpu]) {
		struct task *task = (struct task *)(void *)next;

		switches++;
		loaded[cpu] = next;
		if (task->woken_at != 0U) {
			task->worst_wait = max_u64(task->worst_wait, now - task->woken_at);
			task->woken_at = 0;
		}
	}
	running[cpu] = next != NULL;
}

static void step_cpu(cpu_id_t cpu)
{
	struct task *task = (struct task *)(void *)loaded[cpu];

	on_cpu(cpu);
	timerq_run(now);
	if (running[cpu] && task->run != 0U) {
		task->ran += STEP;
		if (task->ran >= task->run && sched_block(&task->e)) {
			task->ran = 0;
			task->wakes_at = now + task->sleep;
			running[cpu] = false;
			reschedule(cpu);
			return;
		}
	}
	if (!running[cpu] || sched_need_resched()) {
		ticks += running[cpu] ? 1U : 0U;
		reschedule(cpu);
	}
}

static void step(void)
{
	now += STEP;
	on_cpu(0);
	for (unsigned i = 0; i < task_count; i++) {
		if (tasks[i].wakes_at != 0U && tasks[i].wakes_at <= now) {
			tasks[i].wakes_at = 0;
			tasks[i].woken_at = now;
			sched_wake(&tasks[i].e);
		}
	}
	for (cpu_id_t cpu = 0; cpu < cpu_count; cpu++) {
		step_cpu(cpu);
	}
}

static void run_for(uint64_t time)
{
	for (uint64_t end = now + time; now < end;) {
		step();
	}
}

static void assert_near(uint64_t got, uint64_t due, uint64_t error)
{
	if (got + error < due || got > due + error) {
		print_error("got %lu of %lu due\n", got, due);
		fail();
	}
}

/* Has task got `share` of `time` (in thousandths), within `error`? */
static void assert_share(struct task *task, uint64_t time, uint64_t share, uint64_t error)
{
	assert_near(sched_runtime(&task->e), time * share / 1000U, error);
}

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
