/* SPDX-License-Identifier: Apache-2.0 */
/* Memory and registers of a VM. */
#include "control_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void memory_of_a_vm(void **state)
{
	uint64_t word = 0;

	(void)state;
	memcpy(rig.memory, "12345678", 8);
	assert_int_equal(rig_call(CONTROL_MEMORY_WRITE, VM_RAM_BASE + 0xffc, 0, 8), CONTROL_OK);
	assert_int_equal(rig.x[1], 8);
	assert_int_equal(
		gmem_read(&rig.other->gmem, ipa_init(VM_RAM_BASE + 0xffc), &word, 8), PLINTH_OK);
	assert_memory_equal(&word, "12345678", 8);
	memset(rig.memory, 0, 8);
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, VM_RAM_BASE + 0xffc, 0, 8), CONTROL_OK);
	assert_memory_equal(rig.memory, "12345678", 8);
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, VM_UART_BASE, 0, 8), CONTROL_BAD_ADDRESS);
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, VM_RIG_ROM, 0, 8), CONTROL_OK);
	assert_int_equal(rig_call(CONTROL_MEMORY_WRITE, VM_RIG_ROM, 0, 8), CONTROL_BAD_ADDRESS);
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, VM_RAM_BASE + VM_RIG_RAM - 4U, 0, 8),
		CONTROL_BAD_ADDRESS);
	assert_int_equal(rig_call(CONTROL_MEMORY_READ, UINT64_MAX, 0, 8), CONTROL_BAD_ADDRESS);
	assert_int_equal(rig_call(CONTROL_STOP, 0, 0, 0), CONTROL_OK);
	vm_rig_settle();
	uint64_t free = vm_rig_free_pages();

	assert_int_equal(rig_call(CONTROL_MEMORY_READ, VM_RAM_BASE, 0, 8), CONTROL_BAD_STATE);
	assert_int_equal(rig_call(CONTROL_MEMORY_WRITE, VM_RAM_BASE, 0, 8), CONTROL_BAD_STATE);
	assert_int_equal(vm_rig_free_pages(), free);
}

static void registers(void **state)
{
	struct control_registers *r = (struct control_registers *)(void *)rig.memory;
	struct vcpu_context *ctx = &rig.other->vcpu[0].ctx;

	(void)state;
	assert_int_equal(rig_call(CONTROL_REGISTERS_READ, 0, 0, RIG_WHOLE), CONTROL_BAD_STATE);
	assert_int_equal(rig_call(CONTROL_PAUSE, 0, 0, 0), CONTROL_OK);
	vm_rig_settle();
	ctx->x[30] = 30;
	ctx->pc = 0x1234;
	ctx->fp.v[31][1] = 31;
	ctx->sys.ttbr1_el1 = 0x5678;
	assert_int_equal(rig_call(CONTROL_REGISTERS_READ, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(rig.x[1], sizeof(*r));
	assert_int_equal(r->x[30], 30);
	assert_int_equal(r->pc, 0x1234);
	assert_int_equal(r->fp[31][1], 31);
	assert_int_equal(r->ttbr1_el1, 0x5678);
	r->pc = 0x4321;
	r->x[0] = 99;
	r->ttbr1_el1 = 1;
	r->pstate = 0x3c4;
	assert_int_equal(rig_call(CONTROL_REGISTERS_WRITE, 0, 0, RIG_WHOLE), CONTROL_OK);
	assert_int_equal(ctx->pc, 0x4321);
	assert_int_equal(ctx->x[0], 99);
	assert_int_equal(ctx->pstate, 0x3c4);
	assert_int_equal(ctx->sys.ttbr1_el1, 0x5678);
	assert_int_equal(rig_call(CONTROL_REGISTERS_READ, 0, 2, RIG_WHOLE), CONTROL_NOT_FOUND);
}

/* A PSTATE of EL2, of EL3 or of nothing must never get into a vCPU. */
static void no_pstate_above_the_guest(void **state)
{
	struct control_registers *r = (struct control_registers *)(void *)rig.memory;
	struct vcpu_context *ctx = &rig.other->vcpu[0].ctx;

	(void)state;
	assert_int_equal(rig_call(CONTROL_PAUSE, 0, 0, 0), CONTROL_OK);
	vm_rig_settle();
	assert_int_equal(rig_call(CONTROL_REGISTERS_READ, 0, 0, RIG_WHOLE), CONTROL_OK);
	uint64_t own = ctx->pstate;

	for (unsigned mode = 0; mode < 32U; mode++) {
		bool good = mode == 0U || mode == 4U || mode == 5U;

		r->pstate = 0x3c0U | mode;
		if (r->pstate == own) {
			continue;
		}
		assert_int_equal(rig_call(CONTROL_REGISTERS_WRITE, 0, 0, RIG_WHOLE),
			good ? CONTROL_OK : CONTROL_INVALID);
		assert_int_equal(ctx->pstate, good ? r->pstate : own);
		own = ctx->pstate;
	}
	r->pstate = UINT64_C(1) << 32 | 5U;
	assert_int_equal(rig_call(CONTROL_REGISTERS_WRITE, 0, 0, RIG_WHOLE), CONTROL_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, rig_setup)
	static const struct CMUnitTest tests[] = {
		TEST(memory_of_a_vm),
		TEST(registers),
		TEST(no_pstate_above_the_guest),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
