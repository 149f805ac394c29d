/* SPDX-License-Identifier: Apache-2.0 */
/* VMs whose memory is not guaranteed, when there is none: who asks waits, nobody else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "event/event.h"
#include "pmem/pmem.h"
#include "timerq/timerq.h"
#include "vm/vm.h"
#include "vm/vm_table.h"
#include "vm_rig.h"

#define ENOUGH BIT(PMEM_ORDER_2M) /* free pages with which a starved VM goes on */
#define PAGES  (VM_RIG_RAM / PAGE_SIZE)

static uint64_t taken; /* pages that are promised to nobody */

static uint64_t unpromised(void)
{
	struct pmem_stats s;

	pmem_get_stats(&s);
	return s.free - s.reserved;
}

/* Leaves so many free pages for whoever has no promise. */
static void leave(uint64_t pages)
{
	pmem_unreserve(taken);
	taken = unpromised() - pages;
	assert_int_equal(pmem_reserve(taken), PLINTH_OK);
}

/* With time enough for a starved VM to look twice. */
static void settle(void)
{
	for (unsigned i = 0; i < 2U; i++) {
		vm_rig_settle();
		fake_sysregs.cntpct_el0 += VM_RIG_HZ / 20U;
	}
	vm_rig_settle();
}

static enum gmem_result touch(struct vm *vm, uint64_t page)
{
	const struct gmem_fault fault = {
		.ipa = ipa_init(VM_RAM_BASE + page * PAGE_SIZE), .access = GMEM_WRITE};
	enum gmem_result result = gmem_fault(&vm->gmem, &fault);

	if (result == GMEM_NOMEM) {
		vm_out_of_memory(vm, fault.ipa);
	}
	return result;
}

static struct vm *start(const char *name, uint32_t vcpus, uint32_t flags)
{
	struct vm *vm = vm_rig_create(name, vcpus, flags);

	assert_int_equal(vm_start(vm), PLINTH_OK);
	return vm;
}

static void end(struct vm *vm)
{
	assert_int_equal(vm_destroy(vm), PLINTH_OK);
	for (unsigned i = 0; i < 4U; i++) {
		settle();
	}
}

static int everything_back(void **state)
{
	(void)state;
	leave(unpromised() + taken);
	return 0;
}

/* Since the call before. */
static unsigned starved_events(void)
{
	static uint64_t next;
	struct event events[64];
	size_t got = ARRAY_SIZE(events);
	unsigned count = 0;
	uint64_t lost;

	while (got == ARRAY_SIZE(events)) {
		got = event_read(&next, events, ARRAY_SIZE(events), &lost);
		for (size_t i = 0; i < got; i++) {
			count += events[i].kind == EVENT_STATE && events[i].value == VM_STARVED;
		}
	}
	return count;
}

static void who_asks_waits_and_goes_on(void **state)
{
	struct vm *vm = start("hungry", 1, VM_FLAG_OVERCOMMIT);
	struct vm *other = start("other", 1, VM_FLAG_OVERCOMMIT);

	(void)state;
	(void)starved_events();
	leave(0);
	assert_int_equal(touch(vm, 0), GMEM_NOMEM);
	assert_int_equal(vm->state, VM_STARVED);
	assert_string_equal(vm_state_name(vm->state), "starved");
	assert_int_equal(starved_events(), 1);
	settle();
	assert_int_equal(vm->state, VM_STARVED);
	assert_int_equal(other->state, VM_RUNNING);
	assert_ptr_equal(vm_rig_run(), &other->vcpu[0]);
	uint64_t then = vtimer_vm_now(&vm->time);

	fake_sysregs.cntpct_el0 += VM_RIG_HZ;
	assert_int_equal(vtimer_vm_now(&vm->time), then);
	/* Too little to go on with. */
	leave(ENOUGH - 1U);
	settle();
	assert_int_equal(vm->state, VM_STARVED);
	leave(ENOUGH);
	settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(touch(vm, 0), GMEM_RESUME);
	end(other);
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	assert_int_equal(starved_events(), 0);
	end(vm);
}

static void all_its_vcpus_wait(void **state)
{
	struct vm *vm = start("several", 3, VM_FLAG_OVERCOMMIT);

	(void)state;
	leave(0);
	assert_int_equal(touch(vm, 0), GMEM_NOMEM);
	assert_int_equal(touch(vm, 1), GMEM_NOMEM); /* the second one's, on another CPU */
	assert_int_equal(vm->state, VM_STARVED);
	settle();
	assert_null(vm_rig_run());
	end(vm);
}

