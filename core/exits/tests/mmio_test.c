/* SPDX-License-Identifier: Apache-2.0 */
/* Device accesses: by the syndrome, and by the instruction where there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/compiler.h"
#include "exits_rig.h"

#define ISV_ABORT(sas, rt)                                                                         \
	RIG_ABORT(ISS_ISV | ((uint64_t)(sas) << ISS_SAS_SHIFT) | ((uint64_t)(rt) << ISS_SRT_SHIFT))
#define NO_ISV RIG_ABORT(FSC_TRANSLATION | 3U)

static void by_syndrome(uint64_t esr, uint64_t offset)
{
	rig_put_instruction(0);
	fake_sysregs.far_el2 = RIG_DEVICE + offset;
	assert_int_equal(
		exits_mmio(rig.vcpu, esr, ipa_init(RIG_DEVICE + offset), RIG_DEVICE + offset),
		OUTCOME_RESUME);
}

/* One instruction with X2 at the device. */
static void by_instruction(uint32_t instruction, uint64_t offset)
{
	rig_put_instruction(instruction);
	rig.vcpu->ctx.x[2] = RIG_DEVICE + offset;
	fake_sysregs.far_el2 = RIG_DEVICE + offset;
	assert_int_equal(
		exits_mmio(rig.vcpu, NO_ISV, ipa_init(RIG_DEVICE + offset), RIG_DEVICE + offset),
		OUTCOME_RESUME);
}

static void loads_extend_as_the_syndrome_says(void **state)
{
	static const struct {
		uint64_t esr;
		uint64_t expected;
	} rows[] = {
		{ISV_ABORT(0, 1), 0x81},
		{ISV_ABORT(0, 1) | ISS_SSE, 0xffffff81},
		{ISV_ABORT(0, 1) | ISS_SSE | ISS_SF, UINT64_C(0xffffffffffffff81)},
		{ISV_ABORT(0, 1) | ISS_SF, 0x81},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		rig.vcpu->ctx.x[1] = UINT64_MAX;
		by_syndrome(rows[i].esr, 1);
		assert_int_equal(rig.vcpu->ctx.x[1], rows[i].expected);
		rig_check_done();
	}
	by_syndrome(ISV_ABORT(1, 1) | ISS_SSE | ISS_SF, 2);
	assert_int_equal(rig.vcpu->ctx.x[1], UINT64_C(0xffffffffffff8382));
	by_syndrome(ISV_ABORT(2, 1) | ISS_SSE | ISS_SF, 4);
	assert_int_equal(rig.vcpu->ctx.x[1], UINT64_C(0xffffffff87868584));
	by_syndrome(ISV_ABORT(2, 1), 4);
	assert_int_equal(rig.vcpu->ctx.x[1], 0x87868584);
	by_syndrome(ISV_ABORT(3, 1) | ISS_SF, 8);
	assert_int_equal(rig.vcpu->ctx.x[1], UINT64_C(0x8f8e8d8c8b8a8988));
}

static void stores_are_cut_to_their_size(void **state)
{
	(void)state;
	rig.vcpu->ctx.x[3] = UINT64_C(0x1122334455667788);
	for (unsigned sas = 0; sas < 4U; sas++) {
		by_syndrome(ISV_ABORT(sas, 3) | ISS_WNR, 16);
		assert_int_equal(rig.access_count, 1);
		assert_true(rig.access[0].write);
		assert_int_equal(rig.access[0].size, 1U << sas);
		assert_int_equal(rig.access[0].offset, 16);
		assert_int_equal(
			rig.access[0].value, UINT64_C(0x1122334455667788) & MASK_BELOW(8U << sas));
		rig_check_done();
	}
	by_syndrome(ISV_ABORT(2, 31) | ISS_WNR, 16);
	assert_int_equal(rig.access[0].value, 0);
}

