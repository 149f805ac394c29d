/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU that starts while its memory is made ready step by step, and one that sleeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "exits_rig.h"
#include "timerq/timerq.h"

#define STEPS	     3U
#define IAR_SPURIOUS 1023U

static unsigned steps_left;
static bool somebody_wakes;
static unsigned steps_loaded;

bool __real_vm_caches_off(struct vcpu *vcpu);
bool __wrap_vm_caches_off(struct vcpu *vcpu);

bool __wrap_vm_caches_off(struct vcpu *vcpu)
{
	steps_loaded += vcpu_current() == vcpu ? 1U : 0U;
	if (somebody_wakes && steps_left == 0U) {
		somebody_wakes = false;
		store_relaxed(&percpu_this()->resched, 1U);
	}
	if (steps_left != 0U) {
		steps_left--;
		return false;
	}
	return __real_vm_caches_off(vcpu);
}

/* Whom the scheduler picks is loaded before anything else: only unloading lets it go elsewhere, or
 * off, when it is wanted there between two steps. */
static void it_is_loaded_at_each_step(void **state)
{
	(void)state;
	fake_sysregs.icc_iar1_el1 = IAR_SPURIOUS;
	steps_left = STEPS;
	steps_loaded = 0;
	rig_start(0);
	assert_int_equal(steps_left, 0);
	assert_int_equal(steps_loaded, STEPS + 1U);
	assert_false(rig.vcpu->starting);
}

/* Whoever is woken for this CPU on the way into a guest is not told again until it picks. */
static void it_picks_again_for_whom_loading_has_woken(void **state)
{
	(void)state;
	fake_sysregs.icc_iar1_el1 = IAR_SPURIOUS;
	somebody_wakes = true;
	rig_start(0);
	assert_false(somebody_wakes);
	assert_false(sched_need_resched());
}

#define VMCR_OPEN UINT32_C(0xf8000003) /* both groups on, no priority masked */
#define IDLE_MOST 3U

static unsigned idle_turns;

/* An idle CPU comes here once a turn: a vCPU that is not woken would leave it so for ever. */
bool __wrap_pmem_scrub_step(void);

bool __wrap_pmem_scrub_step(void)
{
	idle_turns++;
	assert_true(idle_turns < IDLE_MOST);
	return false;
}

static void write_gicd(uint64_t offset, uint64_t value)
{
	struct mmio_access access = {offset, value, 0, 4, true};

	assert_int_equal(vgic_dist_mmio(&rig.vm->vgic, &access), MMIO_DONE);
}

/* Its list register has what came for it on the very CPU where it sleeps, and nobody tells the
 * scheduler. */
static void a_sleeper_is_woken_by_what_its_cpu_did(void **state)
{
	(void)state;
	fake_sysregs.icc_iar1_el1 = IAR_SPURIOUS;
	rig.vm->vgic.hw->write_vmcr(VMCR_OPEN);
	write_gicd(0, 3);
	write_gicd(0x84, UINT32_MAX);
	write_gicd(0x104, UINT32_MAX);
	vgic_flush(&rig.vcpu->gic);
	(void)sched_take_wake(&rig.vcpu->sched);
	assert_true(sched_block(&rig.vcpu->sched));
	assert_int_equal(vgic_set_spi(&rig.vm->vgic, VM_SPI_UART, true), PLINTH_OK);
	assert_true(sched_is_blocked(&rig.vcpu->sched));
	idle_turns = 0;
	assert_ptr_equal(switch_next(), &rig.vcpu->ctx);
	assert_int_equal(idle_turns, 0);
}

#define UART	    33U
#define PSCI_CPU_ON UINT64_C(0xc4000003)
#define HVC64	    (((uint64_t)EC_HVC64 << ESR_EC_SHIFT) | ESR_IL)

static void raise_and_wake_another(void)
{
	fake_sysregs.icc_iar1_el1 = IAR_SPURIOUS;
	assert_int_equal(vgic_set_spi(&rig.vm->vgic, VM_SPI_UART, true), PLINTH_OK);
	sched_wake(&rig.vm->vcpu[1].sched);
}

