/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "fake/maintenance.h"
#include "fake/panic.h"
#include "percpu/percpu.h"
#include "timerq/timerq.h"
#include "vtimer/vtimer.h"

#define ENABLE	VTIMER_CTL_ENABLE
#define IMASK	VTIMER_CTL_IMASK
#define ISTATUS VTIMER_CTL_ISTATUS
#define START	UINT64_C(5000) /* CNTPCT when the VM starts */

static struct percpu cpus[2];

/* A vCPU as the vGIC and the scheduler see it. */
struct guest {
	unsigned injected;
	bool live;
	bool level;
	unsigned level_calls;
	unsigned wakes;
};

static struct guest guest_a;
static struct guest guest_b;
static struct vtimer vt_a;
static struct vtimer vt_b;
static struct vtimer_vm vm;
static bool active; /* INTID 27 on this CPU */
static unsigned active_calls;
static unsigned isbs;

static void inject_linked(void *ctx, intid_t intid)
{
	struct guest *guest = ctx;

	assert_int_equal(intid, 27);
	guest->injected++;
	guest->live = true;
}

static bool is_live(void *ctx, intid_t intid)
{
	assert_int_equal(intid, 27);
	return ((struct guest *)ctx)->live;
}

static void set_active(void *ctx, intid_t physical, bool set)
{
	(void)ctx;
	assert_int_equal(physical, 27);
	active = set;
	active_calls++;
}

static void set_level(void *ctx, intid_t intid, bool level)
{
	struct guest *guest = ctx;

	assert_int_equal(intid, 30);
	guest->level = level;
	guest->level_calls++;
}

static void wake(void *ctx)
{
	((struct guest *)ctx)->wakes++;
	lock_assert_none_held();
}

static void kick(void *ctx, cpu_id_t cpu)
{
	(void)ctx;
	(void)cpu;
}

static const struct vtimer_ops ops = {inject_linked, is_live, set_active, set_level, wake};
static const struct timerq_ops queue_ops = {.kick = kick};

static void at(uint64_t now)
{
	fake_sysregs.cntpct_el0 = now;
}

static int setup(void **state)
{
	(void)state;
	cpus[0] = (struct percpu){0};
	cpus[1] = (struct percpu){.id = 1};
	arch_percpu_set(&cpus[0]);
	timerq_init(&queue_ops, NULL, 2);
	guest_a = (struct guest){0};
	guest_b = (struct guest){0};
	active = false;
	active_calls = 0;
	at(START);
	vtimer_vm_init(&vm);
	vtimer_vm_resume(&vm);
	vtimer_init(&vt_a, &vm, &ops, &guest_a);
	vtimer_init(&vt_b, &vm, &ops, &guest_b);
	vtimer_cpu_init();
	return 0;
}

static void cpu_starts_with_traps_and_no_timer(void **state)
{
	(void)state;
	fake_sysregs.cnthctl_el2 = 3;
	fake_sysregs.cntv_ctl_el0 = 1;
	fake_sysregs.cntp_ctl_el0 = 1;
	vtimer_cpu_init();
	assert_int_equal(fake_sysregs.cnthctl_el2 & 3U, 0);
	assert_int_equal(fake_sysregs.cntv_ctl_el0, 0);
	assert_int_equal(fake_sysregs.cntp_ctl_el0, 0);
}

static void guest_time_starts_at_0_and_stops(void **state)
{
	(void)state;
	assert_int_equal(vtimer_vm_now(&vm), 0);
	at(START + 100);
	assert_int_equal(vtimer_vm_now(&vm), 100);
	vtimer_vm_stop(&vm);
	at(START + 1000);
	vtimer_vm_stop(&vm);
	assert_int_equal(vtimer_vm_now(&vm), 100);
	vtimer_vm_resume(&vm);
	at(START + 1010);
	vtimer_vm_resume(&vm);
	assert_int_equal(vtimer_vm_now(&vm), 110);
	assert_int_equal(vtimer_read_cntpct(&vt_a), 110);
}