static void a_load_to_xzr_is_done(void **state)
{
	(void)state;
	by_syndrome(ISV_ABORT(2, 31), 4);
	assert_int_equal(rig.access_count, 1);
	rig_check_done();
}

static void refused_accesses_abort(void **state)
{
	(void)state;
	rig.vcpu->ctx.x[1] = 7;
	by_syndrome(ISV_ABORT(2, 1), RIG_FAULTS);
	rig_check_injected(RIG_SAME(FSC_EXTERNAL));
	assert_int_equal(fake_sysregs.far_el1, RIG_DEVICE + RIG_FAULTS);
	assert_int_equal(rig.vcpu->ctx.x[1], 7);
	by_syndrome(ISV_ABORT(2, 1) | ISS_WNR, RIG_FAULTS);
	rig_check_injected(RIG_SAME(FSC_EXTERNAL | ISS_WNR));
	by_syndrome(ISV_ABORT(2, 1), 2); /* devices know no unaligned access */
	rig_check_injected(RIG_SAME(FSC_ALIGNMENT));
	assert_int_equal(rig.access_count, 0);
	by_syndrome(ISV_ABORT(2, 1), RIG_HOLE - RIG_DEVICE);
	rig_check_injected(RIG_SAME(FSC_EXTERNAL));
}

static void loads_with_write_back(void **state)
{
	struct vcpu_context *ctx = &rig.vcpu->ctx;

	(void)state;
	by_instruction(0xf8408441, 8); /* ldr x1, [x2], #8 */
	assert_int_equal(ctx->x[1], UINT64_C(0x8f8e8d8c8b8a8988));
	assert_int_equal(ctx->x[2], RIG_DEVICE + 16U);
	rig_check_done();
	by_instruction(0x38c01441, 3); /* ldrsb w1, [x2], #1 */
	assert_int_equal(ctx->x[1], 0xffffff83);
	assert_int_equal(ctx->x[2], RIG_DEVICE + 4U);
	by_instruction(0xb8804441, 4); /* ldrsw x1, [x2], #4 */
	assert_int_equal(ctx->x[1], UINT64_C(0xffffffff87868584));
	rig_check_done();
}

static void stores_with_write_back(void **state)
{
	struct vcpu_context *ctx = &rig.vcpu->ctx;

	(void)state;
	ctx->x[1] = 0xcafe0001;
	by_instruction(0xb8004c41, 0); /* str w1, [x2, #4]! */
	assert_int_equal(rig.access[0].offset, 4);
	assert_int_equal(rig.access[0].value, 0xcafe0001);
	assert_int_equal(ctx->x[2], RIG_DEVICE + 4U);
	rig_check_done();
}

static void the_stack_pointer_as_base(void **state)
{
	(void)state;
	fake_sysregs.sp_el1 = RIG_DEVICE + 0x20U;
	fake_sysregs.sp_el0 = 5;
	by_instruction(0xf80087ff, 0x20); /* str xzr, [sp], #8 */
	assert_int_equal(rig.access[0].offset, 0x20);
	assert_int_equal(rig.access[0].value, 0);
	assert_int_equal(fake_sysregs.sp_el1, RIG_DEVICE + 0x28U);
	fake_sysregs.spsr_el2 = PSTATE_MODE_EL0T;
	fake_sysregs.sp_el0 = RIG_DEVICE + 0x40U;
	by_instruction(0xf80087ff, 0x40);
	assert_int_equal(fake_sysregs.sp_el0, RIG_DEVICE + 0x48U);
	assert_int_equal(fake_sysregs.sp_el1, RIG_DEVICE + 0x28U);
	assert_int_equal(rig.at_el, 0);
	rig_check_done();
}

