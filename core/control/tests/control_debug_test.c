/* SPDX-License-Identifier: Apache-2.0 */
/* A debugger in a control VM: its session, what stops a vCPU, and how all of it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/hcr.h"
#include "arch/sysreg.h"
#include "control_rig.h"
#include "debug_rig.h"
#include "event/event.h"
#include "vm/vm_debug.h"

#define CODE	 (VM_RAM_BASE + 0x1000U)
#define ORIGINAL UINT32_C(0xd503201f)

static enum control_status patch(uint64_t ipa, bool put)
{
	return debug_call(CONTROL_DEBUG_PATCH, ipa | (put ? 1U : 0U), 0);
}

static uint32_t word_at(uint64_t ipa)
{
	uint32_t word = 0;

	assert_int_equal(gmem_read_u32(&rig.other->gmem, ipa_init(ipa), &word), PLINTH_OK);
	return word;
}

static int setup(void **state)
{
	uint32_t word = ORIGINAL;

	(void)state;
	rig_reset();
	return gmem_write(&rig.other->gmem, ipa_init(CODE), &word, sizeof(word)) == PLINTH_OK ? 0
											      : -1;
}

static void it_holds_the_vm_and_lets_it_go(void **state)
{
	(void)state;
	assert_int_equal(rig.other->state, VM_RUNNING);
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(rig.other->state, VM_PAUSED);
	assert_true(rig.other->vcpu[0].debug.brk_traps);
	assert_int_equal(debug_stops(), 0);
	assert_int_equal(rig.x[3], 1); /* at rest */
	assert_int_equal(rig_call(CONTROL_REGISTERS_READ, 0, 1, CONTROL_MOVE_MAX), CONTROL_OK);
	assert_int_equal(debug_detach(), CONTROL_OK);
	assert_int_equal(rig.other->state, VM_RUNNING);
	assert_false(rig.other->vcpu[0].debug.brk_traps);
	assert_null(rig.other->vcpu[1].debug.debugger);
	assert_int_equal(debug_detach(), CONTROL_NOT_FOUND);
}

static void a_paused_vm_too_and_no_other(void **state)
{
	(void)state;
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(debug_detach(), CONTROL_OK);
	assert_int_equal(rig.other->state, VM_PAUSED);
	assert_int_equal(vm_stop(rig.other, VM_GOAL_OFF), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(debug_attach(), CONTROL_BAD_STATE);
	debug_ticket = 0;
	rig_prepare(CONTROL_DEBUG_ATTACH, 0, 0, 0);
	rig.x[0] = CONTROL_MAGIC | (uint64_t)rig.self->id << 32;
	assert_int_equal(rig_run(), BACKDOOR_DONE);
	assert_int_equal(rig.x[0], CONTROL_INVALID);
	assert_int_equal(rig.self->state, VM_RUNNING);
}

static void a_ticket_is_needed(void **state)
{
	static const enum control_call calls[] = {CONTROL_DEBUG_SET, CONTROL_DEBUG_PATCH,
		CONTROL_DEBUG_RESUME, CONTROL_DEBUG_LOOK, CONTROL_DEBUG_DETACH};

	(void)state;
	for (unsigned i = 0; i < 5U; i++) {
		debug_ticket = 0; /* no session at all */
		assert_int_equal(debug_call(calls[i], CONTROL_DEBUG_NO_VCPU, CONTROL_MOVE_MAX),
			CONTROL_NOT_FOUND);
	}
	assert_int_equal(debug_attach(), CONTROL_OK);
	for (unsigned i = 0; i < 5U; i++) {
		debug_ticket ^= 0x80U;
		assert_int_equal(debug_call(calls[i], CONTROL_DEBUG_NO_VCPU, CONTROL_MOVE_MAX),
			CONTROL_NOT_FOUND);
		debug_ticket ^= 0x80U;
	}
	uint32_t own = debug_ticket;

	debug_ticket ^= 0x80U;
	assert_int_equal(debug_call(CONTROL_DEBUG_ATTACH, 0, 0), CONTROL_NOT_FOUND);
	debug_ticket = own;
}

/* Before the vCPUs have come to rest nothing of the session is there. */
static void nothing_before_it_is_attached(void **state)
{
	(void)state;
	(void)debug_on_cpu();
	debug_ticket = 0;
	assert_int_equal(debug_call(CONTROL_DEBUG_ATTACH, 0, 0), CONTROL_OK);
	debug_ticket = (uint32_t)rig.x[2];
	assert_int_equal(rig.x[3], 1);
	assert_int_equal(patch(CODE, true), CONTROL_NOT_FOUND);
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_NOT_FOUND);
	assert_int_equal(debug_stops(), 0);
	assert_int_equal(rig.x[3], 0);
	vm_rig_settle();
	assert_int_equal(debug_call(CONTROL_DEBUG_ATTACH, 0, 0), CONTROL_OK);
	assert_int_equal(rig.x[3], 0);
	assert_int_equal(patch(CODE, true), CONTROL_OK);
}