static void starve(struct vm *vm)
{
	assert_int_equal(touch(vm, 0), GMEM_NOMEM);
	assert_int_equal(vm->state, VM_STARVED);
}

/* Three that wait, in this order. */
static void starve_three(struct vm **vm)
{
	static const char *const names[] = {"first", "second", "third"};

	for (unsigned i = 0; i < 3U; i++) {
		vm[i] = start(names[i], 1, VM_FLAG_OVERCOMMIT);
	}
	leave(0);
	for (unsigned i = 0; i < 3U; i++) {
		starve(vm[i]);
	}
}

static void end_three(struct vm **vm)
{
	for (unsigned i = 0; i < 3U; i++) {
		end(vm[i]);
	}
}

static void who_came_first_is_served_first(void **state)
{
	struct vm *vm[3];

	(void)state;
	starve_three(vm);
	for (unsigned next = 0; next < 3U; next++) {
		leave(ENOUGH);
		settle();
		settle();
		for (unsigned i = 0; i < 3U; i++) {
			assert_int_equal(vm[i]->state, i <= next ? VM_RUNNING : VM_STARVED);
		}
		leave(0);
	}
	for (unsigned i = 0; i < 3U; i++) {
		assert_int_equal(touch(vm[i], 0), GMEM_RESUME);
	}
	end_three(vm);
}

/* A neighbour that takes whatever comes free has the pieces only until it asks for one too many:
 * what is there at a look is the first one's, and it has it when it goes on. */
static void what_comes_free_is_for_who_waits(void **state)
{
	struct vm *vm = start("patient", 1, VM_FLAG_OVERCOMMIT);
	struct vm *greedy = start("greedy", 1, VM_FLAG_OVERCOMMIT);

	(void)state;
	leave(0);
	starve(vm);
	leave(ENOUGH / 2U);
	settle();
	assert_int_equal(unpromised(), 0);
	starve(greedy);
	leave(ENOUGH / 2U);
	settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(greedy->state, VM_STARVED);
	assert_int_equal(unpromised(), 0);
	for (uint64_t page = 0; page < ENOUGH; page += ENOUGH / 4U) {
		assert_int_equal(touch(vm, page), GMEM_RESUME);
	}
	end(greedy);
	end(vm);
}

typedef enum plinth_status act_fn(struct vm *vm);

static enum plinth_status stop(struct vm *vm)
{
	return vm_stop(vm, VM_GOAL_OFF);
}

static enum plinth_status reset(struct vm *vm)
{
	return vm_stop(vm, VM_GOAL_RESET);
}

static enum plinth_status crash(struct vm *vm)
{
	vm_crash(vm, "of something else");
	return PLINTH_OK;
}

/* Whatever an operator does with one that waits, first, last or between, those behind it go on,
 * with what was collected for it. */
static void who_is_taken_out_blocks_nobody(void **state)
{
	static act_fn *const acts[] = {vm_pause, stop, reset, crash, vm_destroy};

	(void)state;
	for (unsigned i = 0; i < 3U * ARRAY_SIZE(acts); i++) {
		unsigned who = i % 3U;
		struct vm *vm[3];

		starve_three(vm);
		leave(ENOUGH - 1U);
		settle();
		assert_int_equal(acts[i / 3U](vm[who]), PLINTH_OK);
		leave(ENOUGH + 1U);
		settle();
		for (unsigned k = 0; k < 3U; k++) {
			assert_true(k == who || vm[k]->state == VM_RUNNING);
		}
		for (unsigned k = 0; k < 3U; k++) {
			if (k != who || acts[i / 3U] != vm_destroy) {
				end(vm[k]);
			}
		}
		(void)everything_back(NULL);
	}
}

/* One that comes back from a pause has lost its place. */
static void a_pause_costs_the_place(void **state)
{
	struct vm *vm[3];

	(void)state;
	starve_three(vm);
	assert_int_equal(vm_pause(vm[0]), PLINTH_OK);
	settle();
	assert_int_equal(vm_resume(vm[0]), PLINTH_OK);
	starve(vm[0]);
	leave(2U * ENOUGH);
	settle();
	assert_int_equal(vm[0]->state, VM_STARVED);
	assert_int_equal(vm[1]->state, VM_RUNNING);
	assert_int_equal(vm[2]->state, VM_RUNNING);
	end_three(vm);
}

