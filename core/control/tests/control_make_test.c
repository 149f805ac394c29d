/* SPDX-License-Identifier: Apache-2.0 */
/* A VM made by control calls, as plinthctl makes one, and as one that wants more than it may. */
#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bits.h"

#define IMAGE_SIZE 5000U /* more than a page */
#define STEPS_MAX  100U

static struct vm_config *config; /* in the process's buffer */

static int setup(void **state)
{
	(void)state;
	rig_reset();
	config = (struct vm_config *)(void *)rig.memory;
	vm_rig_config(config, "made");
	config->image_count = 1;
	config->images[0] = (struct vm_image){VM_RAM_BASE, IMAGE_SIZE, 0, VM_IMAGE_COPY, 0};
	return 0;
}

static uint32_t ticket; /* of what create() began last */

static enum control_status call_with(
	enum control_call call, uint64_t vm, uint64_t arg, uint32_t arg2, uint32_t size)
{
	rig_prepare(call, arg, arg2, size);
	rig.x[0] = CONTROL_MAGIC | vm << 32;
	assert_int_equal(rig_run(), BACKDOOR_DONE);
	return (enum control_status)rig.x[0];
}

static enum control_status call_on(enum control_call call, uint64_t vm, uint64_t arg, uint32_t size)
{
	bool has_ticket = call == CONTROL_CREATE_STEP || call == CONTROL_CREATE_PUT;

	return call_with(call, vm, arg, has_ticket ? ticket : 0U, size);
}

static uint64_t create(void)
{
	assert_int_equal(call_on(CONTROL_CREATE, 0, IMAGE_SIZE, sizeof(*config)), CONTROL_OK);
	ticket = (uint32_t)rig.x[3];
	assert_int_not_equal(ticket, 0);
	return rig.x[2];
}

/* Until no more is to be done; the bytes that are missing. */
static uint64_t step(uint64_t vm)
{
	for (unsigned i = 0; i < STEPS_MAX; i++) {
		assert_int_equal(call_on(CONTROL_CREATE_STEP, vm, 0, 0), CONTROL_OK);
		if (rig.x[3] == 0U) {
			return rig.x[2];
		}
	}
	fail();
	return 0;
}

static void check_why(const char *text)
{
	assert_int_equal(call_on(CONTROL_CREATE_WHY, 0, 0, CONTROL_LOG_TEXT), CONTROL_OK);
	assert_int_equal(rig.x[1], CONTROL_LOG_TEXT);
	assert_string_equal((const char *)rig.memory, text);
}