static void breakpoints_in_memory(void **state)
{
	uint32_t word = 0x12345678;

	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(patch(CODE, true), CONTROL_OK);
	assert_int_equal(patch(CODE, true), CONTROL_INVALID);
	assert_int_equal(patch(CODE + 2U, true), CONTROL_INVALID);
	assert_int_equal(patch(VM_RIG_ROM, true), CONTROL_INVALID);
	assert_int_equal(patch(CODE + 4U, false), CONTROL_NOT_FOUND);
	assert_true(gmem_is_patched(&rig.other->gmem, ipa_init(CODE)));
	/* The other calls do not see it. */
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, CODE, 0, 4), CONTROL_OK);
	assert_memory_equal(rig.memory, &(uint32_t){ORIGINAL}, 4);
	memcpy(rig.memory, &word, sizeof(word));
	assert_int_equal(rig_call(CONTROL_MEMORY_WRITE, CODE, 0, 4), CONTROL_OK);
	assert_true(gmem_is_patched(&rig.other->gmem, ipa_init(CODE)));
	assert_int_equal(patch(CODE, false), CONTROL_OK);
	assert_int_equal(word_at(CODE), word);
	for (unsigned i = 0; i < CONTROL_DEBUG_PATCHES; i++) {
		assert_int_equal(patch(CODE + 4U * i, true), CONTROL_OK);
	}
	assert_int_equal(patch(CODE - 4U, true), CONTROL_NO_MEMORY);
	/* And none is left. */
	assert_int_equal(debug_detach(), CONTROL_OK);
	for (unsigned i = 0; i < CONTROL_DEBUG_PATCHES; i++) {
		assert_false(gmem_is_patched(&rig.other->gmem, ipa_init(CODE + 4U * i)));
	}
	assert_int_equal(word_at(CODE), word);
}

static void a_running_vm_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_OK);
	assert_int_equal(rig.other->state, VM_RUNNING);
	assert_int_equal(patch(CODE, true), CONTROL_BAD_STATE);
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_BAD_STATE);
	assert_int_equal(debug_call(CONTROL_DEBUG_SET, 0, sizeof(struct control_debug_registers)),
		CONTROL_BAD_STATE);
	assert_int_equal(debug_stops(), 0);
	assert_int_equal(rig.x[3], 0);
	(void)debug_on_cpu();
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	assert_int_equal(patch(CODE, true), CONTROL_BUSY); /* still on its CPU */
}

