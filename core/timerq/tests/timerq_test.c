/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <sched.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "percpu/percpu.h"
#include "timerq/timerq.h"

static struct percpu cpus[3];
static unsigned kicks[3];

static void count_kick(void *ctx, cpu_id_t cpu)
{
	(void)ctx;
	fetch_add_relaxed(&kicks[cpu], 1U);
}

static const struct timerq_ops ops = {.kick = count_kick};

struct probe {
	struct timer timer;
	unsigned runs;
	unsigned busy;
	uint64_t now;
	uint64_t again; /* re-armed by its function while not 0 */
};

static void note_expiry(struct timer *timer, void *ctx, uint64_t now)
{
	struct probe *probe = ctx;

	probe->runs++;
	probe->now = now;
	if (probe->again != 0U) {
		timer_arm(timer, cpu_this(), probe->again);
	}
}

static int setup(void **state)
{
	(void)state;
	for (cpu_id_t i = 0; i < 3U; i++) {
		cpus[i] = (struct percpu){.id = i};
		percpu_table[i] = &cpus[i];
		kicks[i] = 0;
	}
	arch_percpu_set(&cpus[0]);
	timerq_init(&ops, NULL, 3);
	fake_sysregs.cnthp_ctl_el2 = 3;
	fake_sysregs.cntfrq_el0 = 62500000;
	timerq_cpu_init();
	return 0;
}

static void nothing_queued_means_no_tick(void **state)
{
	struct probe probe = {0};

	(void)state;
	assert_int_equal(fake_sysregs.cnthp_ctl_el2, 0);
	timer_init(&probe.timer, note_expiry, &probe);
	timer_arm(&probe.timer, 0, 10);
	assert_int_equal(fake_sysregs.cnthp_ctl_el2, 1);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, 10);
	timerq_run(10);
	assert_int_equal(probe.runs, 1);
	assert_int_equal(probe.now, 10);
	assert_int_equal(fake_sysregs.cnthp_ctl_el2, 0);
}

static void early_interrupt_runs_nothing(void **state)
{
	struct probe probe = {0};

	(void)state;
	timer_init(&probe.timer, note_expiry, &probe);
	timer_arm(&probe.timer, 0, 10);
	timerq_run(9);
	assert_int_equal(probe.runs, 0);
	assert_true(timer_is_armed(&probe.timer));
	assert_int_equal(fake_sysregs.cnthp_ctl_el2, 1);
}

static void hardware_has_the_first_deadline(void **state)
{
	struct probe a = {0};
	struct probe b = {0};

	(void)state;
	timer_init(&a.timer, note_expiry, &a);
	timer_init(&b.timer, note_expiry, &b);
	timer_arm(&a.timer, 0, 20);
	timer_arm(&b.timer, 0, 10);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, 10);
	timer_arm(&b.timer, 0, 30);
	timerq_run(10);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, 20);
	timerq_run(25);
	assert_int_equal(a.runs, 1);
	assert_int_equal(b.runs, 0);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, 30);
}

static void cancelled_timer_does_not_run(void **state)
{
	struct probe probe = {0};

	(void)state;
	timer_init(&probe.timer, note_expiry, &probe);
	assert_false(timer_cancel(&probe.timer));
	timer_arm(&probe.timer, 0, 10);
	assert_true(timer_cancel(&probe.timer));
	timerq_run(100);
	assert_int_equal(probe.runs, 0);
	assert_int_equal(fake_sysregs.cnthp_ctl_el2, 0);
}

static void function_may_arm_again(void **state)
{
	struct probe probe = {.again = 50};

	(void)state;
	timer_init(&probe.timer, note_expiry, &probe);
	timer_arm(&probe.timer, 0, 10);
	timerq_run(10);
	assert_true(timer_is_armed(&probe.timer));
	assert_int_equal(fake_sysregs.cnthp_cval_el2, 50);
}

/* A function that arms itself for the past must not keep the exit from ending. */
static void one_run_is_bounded(void **state)
{
	struct probe probe = {.again = 1};

	(void)state;
	timer_init(&probe.timer, note_expiry, &probe);
	timer_arm(&probe.timer, 0, 1);
	timerq_run(10);
	assert_int_equal(probe.runs, TIMERQ_BATCH);
	assert_int_equal(fake_sysregs.cnthp_ctl_el2, 1);
}

/* As long as a step of a VM's worker. */
static void take_long(struct timer *timer, void *ctx, uint64_t now)
{
	fake_sysregs.cntpct_el0 += fake_sysregs.cntfrq_el0 / TIMERQ_RUNS_PER_SECOND;
	note_expiry(timer, ctx, now);
}

/* Workers of many VMs that are due together are as many exits. */
static void long_functions_have_a_run_each(void **state)
{
	struct probe probes[3] = {{.runs = 0}};

	(void)state;
	for (unsigned i = 0; i < 3U; i++) {
		timer_init(&probes[i].timer, take_long, &probes[i]);
		timer_arm(&probes[i].timer, 0, 10U + i);
	}
	for (unsigned run = 0; run < 3U; run++) {
		timerq_run(100);
		for (unsigned i = 0; i < 3U; i++) {
			assert_int_equal(probes[i].runs, i <= run ? 1 : 0);
		}
	}
	assert_int_equal(fake_sysregs.cnthp_ctl_el2, 0);
}

