/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All pairs of calls on two vCPUs, from every pair of states that they can be in, against a model
 * of a few lines; and CPU_ON and CPU_OFF from real threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/atomic.h"
#include "percpu/percpu.h"
#include "psci/psci.h"

#define ENTRY UINT64_C(0x40000000)

static struct percpu cpus[4];
static struct psci_vm vm;
static struct psci_vcpu vcpus[2];
static uint32_t held[2]; /* as the scheduler's hold, atomic */

static void start_vcpu(void *ctx, vcpu_id_t vcpu)
{
	(void)ctx;
	lock_assert_held(&vm.lock);
	store_release(&held[vcpu], 0U);
}

static void stop_vcpu(void *ctx, vcpu_id_t vcpu)
{
	(void)ctx;
	/* In one with the change to OFF: or a CPU_ON could come between them. */
	lock_assert_held(&vm.lock);
	assert_int_equal(vcpus[vcpu].power, PSCI_POWER_ON);
	store_release(&held[vcpu], 1U);
}

static void wake_vcpu(void *ctx, vcpu_id_t vcpu)
{
	(void)ctx;
	(void)vcpu;
}

static bool is_memory(void *ctx, ipa_t ipa)
{
	(void)ctx;
	return ipa.v == ENTRY;
}

static const struct psci_ops ops = {start_vcpu, stop_vcpu, wake_vcpu, is_memory};

/* What a vCPU does in one step of a pair. */
enum action {
	ON_OTHER,
	ON_SELF,
	INFO_OTHER,
	INFO_SELF,
	OFF,
	SUSPEND_SYSTEM,
	SUSPEND_CPU,
	RESET_SYSTEM,
	ENTER,		   /* the scheduler gives it a CPU */
	ENTER_INTERRUPTED, /* and an interrupt is pending */
	ACTIONS,
};

/* The model: power states, and what a step gives; GONE, WAIT and so on stand beside the codes. */
#define GONE	    1000
#define WAIT	    1001
#define VM_RESET    1002
#define RUN	    1003
#define START	    1004
#define SLEEP	    1005
#define CANT_HAPPEN 1006

static int64_t model_on(enum psci_power *target)
{
	switch (*target) {
	case PSCI_POWER_OFF:
		*target = PSCI_POWER_ON_PENDING;
		return PSCI_SUCCESS;
	case PSCI_POWER_ON_PENDING:
		return PSCI_ON_PENDING;
	case PSCI_POWER_ON:
	case PSCI_POWER_SUSPENDED:
		break;
	}
	return PSCI_ALREADY_ON;
}

static int64_t model_enter(enum psci_power *self, bool interrupted)
{
	switch (*self) {
	case PSCI_POWER_OFF:
		return CANT_HAPPEN;
	case PSCI_POWER_ON:
		return RUN;
	case PSCI_POWER_SUSPENDED:
		if (!interrupted) {
			return SLEEP;
		}
		break;
	case PSCI_POWER_ON_PENDING:
		break;
	}
	*self = PSCI_POWER_ON;
	return START;
}

static int64_t model_info(enum psci_power power)
{
	static const int64_t info[] = {
		[PSCI_POWER_OFF] = 1,
		[PSCI_POWER_ON_PENDING] = 2,
		[PSCI_POWER_ON] = 0,
		[PSCI_POWER_SUSPENDED] = 0,
	};

	return info[power];
}

static int64_t model_step(enum psci_power power[2], vcpu_id_t self, enum action action)
{
	enum psci_power *other = &power[1U - self];

	if (action == ENTER || action == ENTER_INTERRUPTED) {
		return model_enter(&power[self], action == ENTER_INTERRUPTED);
	}
	if (power[self] != PSCI_POWER_ON) {
		return CANT_HAPPEN; /* only a running vCPU calls */
	}
	switch (action) {
	case ON_OTHER:
		return model_on(other);
	case ON_SELF:
		return PSCI_ALREADY_ON;
	case INFO_OTHER:
		return model_info(*other);
	case INFO_SELF:
		return 0;
	case OFF:
		power[self] = PSCI_POWER_OFF;
		return GONE;
	case SUSPEND_SYSTEM:
		if (*other != PSCI_POWER_OFF) {
			return PSCI_DENIED;
		}
		power[self] = PSCI_POWER_SUSPENDED;
		return GONE;
	case SUSPEND_CPU:
		return WAIT;
	case RESET_SYSTEM:
		return VM_RESET;
	case ENTER:
	case ENTER_INTERRUPTED:
	case ACTIONS:
		break;
	}
	fail();
	return 0;
}

static int64_t real_call(vcpu_id_t self, uint64_t id, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t args[4] = {id, a, b, c};
	struct psci_reply reply;

	switch (psci_call(&vm, self, args, &reply)) {
	case OUTCOME_RESUME:
		assert_int_equal(reply.then, PSCI_THEN_RETURN);
		return (int64_t)reply.x0;
	case OUTCOME_RESCHED:
		assert_int_not_equal(reply.then, PSCI_THEN_RETURN);
		return reply.then == PSCI_THEN_WAIT ? WAIT : GONE;
	case OUTCOME_VM_RESET:
		assert_int_equal(reply.then, PSCI_THEN_GONE);
		return VM_RESET;
	case OUTCOME_VM_OFF:
	case OUTCOME_VM_CRASH:
		break;
	}
	fail();
	return 0;
}

