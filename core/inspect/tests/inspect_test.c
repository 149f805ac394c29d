/* SPDX-License-Identifier: Apache-2.0 */
/* Whose registers are live, and what is put back. What AT says of them is core/scan's subject. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "arch/sysreg.h"
#include "fake/at.h"
#include "inspect/inspect.h"
#include "vm_rig.h"

#define GVA	 UINT64_C(0x400000)
#define GPA	 VM_RAM_BASE
#define PAR_PAGE UINT64_C(0xff00000000000980)
#define SPACE_A	 UINT64_C(0x40001000)
#define SPACE_B	 UINT64_C(0x40002000)
#define TCR	 (UINT64_C(16) | UINT64_C(16) << 16 | UINT64_C(2) << 30 | UINT64_C(1) << 23)
#define PAGES	 2000U

static char lines[1 << 16];
static unsigned line_count;
static unsigned done_count;
static unsigned full; /* how often the terminal has no room */
static uint64_t wanted_space;
static void (*at_nth)(void);
static unsigned nth;
static struct vm *vm;

/* PAGES pages from GVA on, one after the other, in the space that the test wants. */
static bool answer(void *ctx, unsigned el, bool write, uint64_t gva, uint64_t *par)
{
	(void)ctx;
	(void)el;
	(void)write;
	assert_int_equal(fake_sysregs.ttbr0_el1, wanted_space);
	assert_true((fake_sysregs.hcr_el2 & 1U) != 0U);
	fake_sysregs.par_el1 = 0xbad;
	if (nth != 0U && --nth == 0U) {
		at_nth();
	}
	if (gva >= GVA && gva < GVA + PAGES * PAGE_SIZE) {
		*par = PAR_PAGE | (GPA + (gva - GVA) % VM_RIG_RAM);
	} else {
		*par = 0x801U | (4U | (gva < GVA + BLOCK_1G ? 3U : 0U)) << 1;
	}
	return true;
}

static void take_line(void *ctx, const char *text)
{
	size_t used = strlen(lines);

	assert_ptr_equal(ctx, &vm);
	snprintf(lines + used, sizeof(lines) - used, "%s\n", text);
	line_count++;
}

static bool has_room(void *ctx)
{
	(void)ctx;
	if (full != 0U) {
		full--;
		return false;
	}
	return true;
}

static void (*at_end)(void);

static void done(void *ctx)
{
	(void)ctx;
	done_count++;
	if (at_end != NULL) {
		at_end();
	}
}

static const struct inspect_user user = {take_line, has_room, done, &vm};

static enum plinth_status start(enum inspect_kind kind, uint64_t from, uint64_t to)
{
	const struct inspect_request request = {
		.kind = kind, .vcpu = INSPECT_ANY_VCPU, .from = from, .to = to};

	lines[0] = '\0';
	line_count = 0;
	done_count = 0;
	return inspect_start(vm, &request, &user);
}

static void finish(void)
{
	for (unsigned i = 0; i < 20U && done_count == 0U; i++) {
		vm_rig_settle();
	}
	assert_int_equal(done_count, 1);
}

/* A running VM, its vCPU loaded, with MMU on and a PAR_EL1 of its own. */
static void run_vm(void)
{
	assert_int_equal(vm_start(vm), PLINTH_OK);
	vm_rig_settle();
	assert_ptr_equal(vm_rig_run(), &vm->vcpu[0]);
	fake_sysregs.hcr_el2 = 1;
	fake_sysregs.sctlr_el1 = 1;
	fake_sysregs.tcr_el1 = TCR;
	fake_sysregs.ttbr0_el1 = SPACE_A;
	fake_sysregs.par_el1 = 0x1234;
	wanted_space = SPACE_A;
}

static int setup(void **state)
{
	static unsigned number;
	char name[16];

	(void)state;
	snprintf(name, sizeof(name), "vm%u", number++);
	vm = vm_rig_create(name, 1, 0);
	fake_at_hook(answer, NULL);
	at_nth = NULL;
	nth = 0;
	full = 0;
	return 0;
}

static int teardown(void **state)
{
	enum plinth_status status = vm_stop(vm, VM_GOAL_OFF);

	(void)state;
	(void)status;
	vm_rig_settle();
	return 0;
}

static int group_setup(void **state)
{
	(void)state;
	vm_rig_init();
	inspect_init();
	return 0;
}

