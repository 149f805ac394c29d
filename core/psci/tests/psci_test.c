/* SPDX-License-Identifier: Apache-2.0 */
/* Each call and each of its results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake/panic.h"
#include "percpu/percpu.h"
#include "psci/psci.h"

#define VCPUS 20U
#define RAM   UINT64_C(0x40000000)
#define SIZE  UINT64_C(0x10000000)

#define VERSION	       UINT32_C(0x84000000)
#define CPU_SUSPEND    UINT32_C(0x84000001)
#define CPU_OFF	       UINT32_C(0x84000002)
#define CPU_ON	       UINT32_C(0x84000003)
#define AFFINITY_INFO  UINT32_C(0x84000004)
#define MIGRATE_TYPE   UINT32_C(0x84000006)
#define SYSTEM_OFF     UINT32_C(0x84000008)
#define SYSTEM_RESET   UINT32_C(0x84000009)
#define FEATURES       UINT32_C(0x8400000A)
#define SYSTEM_SUSPEND UINT32_C(0x8400000E)
#define SYSTEM_RESET2  UINT32_C(0x84000012)
#define FORM_64	       UINT32_C(0x40000000)

static struct percpu cpu;
static struct psci_vm vm;
static struct psci_vcpu vcpus[VCPUS];
static int runs[VCPUS]; /* what the scheduler would run */
static unsigned wakes;

static void start_vcpu(void *ctx, vcpu_id_t vcpu)
{
	(void)ctx;
	lock_assert_held(&vm.lock);
	runs[vcpu]++;
}

static void stop_vcpu(void *ctx, vcpu_id_t vcpu)
{
	(void)ctx;
	lock_assert_held(&vm.lock);
	runs[vcpu]--;
}

static void wake_vcpu(void *ctx, vcpu_id_t vcpu)
{
	(void)ctx;
	(void)vcpu;
	wakes++;
}

static bool is_memory(void *ctx, ipa_t ipa)
{
	(void)ctx;
	return ipa.v >= RAM && ipa.v - RAM < SIZE;
}

static const struct psci_ops ops = {start_vcpu, stop_vcpu, wake_vcpu, is_memory};

static bool any_on(void)
{
	for (unsigned i = 0; i < VCPUS; i++) {
		if (vcpus[i].power != (uint32_t)PSCI_POWER_OFF) {
			return true;
		}
	}
	return false;
}

static int setup(void **state)
{
	const struct psci_start boot = {RAM, 0x1234};
	struct psci_start start;

	(void)state;
	cpu = (struct percpu){0};
	arch_percpu_set(&cpu);
	wakes = 0;
	for (unsigned i = 0; i < VCPUS; i++) {
		runs[i] = 0;
	}
	psci_init(&vm, &ops, NULL, vcpus, VCPUS);
	assert_false(any_on());
	psci_boot(&vm, &boot);
	assert_int_equal(psci_entry(&vm, 0, false, &start), PSCI_ENTRY_START);
	assert_int_equal(start.entry, RAM);
	assert_int_equal(start.context, 0x1234);
	return 0;
}

/* The call's x0, where it returns; the outcome and the rest in *reply. */
static int64_t call4(
	vcpu_id_t vcpu, const uint64_t args[4], enum outcome *outcome, struct psci_reply *reply)
{
	*outcome = psci_call(&vm, vcpu, args, reply);
	lock_assert_none_held();
	return (int64_t)reply->x0;
}

static int64_t call(vcpu_id_t vcpu, uint64_t id, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t args[4] = {id, a, b, c};
	struct psci_reply reply;
	enum outcome outcome;
	int64_t result = call4(vcpu, args, &outcome, &reply);

	assert_int_equal(outcome, OUTCOME_RESUME);
	assert_int_equal(reply.then, PSCI_THEN_RETURN);
	return result;
}