static void block(struct vcpu *vcpu)
{
	(void)sched_take_wake(&vcpu->sched);
	assert_true(sched_block(&vcpu->sched));
}

/* The same, where the CPU has somebody else to run at that very moment. */
static void a_sleeper_is_woken_before_another_is_picked(void **state)
{
	static const struct exits_irqs irqs = {26, 27, 25, UART, raise_and_wake_another};
	struct vcpu *other = &rig.vm->vcpu[1];

	(void)state;
	exits_setup(&irqs);
	fake_sysregs.icc_iar1_el1 = IAR_SPURIOUS;
	write_gicd(0, 3);
	write_gicd(0x84, UINT32_MAX);
	write_gicd(0x104, UINT32_MAX);
	rig.vcpu->ctx.x[0] = PSCI_CPU_ON;
	rig.vcpu->ctx.x[1] = 1;
	rig.vcpu->ctx.x[2] = RIG_CODE;
	assert_int_equal(exits_hvc(rig.vcpu, HVC64), OUTCOME_RESUME);
	assert_int_equal(rig.vcpu->ctx.x[0], 0);
	block(rig.vcpu);
	assert_ptr_equal(switch_next(), &other->ctx);
	block(other);
	sched_wake(&rig.vcpu->sched);
	assert_ptr_equal(switch_next(), &rig.vcpu->ctx);
	rig.vm->vgic.hw->write_vmcr(VMCR_OPEN);
	block(rig.vcpu);
	fake_sysregs.icc_iar1_el1 = UART;
	idle_turns = 0;
	(void)switch_next();
	assert_false(sched_is_blocked(&rig.vcpu->sched));
	assert_false(sched_is_blocked(&other->sched));
}

/* The same, where the list registers were full or another CPU asked: it is flushed first. */
static void a_sleeper_is_woken_by_what_is_due(void **state)
{
	(void)state;
	fake_sysregs.icc_iar1_el1 = IAR_SPURIOUS;
	rig.vm->vgic.hw->write_vmcr(VMCR_OPEN);
	write_gicd(0, 3);
	(void)sched_take_wake(&rig.vcpu->sched);
	assert_true(sched_block(&rig.vcpu->sched));
	vgic_sgi1r(&rig.vcpu->gic, 1); /* to itself: no kick */
	idle_turns = 0;
	rig.vcpu->gic.bank.enable |= 1U;
	rig.vcpu->gic.bank.group1 |= 1U;
	assert_ptr_equal(switch_next(), &rig.vcpu->ctx);
	assert_int_equal(idle_turns, 0);
}

#define PSCI_SYSTEM_SUSPEND UINT64_C(0xc400000e)
#define VIRT_TIMER	    27U
#define TIMER_TICKS	    UINT64_C(10000)
#define PAST_A_TURN	    UINT64_C(20000)

static void go_on(uint64_t ticks)
{
	fake_sysregs.cntpct_el0 += ticks;
	timerq_run(fake_sysregs.cntpct_el0);
}

static struct vm *beside;

static int beside_setup(void **state)
{
	static unsigned number;
	char name[VM_NAME_SIZE];

	snprintf(name, sizeof(name), "beside-%u", number++);
	beside = vm_rig_create(name, 1, 0);
	return rig_setup(state);
}

static int beside_teardown(void **state)
{
	assert_int_equal(vm_stop(beside, VM_GOAL_OFF), PLINTH_OK);
	return rig_teardown(state);
}