static void the_loaded_vcpu_is_scanned_in_place(void **state)
{
	(void)state;
	run_vm();
	assert_int_equal(start(INSPECT_SCAN, 0, UINT64_MAX), PLINTH_OK);
	full = 3;
	finish();
	assert_non_null(strstr(lines, "ttbr0 40001000"));
	assert_non_null(
		strstr(lines, "0000000000400000-0000000000bcffff rw?/??? scattered wb is\n"));
	assert_non_null(strstr(lines, "1 ranges; AT "));
	assert_non_null(strstr(lines, "descriptors read 0;"));
	assert_non_null(strstr(lines, "the VM ran meanwhile"));
	assert_int_equal(fake_sysregs.par_el1, 0x1234);
	assert_int_equal(fake_sysregs.ttbr0_el1, SPACE_A);
}

/* Paused: its registers are in memory; the CPU runs another VM's vCPU meanwhile. */
static void a_vcpu_that_is_not_loaded_lends_its_registers(void **state)
{
	struct vm *first = vm;
	struct vm *other;

	(void)state;
	run_vm();
	assert_int_equal(vm_pause(vm), PLINTH_OK);
	vm_rig_settle();
	assert_true(sched_is_off(&first->vcpu[0].sched));
	first->vcpu[0].ctx.hcr |= 1U;
	setup(NULL);
	other = vm;
	run_vm();
	fake_sysregs.ttbr0_el1 = SPACE_B;
	fake_sysregs.par_el1 = 0x5678;
	fake_sysregs.mair_el1 = 0x99;
	vm = first;
	wanted_space = SPACE_A;
	assert_int_equal(start(INSPECT_SCAN, 0, UINT64_MAX), PLINTH_OK);
	finish();
	assert_non_null(strstr(lines, "1 ranges; AT "));
	assert_null(strstr(lines, "the VM ran meanwhile"));
	assert_ptr_equal(vcpu_current(), &other->vcpu[0]);
	assert_int_equal(fake_sysregs.ttbr0_el1, SPACE_B);
	assert_int_equal(fake_sysregs.par_el1, 0x5678);
	assert_int_equal(fake_sysregs.mair_el1, 0x99);
	assert_int_equal(first->vcpu[0].sched.holds, SCHED_HOLD_PAUSE);
	assert_int_equal(first->vcpu[0].ctx.sys.ttbr0_el1, SPACE_A);
	assert_int_equal(vm_stop(other, VM_GOAL_OFF), PLINTH_OK);
}

static void a_crashed_vm_is_scanned(void **state)
{
	(void)state;
	run_vm();
	vm_crash(vm, "for the test");
	vm_rig_settle();
	assert_int_equal(vm->state, VM_CRASHED);
	vm->vcpu[0].ctx.hcr |= 1U;
	assert_int_equal(start(INSPECT_SCAN, 0, UINT64_MAX), PLINTH_OK);
	finish();
	assert_non_null(strstr(lines, "1 ranges; AT "));
}

static void wrong_requests_are_refused(void **state)
{
	struct inspect_request request = {.vcpu = 0};

	(void)state;
	assert_int_equal(start(INSPECT_SCAN, 0, UINT64_MAX), PLINTH_EPERM); /* off */
	run_vm();
	assert_int_equal(start(INSPECT_SCAN, 1, 0), PLINTH_EINVAL);
	assert_int_equal(start(INSPECT_READ, 0, INSPECT_READ_MAX), PLINTH_EINVAL);
	request.vcpu = 1;
	assert_int_equal(inspect_start(vm, &request, &user), PLINTH_ENOENT);
	assert_int_equal(start(INSPECT_SCAN, 0, UINT64_MAX), PLINTH_OK);
	assert_int_equal(start(INSPECT_SCAN, 0, UINT64_MAX), PLINTH_EBUSY);
	finish();
}

static void a_key_stops_it(void **state)
{
	(void)state;
	run_vm();
	inspect_stop(&vm); /* nothing to stop: the next one is not stopped by it */
	assert_int_equal(start(INSPECT_READ, GVA, GVA + 0xffff), PLINTH_OK);
	while (line_count < 3U) {
		fake_sysregs.cntpct_el0 += 100;
		timerq_run(fake_sysregs.cntpct_el0);
	}
	inspect_stop(&vm);
	finish();
	assert_true(line_count < 6U);
	assert_non_null(strstr(lines, ": stopped\n"));
}

static unsigned others_lines;
static unsigned others_ends;

static void take_others_line(void *ctx, const char *text)
{
	assert_ptr_equal(ctx, &others_lines);
	assert_null(strstr(text, "stopped"));
	others_lines++;
}

static void note_others_end(void *ctx)
{
	(void)ctx;
	others_ends++;
}

/* As another CPU may, before the first user has heard of its end, and stops what was its own. */
static void start_others(void)
{
	static const struct inspect_user other = {
		take_others_line, has_room, note_others_end, &others_lines};
	const struct inspect_request request = {
		.kind = INSPECT_READ, .vcpu = INSPECT_ANY_VCPU, .from = GVA, .to = GVA + 0xffU};

	at_end = NULL;
	assert_int_equal(inspect_start(vm, &request, &other), PLINTH_OK);
	inspect_stop(&vm);
}