static void pairs(void **state)
{
	struct vcpu_context *ctx = &rig.vcpu->ctx;

	(void)state;
	by_instruction(0xa9400c41, 0); /* ldp x1, x3, [x2] */
	assert_int_equal(rig.access_count, 2);
	assert_int_equal(ctx->x[1], UINT64_C(0x8786858483828180));
	assert_int_equal(ctx->x[3], UINT64_C(0x8f8e8d8c8b8a8988));
	rig_check_done();
	ctx->x[1] = 0x11;
	ctx->x[3] = 0x33;
	by_instruction(0x29bf0c41, 0x18); /* stp w1, w3, [x2, #-8]! */
	assert_int_equal(rig.access[0].offset, 0x10);
	assert_int_equal(rig.access[0].value, 0x11);
	assert_int_equal(rig.access[1].offset, 0x14);
	assert_int_equal(rig.access[1].value, 0x33);
	assert_int_equal(ctx->x[2], RIG_DEVICE + 0x10U);
	rig_check_done();
}

static void vectors(void **state)
{
	struct vcpu_fp fp = {0};

	(void)state;
	fp.v[1][0] = UINT64_MAX;
	fp.v[1][1] = UINT64_MAX;
	fp.v[2][0] = 2;
	vcpu_fp_load(&fp);
	by_instruction(0x3dc00041, 0); /* ldr q1, [x2] */
	vcpu_fp_save(&fp);
	assert_int_equal(rig.access_count, 2);
	assert_int_equal(fp.v[1][0], UINT64_C(0x8786858483828180));
	assert_int_equal(fp.v[1][1], UINT64_C(0x8f8e8d8c8b8a8988));
	assert_int_equal(fp.v[2][0], 2);
	by_instruction(0xfc408441, 8); /* ldr d1, [x2], #8: the upper half is zeroed */
	vcpu_fp_save(&fp);
	assert_int_equal(fp.v[1][0], UINT64_C(0x8f8e8d8c8b8a8988));
	assert_int_equal(fp.v[1][1], 0);
	by_instruction(0x3d800041, 0x40); /* str q1, [x2] */
	assert_int_equal(rig.access[0].value, UINT64_C(0x8f8e8d8c8b8a8988));
	assert_int_equal(rig.access[1].offset, 0x48);
	assert_int_equal(rig.access[1].value, 0);
	rig_check_done();
}

static void vector_elements(void **state)
{
	struct vcpu_fp fp = {0};

	(void)state;
	by_instruction(0x4d40c841, 0); /* ld1r {v1.4s}, [x2] */
	vcpu_fp_save(&fp);
	assert_int_equal(fp.v[1][0], UINT64_C(0x8382818083828180));
	assert_int_equal(fp.v[1][1], UINT64_C(0x8382818083828180));
	by_instruction(0x4d408041, 4); /* ld1 {v1.s}[2], [x2]: the other lanes stay */
	vcpu_fp_save(&fp);
	assert_int_equal(fp.v[1][0], UINT64_C(0x8382818083828180));
	assert_int_equal(fp.v[1][1], UINT64_C(0x8382818087868584));
	by_instruction(0x4c407041, 0); /* ld1 {v1.16b}, [x2] */
	vcpu_fp_save(&fp);
	assert_int_equal(fp.v[1][1], UINT64_C(0x8f8e8d8c8b8a8988));
	rig_check_done();
}

/* Nothing changes unless all parts are done. */
static void a_pair_that_fails_in_the_middle(void **state)
{
	struct vcpu_context *ctx = &rig.vcpu->ctx;

	(void)state;
	ctx->x[1] = 1;
	ctx->x[3] = 3;
	by_instruction(0xa8c10c41, RIG_FAULTS - 8U); /* ldp x1, x3, [x2], #16 */
	assert_int_equal(rig.access_count, 2);
	rig_check_injected(RIG_SAME(FSC_EXTERNAL));
	assert_int_equal(ctx->x[1], 1);
	assert_int_equal(ctx->x[3], 3);
	assert_int_equal(ctx->x[2], RIG_DEVICE + RIG_FAULTS - 8U);
}