/* The vCPU sleeps in SYSTEM_SUSPEND, its registers in memory: the CPU is another VM's. */
static void suspend_beside_another(void)
{
	fake_sysregs.icc_iar1_el1 = IAR_SPURIOUS;
	rig.vm->vgic.hw->write_vmcr(VMCR_OPEN);
	write_gicd(0, 3);
	rig.vcpu->gic.bank.enable |= UINT32_C(1) << VIRT_TIMER;
	rig.vcpu->gic.bank.group1 |= UINT32_C(1) << VIRT_TIMER;
	rig.vcpu->ctx.x[0] = PSCI_SYSTEM_SUSPEND;
	rig.vcpu->ctx.x[1] = RIG_CODE;
	assert_int_equal(exits_hvc(rig.vcpu, HVC64), OUTCOME_RESCHED);
	assert_int_equal(vm_start(beside), PLINTH_OK);
	assert_ptr_equal(switch_next(), &beside->vcpu[0].ctx);
	assert_true(sched_is_blocked(&rig.vcpu->sched));
}

static void check_it_can_be_stopped(void)
{
	assert_int_equal(vm_stop(rig.vm, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(rig.vm->state, VM_OFF);
}

static void a_suspended_one_wakes_by_its_timer(void **state)
{
	(void)state;
	fake_sysregs.cntv_cval_el0 = vtimer_vm_now(&rig.vm->time) + TIMER_TICKS;
	fake_sysregs.cntv_ctl_el0 = VTIMER_CTL_ENABLE;
	suspend_beside_another();
	go_on(PAST_A_TURN);
	assert_ptr_equal(switch_next(), &rig.vcpu->ctx);
	assert_true(psci_is_on(&rig.vm->psci, 0));
	assert_int_equal(fake_sysregs.elr_el2, RIG_CODE);
	check_it_can_be_stopped();
}

/* It looks, sleeps on, and is in the CPU's registers: then it can be taken out of them. */
static void a_suspended_one_that_sleeps_on_can_be_stopped(void **state)
{
	(void)state;
	suspend_beside_another();
	sched_wake(&rig.vcpu->sched);
	go_on(PAST_A_TURN);
	assert_ptr_equal(switch_next(), &beside->vcpu[0].ctx);
	assert_true(psci_is_suspended(&rig.vm->psci, 0));
	check_it_can_be_stopped();
}

/* Of a timer that was armed before it was looked at in vain. */
static void a_suspended_one_wakes_after_it_slept_on(void **state)
{
	(void)state;
	fake_sysregs.cntv_cval_el0 = vtimer_vm_now(&rig.vm->time) + PAST_A_TURN + TIMER_TICKS;
	fake_sysregs.cntv_ctl_el0 = VTIMER_CTL_ENABLE;
	suspend_beside_another();
	sched_wake(&rig.vcpu->sched);
	go_on(PAST_A_TURN);
	assert_ptr_equal(switch_next(), &beside->vcpu[0].ctx);
	go_on(PAST_A_TURN);
	assert_ptr_equal(switch_next(), &rig.vcpu->ctx);
	check_it_can_be_stopped();
}

static void a_suspended_one_can_be_paused_and_stopped(void **state)
{
	(void)state;
	suspend_beside_another();
	assert_int_equal(vm_pause(rig.vm), PLINTH_OK);
	assert_int_equal(vm_resume(rig.vm), PLINTH_OK);
	go_on(PAST_A_TURN);
	assert_ptr_equal(switch_next(), &beside->vcpu[0].ctx);
	assert_true(psci_is_suspended(&rig.vm->psci, 0));
	check_it_can_be_stopped();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(it_is_loaded_at_each_step, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_sleeper_is_woken_by_what_its_cpu_did, rig_setup, rig_teardown),
		cmocka_unit_test_teardown(it_picks_again_for_whom_loading_has_woken, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_sleeper_is_woken_before_another_is_picked, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_sleeper_is_woken_by_what_is_due, rig_setup, rig_teardown),
		cmocka_unit_test_setup_teardown(
			a_suspended_one_wakes_by_its_timer, beside_setup, beside_teardown),
		cmocka_unit_test_setup_teardown(a_suspended_one_that_sleeps_on_can_be_stopped,
			beside_setup, beside_teardown),
		cmocka_unit_test_setup_teardown(
			a_suspended_one_wakes_after_it_slept_on, beside_setup, beside_teardown),
		cmocka_unit_test_setup_teardown(
			a_suspended_one_can_be_paused_and_stopped, beside_setup, beside_teardown),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