static void registers_are_live_and_the_guests_come_back(void **state)
{
	struct control_debug_registers *set = (struct control_debug_registers *)rig.memory;
	struct debugregs *own = &rig.other->vcpu[0].debug;

	(void)state;
	own->os_locked = false;
	own->mdscr = BIT(15);
	own->breakpoint[0] = (struct debugregs_pair){BIT(0) | 6U | 0xf << 5, 0x4444};
	assert_int_equal(debug_attach(), CONTROL_OK);
	memset(set, 0, sizeof(*set));
	set->breakpoint[0] = (struct control_debug_pair){BIT(0) | 6U | 0xf << 5, 0x8888};
	set->watchpoint[1] = (struct control_debug_pair){BIT(0) | 6U | BIT(13), 0x9999};
	assert_int_equal(debug_call(CONTROL_DEBUG_SET, 0, sizeof(*set)), CONTROL_OK);
	assert_int_equal(rig.x[2], debugregs_breakpoints());
	assert_int_equal(rig.x[3], debugregs_watchpoints());
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_OK);
	(void)debug_on_cpu();
	assert_int_equal(fake_sysregs.mdscr_el1, BIT(15));
	assert_true((fake_sysregs.mdcr_el2 & MDCR_TDE) != 0U);
	assert_int_equal(fake_sysregs.dbgbvr0_el1, 0x8888);
	assert_int_equal(fake_sysregs.dbgwvr1_el1, 0x9998);
	assert_int_equal(fake_sysregs.dbgwcr1_el1, BIT(0) | 6U); /* nothing of EL2's */
	assert_int_equal(debug_detach(), CONTROL_OK);
	(void)debug_on_cpu();
	assert_int_equal(fake_sysregs.mdcr_el2 & MDCR_TDE, 0);
	assert_int_equal(fake_sysregs.mdscr_el1, BIT(15));
	assert_int_equal(fake_sysregs.dbgbvr0_el1, 0x4444);
	assert_int_equal(fake_sysregs.dbgwcr1_el1, 0);
	debugregs_reset(own);
}

static void a_stop_pauses_all_and_says_why(void **state)
{
	const struct control_debug_stop *list = (const struct control_debug_stop *)rig.memory;
	struct event event;
	uint64_t number = 0;
	uint64_t lost;

	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_OK);
	while (event_read(&number, &event, 1, &lost) != 0U) {
	}
	vm_debug_stop(debug_on_cpu(), VM_DEBUG_WATCHPOINT, 0xd2000022, 0x1234);
	assert_int_equal(rig.other->state, VM_PAUSED);
	assert_int_equal(debug_stops(), 0); /* not at rest */
	assert_int_equal(rig.x[3], 0);
	vm_rig_settle();
	assert_int_equal(debug_stops(), 1);
	assert_int_equal(rig.x[3], 1);
	assert_int_equal(list->vcpu, 0);
	assert_int_equal(list->why, CONTROL_DEBUG_BY_WATCHPOINT);
	assert_int_equal(list->esr, 0xd2000022);
	assert_int_equal(list->far, 0x1234);
	do {
		assert_int_equal(event_read(&number, &event, 1, &lost), 1);
	} while (event.kind != EVENT_DEBUG);
	assert_int_equal(event.vm, rig.other->id);
	assert_int_equal(event.value, (uint64_t)CONTROL_DEBUG_BY_WATCHPOINT << 32);
	/* It is told once: with the next run it is over. */
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_OK);
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(debug_stops(), 0);
}

static void another_one_takes_over(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	uint32_t first = debug_ticket;

	assert_int_equal(patch(CODE, true), CONTROL_OK);
	assert_int_equal(patch(CODE + 4U, true), CONTROL_OK);
	assert_int_equal(debug_resume(1U | CONTROL_DEBUG_ALONE), CONTROL_OK);
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_not_equal(debug_ticket, first);
	assert_false(gmem_is_patched(&rig.other->gmem, ipa_init(CODE)));
	assert_false(rig.other->debug.runs_alone);
	uint32_t second = debug_ticket;

	debug_ticket = first;
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_NOT_FOUND);
	assert_int_equal(debug_detach(), CONTROL_NOT_FOUND);
	debug_ticket = second;
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_OK);
	assert_int_equal(rig.other->vcpu[0].sched.holds & SCHED_HOLD_DEBUG, 0);
}

/* Who does not call any more does not hold the VM for ever: stopped, or running with breakpoints,
 * one vCPU alone. */