static void a_vm_is_made_started_and_destroyed(void **state)
{
	uint64_t free = vm_rig_free_pages();
	uint64_t vm = create();

	(void)state;
	assert_int_equal(step(vm), IMAGE_SIZE);
	memset(rig.memory, 'x', IMAGE_SIZE);
	assert_int_equal(call_on(CONTROL_CREATE_PUT, vm, 0, PAGE_SIZE), CONTROL_OK);
	assert_int_equal(rig.x[1], PAGE_SIZE);
	/* It is listed as what it is, and cannot be touched otherwise. */
	assert_int_equal(call_on(CONTROL_LIST, 0, 0, CONTROL_MOVE_MAX), CONTROL_OK);
	const struct control_vm *list = (const struct control_vm *)(void *)rig.memory;

	assert_int_equal(rig.x[1], 3U * sizeof(*list));
	assert_int_equal(list[2].vm, vm);
	assert_int_equal(list[2].state, CONTROL_STATE_MAKING);
	assert_int_equal(call_on(CONTROL_LIST, 0, rig.x[2], CONTROL_MOVE_MAX), CONTROL_OK);
	assert_int_equal(rig.x[1], 0);
	assert_int_equal(call_on(CONTROL_START, vm, 0, 0), CONTROL_NO_SUCH_VM);
	assert_int_equal(
		call_on(CONTROL_CREATE_PUT, vm, PAGE_SIZE, IMAGE_SIZE - PAGE_SIZE), CONTROL_OK);
	assert_int_equal(step(vm), 0);
	assert_int_equal(call_on(CONTROL_CREATE_STEP, vm, 0, 0), CONTROL_NO_SUCH_VM);
	assert_int_equal(call_on(CONTROL_START, vm, 0, 0), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(vm_get((vm_id_t)vm)->state, VM_RUNNING);
	assert_int_equal(call_on(CONTROL_DESTROY, vm, 0, 0), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(call_on(CONTROL_DESTROY, vm, 0, 0), CONTROL_NO_SUCH_VM);
	/* Less the table for CPUs without a VM, which the first end of all takes. */
	assert_in_range(vm_rig_free_pages(), free - 2U, free);
}

static void nobody_gives_more_than_he_has(void **state)
{
	(void)state;
	rig.self->config.rights = VM_RIGHT_CONFIG | VM_RIGHT_OBSERVE;
	config->flags = VM_FLAG_CONTROL;
	config->rights = VM_RIGHT_CONFIG | VM_RIGHT_MEMORY;
	assert_int_equal(
		call_on(CONTROL_CREATE, 0, IMAGE_SIZE, sizeof(*config)), CONTROL_BAD_STATE);
	assert_null(vm_draft());
	config->rights = VM_RIGHT_CONFIG;
	(void)create();
	assert_non_null(vm_draft());
	vm_make_drop();
	config->rights = VM_RIGHT_MEMORY;
	(void)call_on(CONTROL_CREATE, 0, IMAGE_SIZE, sizeof(*config));
	check_why("it would have rights that its maker lacks");
}

/* It has its maker's rights, whoever else may make VMs. */
static void nobody_goes_on_with_anothers(void **state)
{
	uint64_t vm = create();

	(void)state;
	rig.self->serial++;
	assert_int_equal(call_on(CONTROL_CREATE_STEP, vm, 0, 0), CONTROL_NO_SUCH_VM);
	assert_int_equal(call_on(CONTROL_CREATE_PUT, vm, 0, PAGE_SIZE), CONTROL_NO_SUCH_VM);
	rig.self->serial--;
	assert_int_equal(step(vm), IMAGE_SIZE);
	vm_make_drop();
	vm_rig_settle();
}

static void what_is_refused_says_why(void **state)
{
	(void)state;
	config->images[0].source = 1;
	uint64_t vm = create();

	assert_int_equal(call_on(CONTROL_CREATE_STEP, vm, 0, 0), CONTROL_OK); /* its name */
	assert_int_equal(call_on(CONTROL_CREATE_STEP, vm, 0, 0), CONTROL_INVALID);
	check_why("an image is outside of what is sent for it");
	assert_int_equal(call_on(CONTROL_CREATE_STEP, vm, 0, 0), CONTROL_NO_SUCH_VM);
	vm_rig_settle();
	assert_int_equal(call_on(CONTROL_CREATE, 0, 0, sizeof(*config) - 1U), CONTROL_INVALID);
	assert_int_equal(call_on(CONTROL_CREATE_STEP, 7, 0, 0), CONTROL_NO_SUCH_VM);
	assert_int_equal(call_on(CONTROL_CREATE_PUT, 7, 0, 1), CONTROL_NO_SUCH_VM);
}

static void a_half_built_one_is_destroyed_by_its_handle(void **state)
{
	uint64_t vm = create();

	(void)state;
	assert_int_equal(call_on(CONTROL_DESTROY, vm + 1U, 0, 0), CONTROL_NO_SUCH_VM);
	assert_int_equal(call_on(CONTROL_DESTROY, vm, 0, 0), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(create(), vm);
	vm_make_drop();
	vm_rig_settle();
}

/* Whose maker was asleep while it was dropped: nothing that has come in its place is touched. */
static void a_late_maker_harms_nobody(void **state)
{
	uint64_t vm = create();
	uint32_t late = ticket;

	(void)state;
	vm_make_drop();
	vm_rig_settle();
	assert_int_equal(create(), vm);
	assert_int_equal(call_with(CONTROL_CREATE_STEP, vm, 0, late, 0), CONTROL_NO_SUCH_VM);
	assert_int_equal(call_with(CONTROL_CREATE_PUT, vm, 0, late, PAGE_SIZE), CONTROL_NO_SUCH_VM);
	assert_int_equal(call_with(CONTROL_DESTROY, vm, 0, late, 0), CONTROL_NO_SUCH_VM);
	assert_int_equal(step(vm), IMAGE_SIZE);
	assert_int_equal(call_on(CONTROL_CREATE_PUT, vm, 0, PAGE_SIZE), CONTROL_OK);
	assert_int_equal(
		call_on(CONTROL_CREATE_PUT, vm, PAGE_SIZE, IMAGE_SIZE - PAGE_SIZE), CONTROL_OK);
	assert_int_equal(step(vm), 0);
	/* It is there: no ticket of a draft is a reason to take it away, its own neither. */
	assert_int_equal(call_with(CONTROL_DESTROY, vm, 0, late, 0), CONTROL_NO_SUCH_VM);
	assert_int_equal(call_with(CONTROL_DESTROY, vm, 0, ticket, 0), CONTROL_NO_SUCH_VM);
	assert_int_equal(call_on(CONTROL_DESTROY, vm, 0, 0), CONTROL_OK);
	vm_rig_settle();
	/* By its ticket the half-built one goes. */
	assert_int_equal(create(), vm);
	assert_int_equal(call_with(CONTROL_DESTROY, vm, 0, ticket, 0), CONTROL_OK);
	assert_null(vm_draft());
	vm_rig_settle();
}

static void destroying_wants_two_rights(void **state)
{
	(void)state;
	rig.self->config.rights = VM_RIGHT_CONFIG;
	assert_int_equal(call_on(CONTROL_DESTROY, 200, 0, 0), CONTROL_NO_RIGHT);
	assert_int_equal(rig.x[1], VM_RIGHT_POWER);
	rig.self->config.rights = VM_RIGHT_POWER;
	assert_int_equal(call_on(CONTROL_DESTROY, 200, 0, 0), CONTROL_NO_RIGHT);
	assert_int_equal(rig.x[1], VM_RIGHT_CONFIG);
	rig.self->config.rights = VM_RIGHT_POWER | VM_RIGHT_CONFIG;
	assert_int_equal(call_on(CONTROL_DESTROY, 200, 0, 0), CONTROL_NO_SUCH_VM);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_vm_is_made_started_and_destroyed, setup),
		cmocka_unit_test_setup(nobody_gives_more_than_he_has, setup),
		cmocka_unit_test_setup(nobody_goes_on_with_anothers, setup),
		cmocka_unit_test_setup(what_is_refused_says_why, setup),
		cmocka_unit_test_setup(a_half_built_one_is_destroyed_by_its_handle, setup),
		cmocka_unit_test_setup(a_late_maker_harms_nobody, setup),
		cmocka_unit_test_setup(destroying_wants_two_rights, setup),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