static void registers_follow_the_vcpu(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	assert_int_equal(fake_sysregs.cntvoff_el2, START);
	assert_int_equal(fake_sysregs.cntv_ctl_el0, 0);
	fake_sysregs.cntv_cval_el0 = 777;
	fake_sysregs.cntv_ctl_el0 = ENABLE | IMASK | ISTATUS;
	vtimer_put(&vt_a, false);
	assert_int_equal(fake_sysregs.cntv_ctl_el0, 0);
	vtimer_load(&vt_b);
	assert_int_equal(fake_sysregs.cntv_cval_el0, 0);
	vtimer_put(&vt_b, false);
	vtimer_load(&vt_a);
	assert_int_equal(fake_sysregs.cntv_cval_el0, 777);
	assert_int_equal(fake_sysregs.cntv_ctl_el0, ENABLE | IMASK);
}

static void see_isb(void *ctx, enum fake_op op, uint64_t address)
{
	(void)ctx;
	(void)address;
	if (op == FAKE_ISB && fake_sysregs.cntv_cval_el0 == 99U &&
		fake_sysregs.cntvoff_el2 == START && fake_sysregs.cntv_ctl_el0 == 0U) {
		isbs++;
	}
}

static void enable_comes_after_value_and_isb(void **state)
{
	(void)state;
	vt_a.cntv_ctl = ENABLE;
	vt_a.cntv_cval = 99;
	isbs = 0;
	fake_maintain_hook(see_isb, NULL);
	vtimer_load(&vt_a);
	fake_maintain_hook(NULL, NULL);
	assert_true(isbs >= 1U); /* with its values in place, and still disabled */
	assert_int_equal(fake_sysregs.cntv_ctl_el0, ENABLE);
}

static void sleeper_is_woken_at_its_deadline(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	fake_sysregs.cntv_cval_el0 = 300;
	fake_sysregs.cntv_ctl_el0 = ENABLE;
	vtimer_put(&vt_a, true);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, START + 300);
	timerq_run(START + 299);
	assert_int_equal(guest_a.wakes, 0);
	at(START + 300);
	timerq_run(START + 300);
	assert_int_equal(guest_a.wakes, 1);
	/* The interrupt is there when it runs, without an exit. */
	vtimer_load(&vt_a);
	assert_int_equal(guest_a.injected, 1);
	assert_true(active);
}

static void loaded_runnable_or_masked_ones_need_no_soft_timer(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	fake_sysregs.cntv_cval_el0 = 300;
	fake_sysregs.cntv_ctl_el0 = ENABLE;
	vtimer_put(&vt_a, false);
	assert_false(timer_is_armed(&vt_a.virt_sleep));
	vtimer_load(&vt_a);
	vtimer_put(&vt_a, true);
	assert_true(timer_is_armed(&vt_a.virt_sleep));
	vtimer_load(&vt_a);
	assert_false(timer_is_armed(&vt_a.virt_sleep));
	fake_sysregs.cntv_ctl_el0 = ENABLE | IMASK;
	vtimer_put(&vt_a, true);
	assert_false(timer_is_armed(&vt_a.virt_sleep));
	vtimer_load(&vt_a);
	fake_sysregs.cntv_ctl_el0 = 0;
	vtimer_put(&vt_a, true);
	assert_false(timer_is_armed(&vt_a.virt_sleep));
}

/* As a CPU of Linux's that is parked in an interrupt's handler: woken once, not for ever. */
static void who_cannot_take_its_interrupt_is_left_asleep(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	fake_sysregs.cntv_cval_el0 = 300;
	fake_sysregs.cntv_ctl_el0 = ENABLE;
	at(START + 301);
	vtimer_put(&vt_a, true);
	assert_true(timer_is_armed(&vt_a.virt_sleep)); /* not seen yet */
	timerq_run(START + 301);
	assert_int_equal(guest_a.wakes, 1);
	vtimer_load(&vt_a);
	assert_true(guest_a.live);
	vtimer_put(&vt_a, true);
	assert_false(timer_is_armed(&vt_a.virt_sleep));
	guest_a.live = false; /* deactivated after all */
	vtimer_load(&vt_a);
	guest_a.live = false;
	vtimer_put(&vt_a, true);
	assert_true(timer_is_armed(&vt_a.virt_sleep));
}

static void deadline_out_of_reach_is_never(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	fake_sysregs.cntv_cval_el0 = UINT64_MAX;
	fake_sysregs.cntv_ctl_el0 = ENABLE;
	vtimer_put(&vt_a, true);
	timerq_run(UINT64_MAX - 1U);
	assert_int_equal(guest_a.wakes, 0);
}

