/* SPDX-License-Identifier: Apache-2.0 */
/* CPUs and vCPUs in simulated time: one thread plays all CPUs, in steps of 0.1 ms. */
#ifndef SCHED_SIM_H
#define SCHED_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "percpu/percpu.h"
#include "sched/sched.h"

#define HZ	 UINT64_C(1000000) /* one tick is 1 us */
#define STEP	 UINT64_C(100)
#define SLICE	 (HZ / 200U)
#define CPUS	 8U
#define ENTITIES 512U

struct task {
	struct sched_entity e;
	uint64_t run; /* then it sleeps for `sleep`; 0: never sleeps */
	uint64_t sleep;
	uint64_t ran; /* since it last woke */
	uint64_t wakes_at;
	uint64_t worst_wait; /* from wake-up to running */
	uint64_t woken_at;
};

extern struct percpu cpus[CPU_MAX];
extern struct sched_entity *loaded[CPU_MAX];
extern bool running[CPU_MAX];
extern unsigned kicks[CPU_MAX];
extern unsigned switches;
extern unsigned ticks; /* interrupts of a CPU that runs something, for the scheduler */
extern struct task tasks[ENTITIES];
extern unsigned task_count;
extern uint64_t now;

/* A machine of so many CPUs, without tasks. */
void start(unsigned count);

/* The thread plays that CPU. */
void on_cpu(cpu_id_t cpu);

struct task *add(uint32_t weight, uint64_t affinity);

/* What core/exits does where a CPU is asked to reschedule. */
void reschedule(cpu_id_t cpu);

void step(void);
void run_for(uint64_t time);

void assert_near(uint64_t got, uint64_t due, uint64_t error);

/* Has task got `share` of `time` (in thousandths), within `error`? */
void assert_share(struct task *task, uint64_t time, uint64_t share, uint64_t error);

#endif