static void one_that_left_is_forgotten(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	debug_pass(VM_DEBUG_LEFT_SECONDS - 2U);
	assert_int_equal(debug_stops(), 0); /* it is there */
	debug_pass(VM_DEBUG_LEFT_SECONDS - 2U);
	assert_int_equal(rig.other->state, VM_PAUSED);
	assert_int_equal(patch(CODE, true), CONTROL_OK);
	assert_int_equal(debug_resume(1U | CONTROL_DEBUG_ALONE), CONTROL_OK);
	for (unsigned i = 0; i < 10U; i++) {
		debug_pass(VM_DEBUG_LEFT_SECONDS / 2U);
	}
	assert_int_equal(rig.other->debug.ticket, 0);
	assert_int_equal(rig.other->state, VM_RUNNING);
	assert_false(gmem_is_patched(&rig.other->gmem, ipa_init(CODE)));
	assert_int_equal(word_at(CODE), ORIGINAL);
	assert_int_equal(rig.other->vcpu[0].sched.holds & SCHED_HOLD_DEBUG, 0);
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_NOT_FOUND);
}

static void one_that_left_while_it_attached(void **state)
{
	(void)state;
	debug_ticket = 0;
	(void)debug_on_cpu();
	assert_int_equal(debug_call(CONTROL_DEBUG_ATTACH, 0, 0), CONTROL_OK);
	assert_int_equal(rig.x[3], 1);
	debug_pass(1);
	assert_int_equal(rig.other->state, VM_PAUSED);
	for (unsigned i = 0; i < 4U; i++) {
		debug_pass(VM_DEBUG_LEFT_SECONDS);
	}
	assert_int_equal(rig.other->state, VM_RUNNING);
}

static void a_reset_ends_it(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(patch(CODE, true), CONTROL_OK);
	assert_int_equal(debug_resume(1U | CONTROL_DEBUG_ALONE | CONTROL_DEBUG_STEPS), CONTROL_OK);
	assert_int_equal(vm_stop(rig.other, VM_GOAL_RESET), PLINTH_OK);
	assert_int_equal(debug_call(CONTROL_DEBUG_LOOK, 0, CONTROL_MOVE_MAX), CONTROL_NOT_FOUND);
	vm_rig_settle();
	assert_int_equal(rig.other->state, VM_RUNNING);
	assert_int_equal(rig.other->debug.ticket, 0);
	assert_false(rig.other->vcpu[1].debug.brk_traps);
	assert_false(rig.other->vcpu[1].debug.steps);
	assert_int_equal(rig.other->vcpu[0].sched.holds & SCHED_HOLD_DEBUG, 0);
	assert_false(gmem_is_patched(&rig.other->gmem, ipa_init(CODE)));
}

/* A crashed VM's memory is looked at as it was without breakpoints. */
static void a_crash_ends_it(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(patch(CODE, true), CONTROL_OK);
	vm_crash(rig.other, "test");
	vm_rig_settle();
	assert_int_equal(rig.other->state, VM_CRASHED);
	assert_int_equal(rig.other->debug.ticket, 0);
	assert_int_equal(word_at(CODE), ORIGINAL);
	assert_int_equal(debug_attach(), CONTROL_BAD_STATE);
}

/* Who resumes it by other means has it running; the session goes on. */
static void others_may_resume_and_pause(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(patch(CODE, true), CONTROL_OK);
	assert_int_equal(vm_resume(rig.other), PLINTH_OK);
	(void)debug_on_cpu();
	assert_true((fake_sysregs.mdcr_el2 & MDCR_TDE) != 0U);
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(patch(CODE, false), CONTROL_OK);
}

/* The timer's time is of before the lock: who is heard meanwhile is heard after it. */
static void one_that_is_heard_just_now_stays(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	rig.other->debug.heard = fake_sysregs.cntpct_el0 + 5U * VM_RIG_HZ;
	debug_pass(2);
	assert_int_equal(rig.other->debug.ticket, debug_ticket);
	assert_int_equal(rig.other->state, VM_PAUSED);
}

/* A pause of the debugger's own ends with it, whatever way; one that somebody else asked for does
 * not, also when the VM was paused already. */