static void a_pair_from_memory_into_a_hole(void **state)
{
	uint64_t end = VM_RAM_BASE + VM_RIG_RAM;

	(void)state;
	by_instruction(0xa9400c41, end - 8U - RIG_DEVICE); /* ldp x1, x3, [x2] */
	rig_check_injected(RIG_SAME(FSC_EXTERNAL));
	by_instruction(0xa9400c41, end - 16U - RIG_DEVICE);
	rig_check_done();
}

static void a_part_that_does_not_translate(void **state)
{
	(void)state;
	by_instruction(0xa9400c41, RIG_UNMAPPED - RIG_DEVICE);
	rig_check_injected(RIG_SAME(FSC_TRANSLATION | 3U));
	assert_int_equal(fake_sysregs.far_el1, RIG_UNMAPPED);
	assert_int_equal(fake_sysregs.par_el1, 0x1234);
}

static void an_instruction_that_is_gone_is_run_again(void **state)
{
	(void)state;
	rig_put_instruction(0);
	fake_sysregs.elr_el2 = RIG_UNMAPPED;
	assert_int_equal(exits_mmio_decode(rig.vcpu, NO_ISV, ipa_init(RIG_DEVICE), RIG_DEVICE),
		OUTCOME_RESUME);
	assert_int_equal(fake_sysregs.elr_el2, RIG_UNMAPPED);
	assert_int_equal(fake_sysregs.esr_el1, 0);
}

static void hints_and_maintenance_are_skipped(void **state)
{
	static const uint32_t instructions[] = {
		0xf9800040, /* prfm pldl1keep, [x2] */
		0xd50b7e22, /* dc civac, x2 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		by_instruction(instructions[i], 0);
		assert_int_equal(rig.access_count, 0);
		rig_check_done();
	}
}

static void what_a_device_cannot_do_aborts(void **state)
{
	static const uint32_t instructions[] = {
		0xc85f7c41, /* ldxr x1, [x2] */
		0xb8210043, /* ldadd w1, w3, [x2] */
		0x4c408041, /* ld2 {v1.16b, v2.16b}, [x2] */
		0xd50b7422, /* dc zva, x2 */
		0xd9200841, /* stg x1, [x2] */
		0xf8200441, /* ldraa x1, [x2] */
		0xd503201f, /* nop: the code has changed */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(instructions); i++) {
		by_instruction(instructions[i], 0);
		assert_int_equal(rig.access_count, 0);
		rig_check_injected(RIG_SAME(FSC_EXTERNAL));
	}
}

static void aarch32_without_syndrome_aborts(void **state)
{
	(void)state;
	fake_sysregs.spsr_el2 = PSTATE_AARCH32;
	by_instruction(0xf8408441, 0);
	assert_int_equal(rig.access_count, 0);
	assert_int_equal(fake_sysregs.esr_el1,
		((uint64_t)EC_DABT_LOWER << ESR_EC_SHIFT) | ESR_IL | FSC_EXTERNAL);
	assert_int_equal(fake_sysregs.elr_el2, RIG_VBAR + 0x600U);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(loads_extend_as_the_syndrome_says),
		TEST(stores_are_cut_to_their_size),
		TEST(a_load_to_xzr_is_done),
		TEST(refused_accesses_abort),
		TEST(loads_with_write_back),
		TEST(stores_with_write_back),
		TEST(the_stack_pointer_as_base),
		TEST(pairs),
		TEST(vectors),
		TEST(vector_elements),
		TEST(a_pair_that_fails_in_the_middle),
		TEST(a_pair_from_memory_into_a_hole),
		TEST(a_part_that_does_not_translate),
		TEST(an_instruction_that_is_gone_is_run_again),
		TEST(hints_and_maintenance_are_skipped),
		TEST(what_a_device_cannot_do_aborts),
		TEST(aarch32_without_syndrome_aborts),
	};

	return cmocka_run_group_tests(tests, rig_group_setup, NULL);
}