static void stopped_vm_arms_nothing(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	fake_sysregs.cntv_cval_el0 = 300;
	fake_sysregs.cntv_ctl_el0 = ENABLE;
	vtimer_write_cntp_cval(&vt_a, 400);
	vtimer_write_cntp_ctl(&vt_a, ENABLE);
	vtimer_vm_stop(&vm);
	vtimer_put(&vt_a, true);
	assert_false(timer_is_armed(&vt_a.virt_sleep));
	at(START + 10000);
	timerq_run(START + 10000); /* the physical one's, armed before */
	assert_false(guest_a.level);
	assert_false(timer_is_armed(&vt_a.phys_due));
	vtimer_vm_resume(&vm);
	vtimer_load(&vt_a);
	assert_true(timer_is_armed(&vt_a.phys_due));
	assert_int_equal(fake_sysregs.cnthp_cval_el2, START + 10400);
}

static void interrupt_is_linked_to_the_guests(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	active_calls = 0;
	active = true; /* acknowledged */
	fake_sysregs.cntv_ctl_el0 = ENABLE | ISTATUS;
	assert_true(vtimer_irq(&vt_a, &ops, &guest_a));
	assert_int_equal(guest_a.injected, 1);
	assert_int_equal(guest_a.wakes, 1);
	assert_true(active); /* till the guest deactivates it */
	assert_int_equal(active_calls, 0);
}

static void spurious_interrupt_is_deactivated(void **state)
{
	static const uint64_t quiet[] = {0, ENABLE, ENABLE | IMASK | ISTATUS};

	(void)state;
	vtimer_load(&vt_a);
	for (unsigned i = 0; i < 3U; i++) {
		active = true;
		fake_sysregs.cntv_ctl_el0 = quiet[i];
		assert_false(vtimer_irq(&vt_a, &ops, &guest_a));
		assert_false(active);
	}
	active = true;
	assert_false(vtimer_irq(NULL, &ops, NULL));
	assert_false(active);
	assert_int_equal(guest_a.injected, 0);
}

/* A switch between vCPUs whose timers are silent leaves the interrupt controller alone. */
static void what_is_inactive_is_not_written_again(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	assert_int_equal(active_calls, 1); /* nobody knew */
	vtimer_put(&vt_a, false);
	vtimer_load(&vt_b);
	vtimer_put(&vt_b, false);
	assert_int_equal(active_calls, 1);
	active = true; /* acknowledged, with nobody there */
	assert_false(vtimer_irq(NULL, &ops, NULL));
	assert_false(active);
	active = true;
	vtimer_load(&vt_a);
	fake_sysregs.cntv_ctl_el0 = ENABLE | VTIMER_CTL_ISTATUS;
	assert_true(vtimer_irq(&vt_a, &ops, &guest_a));
	guest_a.live = false; /* and deactivated, or not */
	vtimer_put(&vt_a, false);
	vtimer_load(&vt_b);
	assert_false(active);
	vtimer_put(&vt_b, false);
}

static void active_state_follows_the_vcpu(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	active = true;
	fake_sysregs.cntv_ctl_el0 = ENABLE | ISTATUS;
	assert_true(vtimer_irq(&vt_a, &ops, &guest_a));
	fake_sysregs.cntv_cval_el0 = 1000; /* it has set the next one, and not deactivated yet */
	vtimer_put(&vt_a, false);
	vtimer_load(&vt_b);
	assert_false(active); /* B's own timer can interrupt */
	vtimer_put(&vt_b, false);
	vtimer_load(&vt_a);
	assert_true(active); /* A has not deactivated its own */
	assert_int_equal(guest_a.injected, 1);
}

static void physical_timer_registers(void **state)
{
	(void)state;
	at(START + 1000);
	vtimer_write_cntp_tval(&vt_a, 50);
	assert_int_equal(vtimer_read_cntp_cval(&vt_a), 1050);
	assert_int_equal(vtimer_read_cntp_tval(&vt_a), 50);
	vtimer_write_cntp_tval(&vt_a, UINT64_C(0xffffffff)); /* -1 */
	assert_int_equal(vtimer_read_cntp_cval(&vt_a), 999);
	assert_int_equal(vtimer_read_cntp_tval(&vt_a), 0xffffffff);
	vtimer_write_cntp_tval(&vt_a, UINT64_C(0xdead00000007)); /* the upper half is RES0 */
	assert_int_equal(vtimer_read_cntp_cval(&vt_a), 1007);
	vtimer_write_cntp_cval(&vt_a, UINT64_MAX);
	assert_true(vtimer_read_cntp_cval(&vt_a) == UINT64_MAX);
	vtimer_write_cntp_ctl(&vt_a, UINT64_MAX);
	assert_int_equal(vtimer_read_cntp_ctl(&vt_a), ENABLE | IMASK);
}