static void each_pause_is_somebodys(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	assert_int_equal(vm_pause(rig.other), PLINTH_EPERM);
	assert_int_equal(debug_detach(), CONTROL_OK);
	assert_int_equal(rig.other->state, VM_PAUSED);
	/* It was paused before, but the debugger lets it run, and stops it by itself. */
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_OK);
	assert_int_equal(debug_call(CONTROL_PAUSE, 0, 0), CONTROL_OK);
	assert_int_equal(debug_call(CONTROL_PAUSE, 0, 0), CONTROL_BAD_STATE);
	assert_int_equal(rig.other->state, VM_PAUSED);
	debug_ticket ^= 0x80U;
	assert_int_equal(debug_call(CONTROL_PAUSE, 0, 0), CONTROL_NOT_FOUND);
	debug_ticket ^= 0x80U;
	assert_int_equal(debug_detach(), CONTROL_OK);
	assert_int_equal(rig.other->state, VM_RUNNING);
	/* By a breakpoint. */
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(debug_resume(CONTROL_DEBUG_NO_VCPU), CONTROL_OK);
	vm_debug_stop(debug_on_cpu(), VM_DEBUG_PATCH, 0, 0);
	vm_rig_settle();
	assert_int_equal(rig.other->state, VM_PAUSED);
	assert_int_equal(debug_detach(), CONTROL_OK);
	assert_int_equal(rig.other->state, VM_RUNNING);
}

/* One that has left holds nothing, but the operator does. */
static void an_operators_pause_outlives_one_that_left(void **state)
{
	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	assert_int_equal(patch(CODE, true), CONTROL_OK);
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	for (unsigned i = 0; i < 4U; i++) {
		debug_pass(VM_DEBUG_LEFT_SECONDS);
	}
	assert_int_equal(rig.other->debug.ticket, 0);
	assert_int_equal(rig.other->state, VM_PAUSED);
	assert_int_equal(word_at(CODE), ORIGINAL);
	assert_int_equal(vm_resume(rig.other), PLINTH_OK);
}

/* As much as there is room for, and the next call goes on. */
static void stops_are_listed_piece_by_piece(void **state)
{
	const struct control_debug_stop *list = (const struct control_debug_stop *)rig.memory;

	(void)state;
	assert_int_equal(debug_attach(), CONTROL_OK);
	for (unsigned i = 0; i < 2U; i++) {
		rig.other->vcpu[i].stop = (struct vm_debug_stop){
			i == 0U ? VM_DEBUG_PATCH : VM_DEBUG_STEP, 0, 0, rig.other->debug.runs};
	}
	assert_int_equal(debug_call(CONTROL_DEBUG_LOOK, 0, sizeof(*list)), CONTROL_OK);
	assert_int_equal(rig.x[1], sizeof(*list));
	assert_int_equal(rig.x[2], 1);
	assert_int_equal(list->vcpu, 0);
	assert_int_equal(debug_call(CONTROL_DEBUG_LOOK, 1, sizeof(*list)), CONTROL_OK);
	assert_int_equal(rig.x[1], sizeof(*list));
	assert_int_equal(list->vcpu, 1);
	assert_int_equal(list->why, CONTROL_DEBUG_BY_STEP);
	assert_int_equal(debug_call(CONTROL_DEBUG_LOOK, UINT64_MAX, CONTROL_MOVE_MAX), CONTROL_OK);
	assert_int_equal(rig.x[1], 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, debug_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(it_holds_the_vm_and_lets_it_go),
		TEST(a_paused_vm_too_and_no_other),
		TEST(a_ticket_is_needed),
		TEST(nothing_before_it_is_attached),
		TEST(breakpoints_in_memory),
		TEST(a_running_vm_is_left_alone),
		TEST(registers_are_live_and_the_guests_come_back),
		TEST(a_stop_pauses_all_and_says_why),
		TEST(another_one_takes_over),
		TEST(one_that_left_is_forgotten),
		TEST(one_that_left_while_it_attached),
		TEST(a_reset_ends_it),
		TEST(a_crash_ends_it),
		TEST(others_may_resume_and_pause),
		TEST(one_that_is_heard_just_now_stays),
		TEST(each_pause_is_somebodys),
		TEST(an_operators_pause_outlives_one_that_left),
		TEST(stops_are_listed_piece_by_piece),
	};

	return cmocka_run_group_tests(tests, debug_group_setup, NULL);
}
