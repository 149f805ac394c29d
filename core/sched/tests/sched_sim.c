/* SPDX-License-Identifier: Apache-2.0 */
#include "sched_sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "timerq/timerq.h"

struct percpu cpus[CPU_MAX];
struct sched_entity *loaded[CPU_MAX];
bool running[CPU_MAX];
unsigned kicks[CPU_MAX];
unsigned switches;
unsigned ticks;
struct task tasks[ENTITIES];
static unsigned cpu_count;
unsigned task_count;
uint64_t now;

static void count_kick(void *ctx, cpu_id_t cpu)
{
	(void)ctx;
	kicks[cpu]++;
}

static const struct sched_ops sched_test_ops = {.kick = count_kick};
static const struct timerq_ops timerq_test_ops = {.kick = count_kick};

void on_cpu(cpu_id_t cpu)
{
	arch_percpu_set(&cpus[cpu]);
	fake_sysregs.cntpct_el0 = now;
}

void start(unsigned count)
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

struct task *add(uint32_t weight, uint64_t affinity)
{
	struct task *task = &tasks[task_count++];

	*task = (struct task){0};
	sched_entity_init(&task->e, weight, affinity);
	sched_add(&task->e, SCHED_HOLD_POWER);
	return task;
}

void reschedule(cpu_id_t cpu)
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

void step(void)
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

void run_for(uint64_t time)
{
	for (uint64_t end = now + time; now < end;) {
		step();
	}
}

void assert_near(uint64_t got, uint64_t due, uint64_t error)
{
	if (got + error < due || got > due + error) {
		print_error("got %lu of %lu due\n", got, due);
		fail();
	}
}

void assert_share(struct task *task, uint64_t time, uint64_t share, uint64_t error)
{
	assert_near(sched_runtime(&task->e), time * share / 1000U, error);
}
