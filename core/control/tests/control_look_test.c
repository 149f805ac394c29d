/* SPDX-License-Identifier: Apache-2.0 */
/* Looks into a VM: their lines, and how each of them ends. */
#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/sysreg.h"
#include "fake/at.h"

static void translate(struct control_look *look)
{
	*look = (struct control_look){.kind = CONTROL_LOOK_TRANSLATE,
		.vcpu = CONTROL_LOOK_ANY_VCPU,
		.from = VM_RAM_BASE,
		.to = VM_RAM_BASE};
}

static void looks(void **state)
{
	struct control_look *look = (struct control_look *)(void *)rig.memory;
	unsigned rounds = 0;
	size_t seen = 0;

	(void)state;
	fake_sysregs.cntpct_el0 += VM_RIG_HZ * 11U; /* another test has left one */
	*look = (struct control_look){.kind = CONTROL_LOOK_TRANSLATE,
		.vcpu = CONTROL_LOOK_ANY_VCPU,
		.from = VM_RAM_BASE,
		.to = VM_RAM_BASE};
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_OK);
	uint64_t ticket = rig.x[2];

	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_BUSY);
	do {
		vm_rig_settle();
		assert_int_equal(rig_call(CONTROL_LOOK_READ, ticket, 0, RIG_WHOLE), CONTROL_OK);
		seen += rig.x[1];
		rounds++;
	} while (rig.x[2] == 0U && rounds < 100U);
	assert_true(rounds < 100U);
	assert_true(seen > 10U);
	memset(rig.memory, 0, sizeof(rig.memory));
	look->kind = 4;
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_INVALID);
	look->kind = 0;
	look->flags = 0x20;
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_INVALID);
	look->flags = 0;
	look->vcpu = 7;
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_NOT_FOUND);
}

/* With its lines dropped, for the next test. */
static void end_look(uint64_t ticket)
{
	assert_int_equal(rig_call(CONTROL_LOOK_STOP, ticket, 0, 0), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK_READ, ticket, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[2], 1);
}

/* Who begins a look and never fetches it keeps nobody else from looking. */
static void a_look_that_is_left_ends(void **state)
{
	struct control_look *look = (struct control_look *)(void *)rig.memory;
	unsigned rounds = 0;

	(void)state;
	*look = (struct control_look){.kind = CONTROL_LOOK_MEMORY,
		.vcpu = CONTROL_LOOK_ANY_VCPU,
		.from = VM_RAM_BASE,
		.to = VM_RAM_BASE + 0xffffU};
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_BUSY);
	fake_sysregs.cntpct_el0 += VM_RIG_HZ * 11U;
	do {
		vm_rig_settle();
		*look = (struct control_look){
			.kind = CONTROL_LOOK_TRANSLATE, .vcpu = CONTROL_LOOK_ANY_VCPU};
		rounds++;
	} while (rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE) == CONTROL_BUSY && rounds < 20U);
	assert_true(rounds < 20U);
	end_look(rig.x[2]);
}

/* Two processes of one VM: each has his own look's lines, or none. */
static void a_look_is_its_beginners(void **state)
{
	struct control_look *look = (struct control_look *)(void *)rig.memory;

	(void)state;
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_OK);
	uint64_t first = rig.x[2];

	vm_rig_settle(); /* it is over, and its lines wait */
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_BUSY);
	assert_int_equal(rig_call(CONTROL_LOOK_READ, first + 1U, 0, RIG_WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_LOOK_STOP, first + 1U, 0, 0), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_LOOK_READ, first, 0, RIG_WHOLE), CONTROL_OK);
	assert_true(rig.x[1] != 0U);
	assert_int_equal(rig.x[2], 1);
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_OK);
	uint64_t second = rig.x[2];

	assert_int_not_equal(second, first);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK_READ, first, 0, RIG_WHOLE), CONTROL_NOT_FOUND);
	assert_int_equal(rig_call(CONTROL_LOOK_STOP, first, 0, 0), CONTROL_NOT_FOUND);
	/* Who stops it wants no lines that wait. */
	assert_int_equal(rig_call(CONTROL_LOOK_STOP, second, 0, 0), CONTROL_OK);
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_OK);
	second = rig.x[2];
	vm_rig_settle();
	/* Nobody comes for them, as behind a pager: the next one may look, and has his own. */
	fake_sysregs.cntpct_el0 += VM_RIG_HZ * 11U;
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_OK);
	first = rig.x[2];
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK_READ, second, 0, RIG_WHOLE), CONTROL_NOT_FOUND);
	end_look(first);
}

/* What is cut off because nobody came for it is not shown as if it were all. */
static void a_look_that_is_cut_off_says_so(void **state)
{
	struct control_look *look = (struct control_look *)(void *)rig.memory;

	(void)state;
	*look = (struct control_look){.kind = CONTROL_LOOK_MEMORY,
		.vcpu = CONTROL_LOOK_ANY_VCPU,
		.from = VM_RAM_BASE,
		.to = VM_RAM_BASE + 0xffffU};
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_OK);
	uint64_t ticket = rig.x[2];

	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK_READ, ticket, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[2], 0);
	vm_rig_settle();
	fake_sysregs.cntpct_el0 += VM_RIG_HZ * 11U;
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK_READ, ticket, 0, RIG_WHOLE), CONTROL_NOT_FOUND);
	translate(look);
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_OK);
	end_look(rig.x[2]);
}

/* Nothing is mapped, as the last level says of each page: the scan of it all takes years. */
static bool nothing_there(void *ctx, unsigned el, bool write, uint64_t gva, uint64_t *par)
{
	(void)ctx;
	(void)el;
	(void)write;
	(void)gva;
	*par = 0x801U | 7U << 1;
	return true;
}

/* So does one that has no line to show. */
static void a_silent_look_that_is_left_ends(void **state)
{
	struct control_look *look = (struct control_look *)(void *)rig.memory;
	struct vcpu_context *ctx = &rig.other->vcpu[0].ctx;

	(void)state;
	fake_at_hook(nothing_there, NULL);
	assert_int_equal(vm_pause(rig.other), PLINTH_OK);
	vm_rig_settle(); /* its registers are in memory */
	ctx->sys.sctlr_el1 = 1;
	ctx->hcr |= 1U;
	*look = (struct control_look){.kind = CONTROL_LOOK_SCAN, .to = UINT64_MAX};
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_BUSY);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_BUSY);
	fake_sysregs.cntpct_el0 += VM_RIG_HZ * 11U;
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_BUSY);
	vm_rig_settle();
	*look = (struct control_look){.kind = CONTROL_LOOK_TRANSLATE};
	assert_int_equal(rig_call(CONTROL_LOOK, 0, 0, RIG_WHOLE), CONTROL_OK);
	end_look(rig.x[2]);
	fake_at_hook(NULL, NULL);
	assert_int_equal(vm_resume(rig.other), PLINTH_OK);
	vm_rig_settle();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, rig_setup)
	static const struct CMUnitTest tests[] = {
		TEST(looks),
		TEST(a_look_that_is_left_ends),
		TEST(a_look_is_its_beginners),
		TEST(a_look_that_is_cut_off_says_so),
		TEST(a_silent_look_that_is_left_ends),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