static int64_t real_enter(vcpu_id_t self, bool interrupted)
{
	struct psci_start start = {0};

	switch (psci_entry(&vm, self, interrupted, &start)) {
	case PSCI_ENTRY_RUN:
		return RUN;
	case PSCI_ENTRY_SLEEP:
		return SLEEP;
	case PSCI_ENTRY_START:
		break;
	}
	assert_int_equal(start.entry, ENTRY);
	return START;
}

static int64_t real_step(vcpu_id_t self, enum action action)
{
	vcpu_id_t other = 1U - self;

	switch (action) {
	case ON_OTHER:
		return real_call(self, 0xC4000003, other, ENTRY, 0);
	case ON_SELF:
		return real_call(self, 0xC4000003, self, ENTRY, 0);
	case INFO_OTHER:
		return real_call(self, 0xC4000004, other, 0, 0);
	case INFO_SELF:
		return real_call(self, 0xC4000004, self, 0, 0);
	case OFF:
		return real_call(self, 0x84000002, 0, 0, 0);
	case SUSPEND_SYSTEM:
		return real_call(self, 0xC400000E, ENTRY, 0, 0);
	case SUSPEND_CPU:
		return real_call(self, 0xC4000001, 0, 0, 0);
	case RESET_SYSTEM:
		return real_call(self, 0x84000009, 0, 0, 0);
	case ENTER:
	case ENTER_INTERRUPTED:
		return real_enter(self, action == ENTER_INTERRUPTED);
	case ACTIONS:
		break;
	}
	fail();
	return 0;
}

static void set_state(const enum psci_power power[2])
{
	arch_percpu_set(&cpus[0]);
	psci_init(&vm, &ops, NULL, vcpus, 2);
	for (vcpu_id_t i = 0; i < 2U; i++) {
		vcpus[i].power = (uint32_t)power[i];
		vcpus[i].start.entry = ENTRY;
		vcpus[i].resume.entry = ENTRY;
		held[i] = power[i] == PSCI_POWER_OFF ? 1U : 0U;
	}
}

/* One step in both; they must agree in result, states and holds. False: the step can't happen. */
static bool step_both(enum psci_power power[2], vcpu_id_t self, enum action action)
{
	int64_t expected = model_step(power, self, action);

	if (expected == CANT_HAPPEN) {
		return false;
	}
	assert_int_equal(real_step(self, action), expected);
	for (vcpu_id_t i = 0; i < 2U; i++) {
		assert_int_equal(vcpus[i].power, power[i]);
		assert_int_equal(held[i], power[i] == PSCI_POWER_OFF);
	}
	lock_assert_none_held();
	return true;
}

static void all_pairs_agree_with_the_model(void **state)
{
	unsigned pairs = 0;

	(void)state;
	for (unsigned i = 0; i < 16U * ACTIONS * ACTIONS * 4U; i++) {
		enum psci_power power[2] = {i % 4U, i / 4U % 4U};
		enum action first = i / 16U % ACTIONS;
		enum action second = i / 16U / ACTIONS % ACTIONS;
		unsigned who = i / 16U / ACTIONS / ACTIONS;

		set_state(power);
		if (step_both(power, who % 2U, first) && step_both(power, who / 2U, second)) {
			pairs++;
		}
	}
	assert_true(pairs > 1000U);
}

/* Threads. Two callers race to turn vCPU 1 on, a third plays vCPU 1 and turns itself off each time:
 * each time exactly one SUCCESS, and vCPU 1 starts exactly as often. */
#define ROUNDS 3000U

static uint32_t successes;
static uint32_t starts;

static void *turn_on(void *percpu)
{
	arch_percpu_set(percpu);
	while (load_acquire(&starts) < ROUNDS) {
		int64_t result = real_call(0, 0xC4000003, 1, ENTRY, 0);

		if (result == PSCI_SUCCESS) {
			fetch_add_relaxed(&successes, 1U);
		} else {
			assert_true(result == PSCI_ON_PENDING || result == PSCI_ALREADY_ON);
			sched_yield();
		}
	}
	return NULL;
}

static void *be_vcpu_1(void *percpu)
{
	arch_percpu_set(percpu);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		while (load_acquire(&held[1]) != 0U) {
			sched_yield();
		}
		assert_int_equal(real_enter(1, false), START);
		assert_int_equal(real_enter(1, false), RUN);
		if (i + 1U < ROUNDS) {
			assert_int_equal(real_call(1, 0x84000002, 0, 0, 0), GONE);
		}
		fetch_add_relaxed(&starts, 1U);
	}
	return NULL;
}

static void races_have_one_winner(void **state)
{
	const enum psci_power power[2] = {PSCI_POWER_ON, PSCI_POWER_OFF};
	pthread_t threads[3];

	(void)state;
	for (cpu_id_t i = 0; i < 4U; i++) {
		cpus[i] = (struct percpu){.id = i};
	}
	set_state(power);
	successes = 0;
	starts = 0;
	pthread_create(&threads[0], NULL, be_vcpu_1, &cpus[1]);
	pthread_create(&threads[1], NULL, turn_on, &cpus[2]);
	pthread_create(&threads[2], NULL, turn_on, &cpus[3]);
	for (unsigned i = 0; i < 3U; i++) {
		pthread_join(threads[i], NULL);
	}
	assert_int_equal(successes, ROUNDS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pairs_agree_with_the_model),
		cmocka_unit_test(races_have_one_winner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