static void nobody_stops_anothers(void **state)
{
	(void)state;
	run_vm();
	at_end = start_others;
	assert_int_equal(start(INSPECT_TRANSLATE, GVA, GVA), PLINTH_OK);
	finish();
	for (unsigned i = 0; i < 20U && others_ends == 0U; i++) {
		vm_rig_settle();
	}
	assert_int_equal(others_ends, 1);
	assert_int_equal(others_lines, 0x100U / 16U);
	assert_int_equal(done_count, 1);
}

static void stop_vm(void)
{
	vm->state = VM_STOPPING; /* vm_stop() would wait for the lock that the step has */
}

static void a_vm_that_ends_meanwhile_ends_the_scan(void **state)
{
	(void)state;
	run_vm();
	at_nth = stop_vm;
	nth = 100;
	assert_int_equal(start(INSPECT_SCAN, 0, UINT64_MAX), PLINTH_OK);
	finish();
	assert_non_null(strstr(lines, ": gone: it is off"));
	vm->state = VM_RUNNING;
}

static void change_space(void)
{
	/* Between two steps in truth; the rest of this one is not what the test is about. */
	fake_sysregs.ttbr0_el1 = SPACE_B;
	wanted_space = SPACE_B;
}

static void a_scan_waits_for_its_address_space(void **state)
{
	(void)state;
	run_vm();
	at_nth = change_space;
	nth = 100;
	assert_int_equal(start(INSPECT_SCAN, 0, UINT64_MAX), PLINTH_OK);
	vm_rig_settle();
	assert_int_equal(done_count, 0);
	assert_int_equal(line_count, 1);
	fake_sysregs.ttbr0_el1 = SPACE_A;
	wanted_space = SPACE_A;
	finish();
	assert_non_null(strstr(lines, "1 ranges; AT "));
	assert_non_null(strstr(lines, "raced 0"));
}

static void one_that_does_not_come_back_is_left(void **state)
{
	(void)state;
	run_vm();
	at_nth = change_space;
	nth = 100;
	assert_int_equal(start(INSPECT_SCAN, 0, UINT64_MAX), PLINTH_OK);
	for (unsigned i = 0; i < 200U && done_count == 0U; i++) {
		vm_rig_settle();
	}
	assert_int_equal(done_count, 1);
	assert_non_null(strstr(lines, "the vCPU has left this address space, at 0000000000"));
	assert_non_null(strstr(lines, "raced 1"));
}

static void translate_and_read(void **state)
{
	static const char text[] = "Plinth reads this\n";

	(void)state;
	run_vm();
	assert_int_equal(gmem_write(&vm->gmem, ipa_init(GPA), text, sizeof(text)), PLINTH_OK);
	assert_int_equal(start(INSPECT_TRANSLATE, GVA + 0x1234, GVA + 0x1234), PLINTH_OK);
	finish();
	assert_string_equal(
		lines, "0000000000401234-0000000000401234 rw?/rw? 0000000040001234 wb is\n");
	assert_int_equal(start(INSPECT_TRANSLATE, 0x1000, 0x1000), PLINTH_OK);
	finish();
	assert_string_equal(lines, "0000000000001000: not mapped (translation fault, level 3)\n");
	assert_int_equal(start(INSPECT_READ, GVA + 7U, GVA + 17U), PLINTH_OK);
	finish();
	assert_non_null(strstr(lines, "0000000000400007  72 65 61 64 73 20 74 68  69  "));
	assert_non_null(strstr(lines, "  reads thi\n0000000000400010  73 0a  "));
	assert_non_null(strstr(lines, "  s.\n"));
	assert_int_equal(line_count, 2);
	assert_int_equal(start(INSPECT_READ, GVA - 4U, GVA), PLINTH_OK);
	finish();
	assert_string_equal(lines, "00000000003ffffc: not mapped\n");
	assert_int_equal(fake_sysregs.par_el1, 0x1234);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_loaded_vcpu_is_scanned_in_place, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_vcpu_that_is_not_loaded_lends_its_registers, setup, teardown),
		cmocka_unit_test_setup_teardown(a_crashed_vm_is_scanned, setup, teardown),
		cmocka_unit_test_setup_teardown(wrong_requests_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_key_stops_it, setup, teardown),
		cmocka_unit_test_setup_teardown(nobody_stops_anothers, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_vm_that_ends_meanwhile_ends_the_scan, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_scan_waits_for_its_address_space, setup, teardown),
		cmocka_unit_test_setup_teardown(
			one_that_does_not_come_back_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(translate_and_read, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