static void physical_timer_status_and_line(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	vtimer_write_cntp_cval(&vt_a, 100);
	vtimer_write_cntp_ctl(&vt_a, ENABLE);
	assert_int_equal(vtimer_read_cntp_ctl(&vt_a), ENABLE);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, START + 100);
	at(START + 100);
	timerq_run(START + 100);
	assert_true(guest_a.level);
	assert_int_equal(guest_a.wakes, 1);
	assert_int_equal(vtimer_read_cntp_ctl(&vt_a), ENABLE | ISTATUS);
	vtimer_write_cntp_ctl(&vt_a, ENABLE | IMASK);
	assert_false(guest_a.level);
	assert_int_equal(vtimer_read_cntp_ctl(&vt_a), ENABLE | IMASK | ISTATUS);
	vtimer_write_cntp_ctl(&vt_a, ENABLE);
	assert_true(guest_a.level); /* at once: no timer in between */
	vtimer_write_cntp_cval(&vt_a, 500);
	assert_false(guest_a.level);
	assert_true(timer_is_armed(&vt_a.phys_due));
	vtimer_write_cntp_ctl(&vt_a, 0);
	assert_false(timer_is_armed(&vt_a.phys_due));
	assert_int_equal(guest_a.level_calls, 4);
}

/* The soft timer runs although the guest has changed its mind. */
static void late_expiry_changes_nothing(void **state)
{
	(void)state;
	vtimer_write_cntp_cval(&vt_a, 100);
	vtimer_write_cntp_ctl(&vt_a, ENABLE);
	vt_a.cntp_cval = 900;
	at(START + 100);
	timerq_run(START + 100);
	assert_int_equal(guest_a.level_calls, 0);
	assert_int_equal(guest_a.wakes, 0);
	assert_int_equal(fake_sysregs.cnthp_cval_el2, START + 900);
}

static void reset_disables_both(void **state)
{
	(void)state;
	vtimer_load(&vt_a);
	fake_sysregs.cntv_cval_el0 = 300;
	fake_sysregs.cntv_ctl_el0 = ENABLE;
	vtimer_write_cntp_ctl(&vt_a, ENABLE); /* due at once */
	assert_true(guest_a.level);
	assert_true(FAKE_EXPECT_PANIC("loaded", vtimer_reset(&vt_a)));
	vtimer_put(&vt_a, true);
	vtimer_reset(&vt_a);
	assert_false(guest_a.level);
	assert_false(timer_is_armed(&vt_a.virt_sleep));
	assert_int_equal(vtimer_read_cntp_ctl(&vt_a), 0);
	vtimer_load(&vt_a);
	assert_int_equal(fake_sysregs.cntv_ctl_el0, 0);
	vtimer_put(&vt_a, true);
	vtimer_destroy(&vt_a);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cpu_starts_with_traps_and_no_timer, setup),
		cmocka_unit_test_setup(guest_time_starts_at_0_and_stops, setup),
		cmocka_unit_test_setup(registers_follow_the_vcpu, setup),
		cmocka_unit_test_setup(enable_comes_after_value_and_isb, setup),
		cmocka_unit_test_setup(sleeper_is_woken_at_its_deadline, setup),
		cmocka_unit_test_setup(loaded_runnable_or_masked_ones_need_no_soft_timer, setup),
		cmocka_unit_test_setup(who_cannot_take_its_interrupt_is_left_asleep, setup),
		cmocka_unit_test_setup(deadline_out_of_reach_is_never, setup),
		cmocka_unit_test_setup(stopped_vm_arms_nothing, setup),
		cmocka_unit_test_setup(interrupt_is_linked_to_the_guests, setup),
		cmocka_unit_test_setup(spurious_interrupt_is_deactivated, setup),
		cmocka_unit_test_setup(what_is_inactive_is_not_written_again, setup),
		cmocka_unit_test_setup(active_state_follows_the_vcpu, setup),
		cmocka_unit_test_setup(physical_timer_registers, setup),
		cmocka_unit_test_setup(physical_timer_status_and_line, setup),
		cmocka_unit_test_setup(late_expiry_changes_nothing, setup),
		cmocka_unit_test_setup(reset_disables_both, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