/* With enough for all nobody waits for the next look, and no exit sees to two of them. */
static void many_go_on_one_by_one(void **state)
{
	struct vm *vm[3];
	unsigned running = 0;

	(void)state;
	starve_three(vm);
	settle();
	leave(3U * ENOUGH);
	fake_sysregs.cntpct_el0 += VM_RIG_HZ / 20U;
	for (unsigned run = 0; run < 6U; run++) {
		unsigned before = running;

		timerq_run(fake_sysregs.cntpct_el0);
		fake_sysregs.cntpct_el0++;
		running = 0;
		for (unsigned i = 0; i < 3U; i++) {
			running += vm[i]->state == VM_RUNNING ? 1U : 0U;
		}
		assert_true(running <= before + 1U);
	}
	assert_int_equal(running, 3);
	end_three(vm);
}

/* What is collected for nobody any more, and what one had for going on and did not use. */
static void nothing_stays_promised(void **state)
{
	struct vm *vm = start("idle", 1, VM_FLAG_OVERCOMMIT);

	(void)state;
	leave(0);
	starve(vm);
	leave(ENOUGH - 1U);
	settle();
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	assert_int_equal(unpromised(), ENOUGH - 1U);
	assert_int_equal(vm_resume(vm), PLINTH_OK);
	leave(0);
	starve(vm);
	leave(ENOUGH);
	settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	settle();
	assert_int_equal(vm->gmem.promise, 0);
	assert_true(unpromised() >= ENOUGH);
	end(vm);
}

/* An operator has his way with it meanwhile. */
static void it_obeys(void **state)
{
	struct vm *vm = start("obedient", 1, VM_FLAG_OVERCOMMIT);

	(void)state;
	leave(0);
	assert_int_equal(touch(vm, 0), GMEM_NOMEM);
	assert_int_equal(vm_start(vm), PLINTH_EPERM);
	assert_int_equal(vm_resume(vm), PLINTH_EPERM);
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	leave(ENOUGH);
	settle();
	assert_int_equal(vm->state, VM_PAUSED); /* though it might */
	leave(0);
	assert_int_equal(vm_resume(vm), PLINTH_OK);
	assert_int_equal(touch(vm, 0), GMEM_NOMEM);
	assert_int_equal(vm->state, VM_STARVED);
	assert_int_equal(vm_stop(vm, VM_GOAL_RESET), PLINTH_OK);
	settle();
	assert_int_equal(vm->state, VM_RUNNING);
	assert_int_equal(touch(vm, 0), GMEM_NOMEM);
	assert_int_equal(vm_stop(vm, VM_GOAL_OFF), PLINTH_OK);
	settle();
	assert_int_equal(vm->state, VM_OFF);
	assert_int_equal(vm_start(vm), PLINTH_OK); /* it may, though nothing is free */
	settle();
	assert_int_equal(touch(vm, 0), GMEM_NOMEM);
	vm_crash(vm, "of something else");
	settle();
	assert_int_equal(vm->state, VM_CRASHED);
	end(vm);
}

/* What it gave away is no promise that was broken: it waits for that, too. */
static void what_it_gave_away_may_be_gone(void **state)
{
	struct vm *vm = start("giver", 1, VM_FLAG_OVERCOMMIT);

	(void)state;
	assert_int_equal(touch(vm, 0), GMEM_RESUME);
	assert_int_equal(gmem_relinquish(&vm->gmem, ipa_init(VM_RAM_BASE), S2_LEVEL_4K), PLINTH_OK);
	leave(0);
	assert_int_equal(touch(vm, 0), GMEM_NOMEM);
	assert_int_equal(vm->state, VM_STARVED);
	leave(ENOUGH);
	settle();
	assert_int_equal(touch(vm, 0), GMEM_RESUME);
	end(vm);
}

/* In every order in which three VMs can touch six pages: those that are guaranteed are there, and
 * of the others only who asks in vain waits, for what it takes beside the page are two tables. */