static void remote_arm_kicks_only_for_a_nearer_deadline(void **state)
{
	struct probe a = {0};
	struct probe b = {0};

	(void)state;
	timer_init(&a.timer, note_expiry, &a);
	timer_init(&b.timer, note_expiry, &b);
	timer_arm(&a.timer, 1, 20);
	assert_int_equal(kicks[1], 1);
	timer_arm(&b.timer, 1, 30);
	assert_int_equal(kicks[1], 1);
	assert_int_equal(fake_sysregs.cnthp_ctl_el2, 0);
	timerq_run(100);
	assert_int_equal(a.runs, 0);
	arch_percpu_set(&cpus[1]);
	timerq_run(20);
	assert_int_equal(a.runs, 1);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, 30);
}

/* A kick that is about something else leaves the queue alone; one for a timer does not. */
static void poked_cpu_alone_runs_its_queue(void **state)
{
	struct probe probe = {0};

	(void)state;
	timer_init(&probe.timer, note_expiry, &probe);
	timer_arm(&probe.timer, 1, 20);
	fake_sysregs.cntpct_el0 = 20;
	timerq_if_poked();
	assert_int_equal(probe.runs, 0);
	arch_percpu_set(&cpus[1]);
	timerq_if_poked();
	assert_int_equal(probe.runs, 1);
	timer_arm(&probe.timer, 1, 20);
	timerq_if_poked();
	assert_int_equal(probe.runs, 1);
}

static void arming_elsewhere_moves_the_timer(void **state)
{
	struct probe probe = {0};

	(void)state;
	timer_init(&probe.timer, note_expiry, &probe);
	timer_arm(&probe.timer, 0, 10);
	timer_arm(&probe.timer, 2, 10);
	timerq_run(10);
	assert_int_equal(probe.runs, 0);
	arch_percpu_set(&cpus[2]);
	timerq_run(10);
	assert_int_equal(probe.runs, 1);
}

static void alarm_asks_for_a_pick(void **state)
{
	struct probe probe = {0};

	(void)state;
	timer_init(&probe.timer, note_expiry, &probe);
	timer_arm(&probe.timer, 0, 20);
	timerq_set_alarm(10);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, 10);
	timerq_run(9);
	assert_int_equal(cpus[0].resched, 0);
	timerq_run(10);
	assert_int_equal(cpus[0].resched, 1);
	assert_int_equal(probe.runs, 0);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, 20); /* once */
	timerq_set_alarm(30);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, 20);
	timerq_run(20);
	assert_int_equal(probe.runs, 1);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, 30);
	timerq_set_alarm(TIMERQ_NEVER);
	assert_int_equal(fake_sysregs.cnthp_ctl_el2, 0);
}

/* Threads: CPUs 1 and 2 run their queues; CPU 0 arms and cancels. After timer_cancel_wait the
 * timer is freed: a late function would be a use after free (ASan) or a race (TSan). */
static bool stop;

/* Takes its time, so that it is often running when it is cancelled. */
static void dawdle(struct timer *timer, void *ctx, uint64_t now)
{
	struct probe *probe = ctx;

	(void)timer;
	(void)now;
	fetch_add_relaxed(&probe->busy, 1U);
	for (unsigned i = 0; i < 20U; i++) {
		arch_yield();
	}
	fetch_add_relaxed(&probe->runs, 1U); /* on two CPUs at once, where it was moved meanwhile */
	fetch_add_relaxed(&probe->busy, ~0U);
}

static void *run_queue(void *percpu)
{
	arch_percpu_set(percpu);
	while (!load_acquire(&stop)) {
		timerq_run(UINT64_MAX - 1U);
		arch_yield();
	}
	return NULL;
}

static void cancel_wait_ends_all_use(void **state)
{
	pthread_t threads[2];
	unsigned runs = 0;
	unsigned cancelled = 0;

	(void)state;
	stop = false;
	for (unsigned i = 0; i < 2U; i++) {
		assert_int_equal(pthread_create(&threads[i], NULL, run_queue, &cpus[i + 1U]), 0);
	}
	for (unsigned i = 0; i < 2000U; i++) {
		struct probe *probe = calloc(1, sizeof(*probe));

		timer_init(&probe->timer, dawdle, probe);
		timer_arm(&probe->timer, 1U + i % 2U, i);
		timer_arm(&probe->timer, 1U + (i + i / 2U) % 2U, i);
		sched_yield();
		cancelled += timer_cancel_wait(&probe->timer) ? 1U : 0U;
		assert_int_equal(load_relaxed(&probe->busy), 0);
		runs += probe->runs;
		free(probe);
	}
	store_release(&stop, true);
	for (unsigned i = 0; i < 2U; i++) {
		pthread_join(threads[i], NULL);
	}
	assert_true(runs + cancelled >= 2000U); /* each last arming ran or was cancelled */
	assert_true(runs + cancelled <= 4000U);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_queued_means_no_tick, setup),
		cmocka_unit_test_setup(early_interrupt_runs_nothing, setup),
		cmocka_unit_test_setup(hardware_has_the_first_deadline, setup),
		cmocka_unit_test_setup(cancelled_timer_does_not_run, setup),
		cmocka_unit_test_setup(function_may_arm_again, setup),
		cmocka_unit_test_setup(one_run_is_bounded, setup),
		cmocka_unit_test_setup(long_functions_have_a_run_each, setup),
		cmocka_unit_test_setup(remote_arm_kicks_only_for_a_nearer_deadline, setup),
		cmocka_unit_test_setup(poked_cpu_alone_runs_its_queue, setup),
		cmocka_unit_test_setup(arming_elsewhere_moves_the_timer, setup),
		cmocka_unit_test_setup(alarm_asks_for_a_pick, setup),
		cmocka_unit_test_setup(cancel_wait_ends_all_use, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
