/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler with real threads as CPUs: no wake-up and no kick is lost, and no context is on
 * two CPUs. Run it under ThreadSanitizer, too: each task has a plain counter as its context.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include <pthread.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "percpu/percpu.h"
#include "sched_private.h"
#include "timerq/timerq.h"

#define CPUS	 3U
#define TASKS	 7U
#define MESSAGES 300U
#define PATIENCE 20 /* seconds */
#define HZ	 UINT64_C(1000000000)
#define SPEED	 50U /* of the counter, so that turns are short */

struct task {
	struct sched_entity e;
	uint32_t sent;	   /* by one producer each, atomic */
	uint32_t received; /* atomic, written by the task */
	uint32_t on_cpu;   /* CPU + 1 that has it loaded, atomic */
	uint64_t context;  /* plain: the registers of the vCPU */
	uint32_t looks;	   /* each second time it stays in the guest: only a kick makes it look */
};

static struct percpu cpus[CPUS + 2U];
static struct task tasks[TASKS];
static uint32_t kicked[CPUS + 2U];
static bool stop;

static void set_kick(void *ctx, cpu_id_t cpu)
{
	(void)ctx;
	store_release(&kicked[cpu], 1U);
}

static const struct sched_ops sched_test_ops = {.kick = set_kick};
static const struct timerq_ops timerq_test_ops = {.kick = set_kick};

static void advance_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	fake_sysregs.cntpct_el0 = ((uint64_t)t.tv_sec * HZ + (uint64_t)t.tv_nsec) * SPEED;
}

static void load(struct task *task)
{
	assert_int_equal(exchange_acq_rel(&task->on_cpu, cpu_this() + 1U), 0);
	task->context++;
}

static void unload(struct task *task)
{
	task->context++;
	assert_int_equal(exchange_acq_rel(&task->on_cpu, 0U), cpu_this() + 1U);
	sched_unloaded(&task->e);
}

/* As core/exits: what runs next, with its context. */
static struct task *reschedule(struct task **loaded)
{
	struct sched_entity *next = sched_pick(cpu_this());
	struct task *old = *loaded;

	if (old != NULL && &old->e != next && (next != NULL || sched_must_unload(&old->e))) {
		unload(old);
		*loaded = NULL;
	}
	if (next != NULL && *loaded == NULL) {
		*loaded = (struct task *)(void *)next;
		load(*loaded);
	}
	return next != NULL ? *loaded : NULL;
}

/* An exit for an interrupt. Returns whether there was one. */
static bool take_interrupts(struct task *current)
{
	advance_time();
	if (exchange_acq_rel(&kicked[cpu_this()], 0U) == 0U &&
		fake_sysregs.cnthp_cval_el2 > fake_sysregs.cntpct_el0) {
		return false;
	}
	timerq_run(fake_sysregs.cntpct_el0);
	if (current != NULL) {
		sched_take_wake(&current->e);
	}
	return true;
}

static void receive(struct task *task)
{
	task->context++;
	store_relaxed(&task->received, load_acquire(&task->sent));
}

static void *run_cpu(void *percpu)
{
	struct task *loaded = NULL;
	struct task *current = NULL;

	arch_percpu_set(percpu);
	advance_time();
	timerq_cpu_init();
	fake_sysregs.cnthp_cval_el2 = UINT64_MAX;
	sched_cpu_online();
	while (!load_acquire(&stop)) {
		if (current == NULL || sched_need_resched()) {
			current = reschedule(&loaded);
		}
		if (current == NULL) {
			if (!take_interrupts(NULL)) {
				arch_wfi();
			}
			continue;
		}
		receive(current); /* the look before entry */
		if (current->looks++ % 2U == 0U) {
			if (load_acquire(&current->sent) == load_relaxed(&current->received) &&
				sched_block(&current->e)) {
				current = reschedule(&loaded);
			}
			take_interrupts(current);
			continue;
		}
		while (!take_interrupts(current) && !load_acquire(&stop)) {
			arch_yield();
		}
	}
	return NULL;
}

/* Each task gets its next message when it has taken the last: a lost wake-up is the end. */
static bool send_all(void)
{
	struct timespec start;
	struct timespec now;
	bool done = false;

	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!done) {
		done = true;
		advance_time();
		for (unsigned i = 0; i < TASKS; i++) {
			uint32_t sent = tasks[i].sent;

			if (load_acquire(&tasks[i].received) == sent && sent < MESSAGES) {
				store_release(&tasks[i].sent, sent + 1U);
				sched_wake(&tasks[i].e);
			}
			done = done && load_acquire(&tasks[i].received) == MESSAGES;
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > PATIENCE) {
			return false;
		}
		arch_yield();
	}
	return true;
}

/* Holds, affinities and weights change all the time. */
static void *disturb(void *percpu)
{
	unsigned seed = 7;

	arch_percpu_set(percpu);
	while (!load_acquire(&stop)) {
		struct sched_entity *e = &tasks[(unsigned)rand_r(&seed) % TASKS].e;

		advance_time();
		sched_set_affinity(e, (uint64_t)rand_r(&seed) % 7U + 1U);
		sched_set_weight(e, (uint32_t)rand_r(&seed) % 1000U + 1U);
		sched_remove(e, SCHED_HOLD_PAUSE);
		if (rand_r(&seed) % 2 == 0) {
			while (!sched_is_off(e) && !load_acquire(&stop)) {
				arch_yield();
			}
			if (sched_is_off(e)) {
				/* Nobody else may have it now. */
				((struct task *)(void *)e)->context++;
			}
		}
		sched_add(e, SCHED_HOLD_PAUSE);
		sched_yield();
	}
	return NULL;
}

static void run_all(bool disturbed)
{
	pthread_t threads[CPUS + 1U];
	bool received;

	advance_time();
	for (cpu_id_t i = 0; i < CPUS + 2U; i++) {
		cpus[i] = (struct percpu){.id = i};
		kicked[i] = 0;
	}
	arch_percpu_set(&cpus[CPUS]);
	stop = false;
	timerq_init(&timerq_test_ops, NULL, CPU_MAX);
	sched_init(&sched_test_ops, NULL, HZ);
	for (cpu_id_t i = 0; i < CPUS; i++) {
		pthread_create(&threads[i], NULL, run_cpu, &cpus[i]);
	}
	while (load_acquire(&sched.online) != MASK_BELOW(CPUS)) {
		arch_yield();
	}
	for (unsigned i = 0; i < TASKS; i++) {
		tasks[i] = (struct task){0};
		/* Task 0 is alone on its CPU, so that no slice timer makes up for a lost kick. */
		sched_entity_init(&tasks[i].e, 100, i == 0U ? 1U : 6U);
		sched_add(&tasks[i].e, SCHED_HOLD_POWER);
	}
	if (disturbed) {
		pthread_create(&threads[CPUS], NULL, disturb, &cpus[CPUS + 1U]);
	}
	received = send_all();
	store_release(&stop, true);
	for (cpu_id_t i = 0; i < CPUS + (disturbed ? 1U : 0U); i++) {
		pthread_join(threads[i], NULL);
	}
	assert_true(received);
}

static void no_wakeup_is_lost(void **state)
{
	(void)state;
	run_all(false);
}

static void nor_while_holds_and_affinities_change(void **state)
{
	(void)state;
	run_all(true);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_wakeup_is_lost),
		cmocka_unit_test(nor_while_holds_and_affinities_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
