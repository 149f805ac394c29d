/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "a64/access.h"
#include "a64/sysreg.h"

static struct a64_access decode(uint32_t word)
{
	struct a64_access access;

	assert_int_equal(a64_decode(word, &access), A64_ACCESS);
	return access;
}

static void test_addresses(void **state)
{
	struct a64_access pre = decode(0xb81f0fe7);  /* str w7, [sp, #-16]! */
	struct a64_access post = decode(0xf8500507); /* ldr x7, [x8], #-256 */
	struct a64_access uxtw = decode(0xb86f59cd); /* ldr w13, [x14, w15, uxtw #2] */
	struct a64_access sxtw = decode(0xf82fd9cd); /* str x13, [x14, w15, sxtw #3] */
	struct a64_access lsl = decode(0xf86f79cd);  /* ldr x13, [x14, x15, lsl #3] */

	(void)state;
	assert_int_equal(a64_address(&pre, 0x1000, 0), 0xff0);
	assert_int_equal(a64_writeback(&pre, 0x1000, 0), 0xff0);
	assert_int_equal(a64_address(&post, 0x1000, 0), 0x1000);
	assert_int_equal(a64_writeback(&post, 0x1000, 0), 0xf00);
	assert_int_equal(a64_address(&uxtw, 0x1000, UINT64_C(0xdead0000ffffffff)),
		UINT64_C(0x1000) + UINT64_C(0x3fffffffc));
	assert_int_equal(a64_address(&sxtw, 0x1000, UINT64_C(0xdead0000ffffffff)), 0xff8);
	assert_int_equal(a64_address(&lsl, 0x1000, UINT64_C(0x2000000000000001)), 0x1008);
}

static void test_post_index_by_register(void **state)
{
	struct a64_access access = decode(0x4d838441); /* st1 {v1.d}[1], [x2], x3 */

	(void)state;
	assert_int_equal(a64_address(&access, 0x40, 0x100), 0x40);
	assert_int_equal(a64_writeback(&access, 0x40, 0x100), 0x140);
}

static void check_part(const struct a64_access *access, unsigned n, struct a64_part want)
{
	struct a64_part part = a64_part(access, n);

	assert_int_equal(part.offset, want.offset);
	assert_int_equal(part.size, want.size);
	assert_int_equal(part.reg, want.reg);
	assert_int_equal(part.reg_byte, want.reg_byte);
}

static void test_parts(void **state)
{
	struct a64_access pair = decode(0xad1feb79); /* stp q25, q26, [x27, #1008] */
	struct a64_access lane = decode(0x4d404841); /* ld1 {v1.h}[5], [x2] */
	struct a64_access ldp = decode(0xa94007fe);  /* ldp x30, x1, [sp] */

	(void)state;
	assert_int_equal(a64_part_count(&pair), 4);
	check_part(&pair, 0, (struct a64_part){0, 8, 25, 0});
	check_part(&pair, 1, (struct a64_part){8, 8, 25, 8});
	check_part(&pair, 2, (struct a64_part){16, 8, 26, 0});
	check_part(&pair, 3, (struct a64_part){24, 8, 26, 8});
	assert_int_equal(a64_part_count(&lane), 1);
	check_part(&lane, 0, (struct a64_part){0, 2, 1, 10});
	assert_int_equal(a64_part_count(&ldp), 2);
	check_part(&ldp, 1, (struct a64_part){8, 8, 1, 0});
}

static void test_extension(void **state)
{
	struct a64_access ldrsb_w = decode(0x39c004c5); /* ldrsb w5, [x6, #1] */
	struct a64_access ldrsb_x = decode(0x398004c5);
	struct a64_access ldrb = decode(0x39400041);
	struct a64_access ldr_x = decode(0xf97ffc83);

	(void)state;
	assert_int_equal(a64_extend(&ldrsb_w, 0xab80), 0xffffff80);
	assert_int_equal(a64_extend(&ldrsb_w, 0x7f), 0x7f);
	assert_int_equal(a64_extend(&ldrsb_x, 0x80), UINT64_C(0xffffffffffffff80));
	assert_int_equal(a64_extend(&ldrb, UINT64_C(0xffffffffffffff80)), 0x80);
	assert_int_equal(
		a64_extend(&ldr_x, UINT64_C(0x8123456789abcdef)), UINT64_C(0x8123456789abcdef));
}

static void test_sysreg_of_iss(void **state)
{
	/* MRS XZR, MDCCSR_EL0, as the backdoor's ESR_EL2 0x6220C3E3 has it. */
	uint32_t iss = 0x6220c3e3 & 0x1ffffff;

	(void)state;
	assert_int_equal(a64_sysreg_of_iss(iss), A64_SYSREG(2, 3, 0, 1, 0));
	assert_int_equal(a64_sysreg_iss_rt(iss), 31);
	assert_true(a64_sysreg_iss_is_read(iss));
	assert_int_equal(a64_sysreg_op0(A64_SYSREG(3, 6, 14, 13, 5)), 3);
	assert_int_equal(a64_sysreg_op1(A64_SYSREG(3, 6, 14, 13, 5)), 6);
	assert_int_equal(a64_sysreg_crn(A64_SYSREG(3, 6, 14, 13, 5)), 14);
	assert_int_equal(a64_sysreg_crm(A64_SYSREG(3, 6, 14, 13, 5)), 13);
	assert_int_equal(a64_sysreg_op2(A64_SYSREG(3, 6, 14, 13, 5)), 5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_post_index_by_register),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_extension),
		cmocka_unit_test(test_sysreg_of_iss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