static void expect_gone(vcpu_id_t vcpu, uint64_t id, uint64_t a, uint64_t b, enum outcome expected)
{
	const uint64_t args[4] = {id, a, b, 0};
	struct psci_reply reply;
	enum outcome outcome;

	call4(vcpu, args, &outcome, &reply);
	assert_int_equal(outcome, expected);
	assert_int_equal(reply.then, PSCI_THEN_GONE);
}

static void bring_up(vcpu_id_t vcpu)
{
	struct psci_start start;

	assert_int_equal(call(0, CPU_ON, psci_mpidr(vcpu), RAM, 0), PSCI_SUCCESS);
	assert_int_equal(psci_entry(&vm, vcpu, false, &start), PSCI_ENTRY_START);
}

static void version_is_1_1(void **state)
{
	(void)state;
	assert_int_equal(call(0, VERSION, 0, 0, 0), 0x10001);
	assert_int_equal(call(0, VERSION | UINT64_C(0xdead00000000), 0, 0, 0), 0x10001);
	assert_int_equal(call(0, VERSION | FORM_64, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

static void migration_is_not_required(void **state)
{
	(void)state;
	assert_int_equal(call(0, MIGRATE_TYPE, 0, 0, 0), 2);
	assert_int_equal(call(0, 0x84000005, 0, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(call(0, 0x84000007, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

static void range_is_psci(void **state)
{
	(void)state;
	assert_true(psci_is_call(0x84000000));
	assert_true(psci_is_call(0xC400001F));
	assert_true(psci_is_call(UINT64_C(0x100000084000000)));
	assert_false(psci_is_call(0x84000020));
	assert_false(psci_is_call(0x83FFFFFF));
	assert_false(psci_is_call(0x80000000));
	assert_false(psci_is_call(0x04000000));
	for (uint64_t id = 0x84000013; id <= 0x8400001F; id++) {
		assert_int_equal(call(0, id, 0, 0, 0), PSCI_NOT_SUPPORTED);
	}
}

static void features_are_those_of_the_table(void **state)
{
	static const uint32_t both[] = {
		CPU_SUSPEND, CPU_ON, AFFINITY_INFO, SYSTEM_SUSPEND, SYSTEM_RESET2};
	static const uint32_t only_32[] = {
		VERSION, CPU_OFF, MIGRATE_TYPE, SYSTEM_OFF, SYSTEM_RESET, FEATURES};

	(void)state;
	for (unsigned i = 0; i < 5U; i++) {
		assert_int_equal(call(0, FEATURES, both[i], 0, 0), 0);
		assert_int_equal(call(0, FEATURES, both[i] | FORM_64, 0, 0), 0);
	}
	for (unsigned i = 0; i < 6U; i++) {
		assert_int_equal(call(0, FEATURES, only_32[i], 0, 0), 0);
		assert_int_equal(call(0, FEATURES, only_32[i] | FORM_64, 0, 0), PSCI_NOT_SUPPORTED);
	}
	assert_int_equal(call(0, FEATURES, 0x80000000, 0, 0), 0); /* SMCCC_VERSION */
	assert_int_equal(call(0, FEATURES, 0x8400000D, 0, 0), PSCI_NOT_SUPPORTED);
	assert_int_equal(call(0, FEATURES, 0, 0, 0), PSCI_NOT_SUPPORTED);
}

static void mpidr_has_16_to_a_group(void **state)
{
	vcpu_id_t vcpu = 99;

	(void)state;
	assert_int_equal(psci_mpidr(15), 15);
	assert_int_equal(psci_mpidr(16), 0x100);
	assert_int_equal(psci_mpidr(122), 0x70a);
	for (vcpu_id_t i = 0; i < VCPUS; i++) {
		assert_true(psci_find(&vm, psci_mpidr(i), &vcpu));
		assert_int_equal(vcpu, i);
	}
	assert_false(psci_find(&vm, 16, &vcpu));
	assert_false(psci_find(&vm, 0x104, &vcpu)); /* vCPU 20 */
	assert_false(psci_find(&vm, 0x10000, &vcpu));
	assert_false(psci_find(&vm, UINT64_C(0x100000000), &vcpu));
	assert_false(psci_find(&vm, 0x80000000, &vcpu)); /* MPIDR's RES1 bit is none of it */
	assert_false(psci_find(&vm, UINT64_MAX, &vcpu));
}

static void cpu_on_starts_once(void **state)
{
	struct psci_start start;

	(void)state;
	assert_int_equal(call(0, AFFINITY_INFO, 1, 0, 0), 1);
	assert_int_equal(call(0, CPU_ON | FORM_64, 1, RAM + 8, UINT64_MAX), PSCI_SUCCESS);
	assert_int_equal(runs[1], 1);
	assert_int_equal(call(0, AFFINITY_INFO, 1, 0, 0), 2);
	assert_int_equal(call(0, CPU_ON, 1, RAM + 16, 5), PSCI_ON_PENDING);
	assert_int_equal(psci_entry(&vm, 1, false, &start), PSCI_ENTRY_START);
	assert_int_equal(start.entry, RAM + 8);
	assert_true(start.context == UINT64_MAX);
	assert_int_equal(psci_entry(&vm, 1, false, &start), PSCI_ENTRY_RUN);
	assert_int_equal(call(0, AFFINITY_INFO | FORM_64, 1, 0, 0), 0);
	assert_int_equal(call(0, CPU_ON, 1, RAM, 0), PSCI_ALREADY_ON);
	assert_int_equal(call(0, CPU_ON, 0, RAM, 0), PSCI_ALREADY_ON); /* itself */
	assert_int_equal(runs[1], 1);
}

/* Over a reset; a vCPU that is on stays so, whatever the limit. */
static void a_limit_denies_the_others(void **state)
{
	(void)state;
	assert_int_equal(psci_limit(&vm), VCPUS);
	assert_false(psci_set_limit(&vm, 0));
	assert_false(psci_set_limit(&vm, VCPUS + 1U));
	assert_int_equal(call(0, CPU_ON | FORM_64, psci_mpidr(2), RAM, 0), PSCI_SUCCESS);
	assert_true(psci_set_limit(&vm, 2));
	assert_int_equal(call(0, CPU_ON | FORM_64, psci_mpidr(2), RAM, 0), PSCI_ON_PENDING);
	assert_int_equal(call(0, CPU_ON | FORM_64, psci_mpidr(3), RAM, 0), PSCI_DENIED);
	assert_int_equal(runs[3], 0);
	assert_int_equal(call(0, CPU_ON | FORM_64, psci_mpidr(1), RAM, 0), PSCI_SUCCESS);
	psci_reset(&vm);
	assert_int_equal(psci_limit(&vm), 2);
}

static void cpu_on_checks_its_arguments(void **state)
{
	(void)state;
	assert_int_equal(call(0, CPU_ON, 16, RAM, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(call(0, CPU_ON, 1, RAM - 4, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(call(0, CPU_ON, 1, RAM + SIZE, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(call(0, CPU_ON, 1, RAM + 2, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(call(0, CPU_ON, 1, RAM + 1, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(runs[1], 0);
	assert_int_equal(call(0, AFFINITY_INFO, 1, 0, 0), 1);
}

static void short_form_cuts_its_arguments(void **state)
{
	const uint64_t junk = UINT64_C(0xabcd000000000000);
	struct psci_start start;

	(void)state;
	assert_int_equal(call(0, CPU_ON | FORM_64, junk | 1U, RAM, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(call(0, CPU_ON | FORM_64, 1, junk | RAM, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(call(0, CPU_ON, junk | 1U, junk | RAM, junk | 7U), PSCI_SUCCESS);
	assert_int_equal(psci_entry(&vm, 1, false, &start), PSCI_ENTRY_START);
	assert_int_equal(start.entry, RAM);
	assert_int_equal(start.context, 7);
}

static void affinity_info_checks_its_arguments(void **state)
{
	(void)state;
	assert_int_equal(call(0, AFFINITY_INFO, 0x105, 0, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(call(0, AFFINITY_INFO, 1, 1, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(call(0, AFFINITY_INFO, 1, 4, 0), PSCI_INVALID_PARAMETERS);
}

static void off_and_on_again(void **state)
{
	const uint64_t off[4] = {CPU_OFF};
	struct psci_start start;
	struct psci_reply reply;

	(void)state;
	bring_up(1);
	assert_int_equal(psci_call(&vm, 1, off, &reply), OUTCOME_RESCHED);
	assert_int_equal(reply.then, PSCI_THEN_GONE);
	assert_false(reply.last_off);
	assert_int_equal(runs[1], 0);
	assert_int_equal(call(0, AFFINITY_INFO, 1, 0, 0), 1);
	assert_int_equal(call(0, CPU_ON, 1, RAM + 64, 9), PSCI_SUCCESS);
	assert_int_equal(psci_entry(&vm, 1, false, &start), PSCI_ENTRY_START);
	assert_int_equal(start.entry, RAM + 64);
}

static void last_off_is_told(void **state)
{
	const uint64_t off[4] = {CPU_OFF};
	struct psci_reply reply;

	(void)state;
	assert_true(any_on());
	assert_int_equal(psci_call(&vm, 0, off, &reply), OUTCOME_RESCHED);
	assert_true(reply.last_off);
	assert_false(any_on());
}

static void suspend_waits_as_wfi(void **state)
{
	const uint64_t standby[4] = {CPU_SUSPEND | FORM_64, 0x1234};
	const uint64_t power_down[4] = {CPU_SUSPEND, 0x10000, RAM, 7};
	struct psci_reply reply;

	(void)state;
	assert_int_equal(psci_call(&vm, 0, standby, &reply), OUTCOME_RESCHED);
	assert_int_equal(reply.then, PSCI_THEN_WAIT);
	assert_int_equal(reply.x0, PSCI_SUCCESS);
	assert_int_equal(psci_call(&vm, 0, power_down, &reply), OUTCOME_RESCHED);
	assert_int_equal(reply.then, PSCI_THEN_WAIT);
	assert_false(psci_is_suspended(&vm, 0));
	assert_int_equal(call(0, CPU_SUSPEND, 0x10000, RAM - 4, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(call(0, CPU_SUSPEND, 0x01000000, RAM, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(call(0, CPU_SUSPEND, 0x80000000, RAM, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(call(0, CPU_SUSPEND, 0x00020000, RAM, 0), PSCI_INVALID_PARAMETERS);
}

static void system_calls_end_the_vm(void **state)
{
	(void)state;
	expect_gone(0, SYSTEM_OFF, 0, 0, OUTCOME_VM_OFF);
	expect_gone(0, SYSTEM_RESET, 0, 0, OUTCOME_VM_RESET);
	expect_gone(0, SYSTEM_RESET2, 0, 1, OUTCOME_VM_RESET);
	expect_gone(0, SYSTEM_RESET2 | FORM_64, 0, 1, OUTCOME_VM_RESET);
	assert_int_equal(call(0, SYSTEM_RESET2, 1, 0, 0), PSCI_INVALID_PARAMETERS);
	assert_int_equal(call(0, SYSTEM_RESET2, 0x80000000, 0, 0), PSCI_INVALID_PARAMETERS);
}

static void system_suspend_ends_at_an_interrupt(void **state)
{
	struct psci_start start;

	(void)state;
	expect_gone(0, SYSTEM_SUSPEND | FORM_64, RAM + 32, 77, OUTCOME_RESCHED);
	assert_true(psci_is_suspended(&vm, 0));
	assert_true(any_on());
	assert_int_equal(runs[0], 1); /* it blocks, it is not off */
	assert_int_equal(psci_entry(&vm, 0, false, &start), PSCI_ENTRY_SLEEP);
	assert_int_equal(psci_entry(&vm, 0, true, &start), PSCI_ENTRY_START);
	assert_int_equal(start.entry, RAM + 32);
	assert_int_equal(start.context, 77);
	assert_int_equal(psci_entry(&vm, 0, false, &start), PSCI_ENTRY_RUN);
}

static void system_suspend_ends_at_a_wake(void **state)
{
	struct psci_start start;

	(void)state;
	assert_false(psci_wake(&vm));
	expect_gone(0, SYSTEM_SUSPEND, RAM, 1, OUTCOME_RESCHED);
	assert_true(psci_wake(&vm));
	assert_int_equal(wakes, 1);
	assert_int_equal(psci_entry(&vm, 0, false, &start), PSCI_ENTRY_START);
	assert_false(psci_wake(&vm));
	/* The wake is used up. */
	expect_gone(0, SYSTEM_SUSPEND, RAM, 1, OUTCOME_RESCHED);
	assert_int_equal(psci_entry(&vm, 0, false, &start), PSCI_ENTRY_SLEEP);
}

static void system_suspend_is_for_the_last_vcpu(void **state)
{
	(void)state;
	assert_int_equal(call(0, SYSTEM_SUSPEND, RAM + SIZE, 0, 0), PSCI_INVALID_ADDRESS);
	assert_int_equal(call(0, CPU_ON, 1, RAM, 0), PSCI_SUCCESS);
	assert_int_equal(call(0, SYSTEM_SUSPEND, RAM, 0, 0), PSCI_DENIED); /* pending counts */
	assert_false(psci_is_suspended(&vm, 0));
}

static void reset_puts_all_off(void **state)
{
	const struct psci_start boot = {RAM, 0};

	(void)state;
	bring_up(3);
	psci_reset(&vm);
	assert_false(any_on());
	psci_boot(&vm, &boot);
	assert_true(any_on());
	assert_true(FAKE_EXPECT_PANIC("PSCI_POWER_OFF", psci_boot(&vm, &boot)));
}

static void running_an_off_vcpu_is_our_bug(void **state)
{
	struct psci_start start;

	(void)state;
	assert_true(FAKE_EXPECT_PANIC("while off", (void)psci_entry(&vm, 2, false, &start)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(version_is_1_1, setup),
		cmocka_unit_test_setup(migration_is_not_required, setup),
		cmocka_unit_test_setup(range_is_psci, setup),
		cmocka_unit_test_setup(features_are_those_of_the_table, setup),
		cmocka_unit_test_setup(mpidr_has_16_to_a_group, setup),
		cmocka_unit_test_setup(cpu_on_starts_once, setup),
		cmocka_unit_test_setup(a_limit_denies_the_others, setup),
		cmocka_unit_test_setup(cpu_on_checks_its_arguments, setup),
		cmocka_unit_test_setup(short_form_cuts_its_arguments, setup),
		cmocka_unit_test_setup(affinity_info_checks_its_arguments, setup),
		cmocka_unit_test_setup(off_and_on_again, setup),
		cmocka_unit_test_setup(last_off_is_told, setup),
		cmocka_unit_test_setup(suspend_waits_as_wfi, setup),
		cmocka_unit_test_setup(system_calls_end_the_vm, setup),
		cmocka_unit_test_setup(system_suspend_ends_at_an_interrupt, setup),
		cmocka_unit_test_setup(system_suspend_ends_at_a_wake, setup),
		cmocka_unit_test_setup(system_suspend_is_for_the_last_vcpu, setup),
		cmocka_unit_test_setup(reset_puts_all_off, setup),
		cmocka_unit_test_setup(running_an_off_vcpu_is_our_bug, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