static void nobody_else_suffers_in_any_order(void **state)
{
	enum { VMS = 3, TOUCHES = 6, ORDERS = 729, TABLES = 2 };

	(void)state;
	for (unsigned order = 0; order < ORDERS; order++) {
		struct vm *vm[VMS] = {start("a", 1, VM_FLAG_OVERCOMMIT),
			start("b", 1, VM_FLAG_OVERCOMMIT), start("g", 1, 0)};
		bool is_starved[VMS] = {false};
		unsigned digits = order;

		leave(order % 7U);
		for (unsigned i = 0; i < TOUCHES; i++, digits /= VMS) {
			unsigned who = digits % VMS;
			uint64_t left = unpromised();

			if (is_starved[who]) {
				continue;
			}
			bool is_there = touch(vm[who], i * PAGES / TOUCHES) == GMEM_RESUME;

			is_starved[who] = !is_there;
			assert_true(is_there || (who != 2U && left <= TABLES));
			assert_true(!is_there || who == 2U || left > 0U);
			for (unsigned k = 0; k < VMS; k++) {
				assert_int_equal(
					vm[k]->state, is_starved[k] ? VM_STARVED : VM_RUNNING);
			}
		}
		leave(2U * ENOUGH);
		for (unsigned k = 0; k < VMS; k++) {
			settle();
			assert_int_equal(vm[k]->state, VM_RUNNING);
			assert_int_equal(touch(vm[k], 1), GMEM_RESUME);
			end(vm[k]);
		}
		(void)everything_back(NULL);
	}
}

static void a_guaranteed_one_has_all_of_its_memory(void **state)
{
	struct vm *safe = start("safe", 1, 0);
	struct vm *hungry = start("hungry", 1, VM_FLAG_OVERCOMMIT);
	uint64_t page = 0;

	(void)state;
	leave(100);
	while (page < PAGES && touch(hungry, page) == GMEM_RESUME) {
		page++;
	}
	assert_int_equal(hungry->state, VM_STARVED);
	assert_int_equal(unpromised(), 0);
	for (page = 0; page < PAGES; page++) {
		assert_int_equal(touch(safe, page), GMEM_RESUME);
	}
	assert_int_equal(safe->state, VM_RUNNING);
	end(hungry);
	end(safe);
}

/* A guarantee that cannot be kept is Plinth's own fault, or the balloon's: that is no waiting. */
static void without_overcommit_it_crashes(void **state)
{
	struct vm *vm = start("guaranteed", 1, 0);

	(void)state;
	vm_out_of_memory(vm, ipa_init(VM_RAM_BASE));
	settle();
	assert_int_equal(vm->state, VM_CRASHED);
	assert_string_equal(vm->reason, "no memory for the page at 0x40000000");
	end(vm);
}

static void more_than_the_machine_has_is_refused(void **state)
{
	static struct vm_config config; /* too large for a frame */
	struct pmem_stats s;
	struct vm *vm = NULL;
	const char *why = NULL;
	uint64_t before = vm_rig_free_pages();

	(void)state;
	pmem_get_stats(&s);
	vm_rig_config(&config, "large");
	config.flags = VM_FLAG_OVERCOMMIT;
	config.ram_size = align_down(s.total * PAGE_SIZE, BLOCK_2M) + BLOCK_2M;
	assert_int_equal(vm_create(&config, &vm, &why), PLINTH_ENOMEM);
	assert_string_equal(why, "there is not enough free memory for it");
	assert_int_equal(vm_rig_free_pages(), before);
	/* Most of it, which is promised to others. */
	leave(ENOUGH);
	config.ram_size = align_down(s.total * PAGE_SIZE, BLOCK_2M) - BLOCK_2M;
	assert_int_equal(vm_create(&config, &vm, &why), PLINTH_OK);
	end(vm);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(who_asks_waits_and_goes_on, everything_back),
		cmocka_unit_test_teardown(all_its_vcpus_wait, everything_back),
		cmocka_unit_test_teardown(who_came_first_is_served_first, everything_back),
		cmocka_unit_test_teardown(what_comes_free_is_for_who_waits, everything_back),
		cmocka_unit_test_teardown(who_is_taken_out_blocks_nobody, everything_back),
		cmocka_unit_test_teardown(a_pause_costs_the_place, everything_back),
		cmocka_unit_test_teardown(many_go_on_one_by_one, everything_back),
		cmocka_unit_test_teardown(nothing_stays_promised, everything_back),
		cmocka_unit_test_teardown(it_obeys, everything_back),
		cmocka_unit_test_teardown(what_it_gave_away_may_be_gone, everything_back),
		cmocka_unit_test_teardown(nobody_else_suffers_in_any_order, everything_back),
		cmocka_unit_test_teardown(a_guaranteed_one_has_all_of_its_memory, everything_back),
		cmocka_unit_test(without_overcommit_it_crashes),
		cmocka_unit_test_teardown(more_than_the_machine_has_is_refused, everything_back),
	};

	return cmocka_run_group_tests(tests, vm_rig_group_setup, NULL);
}
