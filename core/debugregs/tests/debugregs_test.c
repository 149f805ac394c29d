/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/hcr.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "debugregs/debugregs.h"

#define MDSCR	  A64_SYSREG(2, 0, 0, 2, 2)
#define MDCCINT	  A64_SYSREG(2, 0, 0, 2, 0)
#define OSLAR	  A64_SYSREG(2, 0, 1, 0, 4)
#define OSLSR	  A64_SYSREG(2, 0, 1, 1, 4)
#define CLAIMSET  A64_SYSREG(2, 0, 7, 8, 6)
#define CLAIMCLR  A64_SYSREG(2, 0, 7, 9, 6)
#define MDCCSR	  A64_SYSREG(2, 3, 0, 1, 0)
#define DTR	  A64_SYSREG(2, 3, 0, 4, 0)
#define DTR_RX_TX A64_SYSREG(2, 3, 0, 5, 0)
#define BVR(n)	  A64_SYSREG(2, 0, 0, n, 4)
#define BCR(n)	  A64_SYSREG(2, 0, 0, n, 5)
#define WVR(n)	  A64_SYSREG(2, 0, 0, n, 6)
#define WCR(n)	  A64_SYSREG(2, 0, 0, n, 7)

#define SS   BIT(0)
#define TDCC BIT(12)
#define KDE  BIT(13)
#define MDE  BIT(15)

#define BREAK_EL0 UINT64_C(0x1e5) /* E, PMC = EL0, BAS = 15 */

static struct debugregs regs;

/* The CPU of the tests: 6 breakpoints, 4 watchpoints, as a cortex-a57. */
static int setup(void **state)
{
	(void)state;
	memset(&fake_sysregs, 0xee, sizeof(fake_sysregs));
	fake_sysregs.id_aa64dfr0_el1 = 0x10305106;
	debugregs_init_cpu();
	regs.loaded = false;
	debugregs_reset(&regs);
	debugregs_load(&regs);
	return 0;
}

static void put(a64_sysreg_t reg, uint64_t value)
{
	assert_int_equal(debugregs_access(&regs, reg, 1, true, &value), DEBUGREGS_DONE);
}

static uint64_t get(a64_sysreg_t reg)
{
	uint64_t value = 0x5555;

	assert_int_equal(debugregs_access(&regs, reg, 1, false, &value), DEBUGREGS_DONE);
	return value;
}

static void test_init_opens_the_locks(void **state)
{
	(void)state;
	assert_int_equal(fake_sysregs.mdscr_el1, 0);
	assert_int_equal(fake_sysregs.oslar_el1, 0);
	assert_int_equal(fake_sysregs.osdlr_el1, 0);
	memset(&fake_sysregs, 0xee, sizeof(fake_sysregs));
	fake_sysregs.id_aa64dfr0_el1 = UINT64_C(0xf010305106); /* no double lock: UNDEF there */
	debugregs_init_cpu();
	assert_int_equal(fake_sysregs.osdlr_el1, UINT64_C(0xeeeeeeeeeeeeeeee));
}

static void test_tdcc_never_reaches_the_hardware(void **state)
{
	(void)state;
	put(OSLAR, 0);
	put(MDSCR, ~UINT64_C(0));
	assert_int_equal(get(MDSCR), SS | TDCC | KDE | MDE);
	assert_int_equal(fake_sysregs.mdscr_el1, SS | KDE | MDE);
	put(MDSCR, TDCC);
	assert_int_equal(get(MDSCR), TDCC);
	assert_int_equal(fake_sysregs.mdscr_el1, 0);
}

static void test_el0_with_tdcc_is_injected(void **state)
{
	static const a64_sysreg_t channel[] = {MDCCSR, DTR, DTR_RX_TX};
	uint64_t value = 7;

	(void)state;
	for (unsigned i = 0; i < 3U; i++) {
		put(MDSCR, TDCC);
		assert_int_equal(
			debugregs_access(&regs, channel[i], 0, false, &value), DEBUGREGS_INJECT);
		assert_int_equal(value, 7);
		put(MDSCR, 0);
		value = 7;
		assert_int_equal(
			debugregs_access(&regs, channel[i], 0, false, &value), DEBUGREGS_DONE);
		assert_int_equal(value, i == 0U ? BIT(29) : 0U);
		value = 7;
	}
}

static void test_el1_reads_txfull_with_and_without_tdcc(void **state)
{
	(void)state;
	assert_int_equal(get(MDCCSR), BIT(29));
	put(MDSCR, TDCC);
	assert_int_equal(get(MDCCSR), BIT(29));
	put(DTR, 0x41);
	put(DTR_RX_TX, 0x41);
	assert_int_equal(get(DTR), 0);
	assert_int_equal(get(DTR_RX_TX), 0);
}

static void test_the_os_lock(void **state)
{
	(void)state;
	assert_int_equal(get(OSLSR), 0xa); /* locked by reset */
	put(MDSCR, MDE | BIT(30) | BIT(14));
	assert_int_equal(get(MDSCR), MDE | BIT(30) | BIT(14));
	assert_int_equal(fake_sysregs.mdscr_el1, 0);
	put(OSLAR, 0);
	assert_int_equal(get(OSLSR), 0x8);
	assert_int_equal(fake_sysregs.mdscr_el1, MDE);
	put(MDSCR, 0); /* RXfull and HDE can't be written now */
	assert_int_equal(get(MDSCR), BIT(30) | BIT(14));
	put(MDSCR, SS);
	put(OSLAR, 1);
	assert_int_equal(fake_sysregs.mdscr_el1, 0);
}

static void test_pairs_are_real_under_mde(void **state)
{
	(void)state;
	put(OSLAR, 0);
	put(BVR(5), 0x401000);
	put(BCR(5), BREAK_EL0);
	put(WVR(3), 0x7003);
	put(WCR(3), 0x1ff5);
	assert_int_equal(fake_sysregs.dbgbcr5_el1, UINT64_C(0xeeeeeeeeeeeeeeee));
	put(MDSCR, MDE);
	assert_int_equal(fake_sysregs.dbgbvr5_el1, 0x401000);
	assert_int_equal(fake_sysregs.dbgbcr5_el1, BREAK_EL0);
	assert_int_equal(fake_sysregs.dbgwvr3_el1, 0x7000);
	assert_int_equal(fake_sysregs.dbgwcr3_el1, 0x1ff5);
	/* Not implemented: never touched. */
	assert_int_equal(fake_sysregs.dbgbcr6_el1, UINT64_C(0xeeeeeeeeeeeeeeee));
	assert_int_equal(fake_sysregs.dbgwcr4_el1, UINT64_C(0xeeeeeeeeeeeeeeee));
	/* At once while MDE is on. */
	put(BVR(0), 0x1234);
	assert_int_equal(fake_sysregs.dbgbvr0_el1, 0x1234);
	put(WCR(0), 0x1ff5);
	assert_int_equal(fake_sysregs.dbgwcr0_el1, 0x1ff5);
	assert_int_equal(get(WVR(3)), 0x7003);
}

static void test_unimplemented_pairs_are_undefined(void **state)
{
	uint64_t value = 1;

	(void)state;
	assert_int_equal(debugregs_access(&regs, BVR(6), 1, false, &value), DEBUGREGS_UNDEF);
	assert_int_equal(debugregs_access(&regs, BCR(15), 1, true, &value), DEBUGREGS_UNDEF);
	assert_int_equal(debugregs_access(&regs, WVR(4), 1, false, &value), DEBUGREGS_UNDEF);
	assert_int_equal(debugregs_access(&regs, WCR(4), 1, true, &value), DEBUGREGS_UNDEF);
}

static void test_guests_do_not_break_at_el2(void **state)
{
	(void)state;
	put(OSLAR, 0);
	put(MDSCR, MDE);
	put(BCR(0), BREAK_EL0 | BIT(13));
	assert_int_equal(fake_sysregs.dbgbcr0_el1, BREAK_EL0);
	assert_int_equal(get(BCR(0)), BREAK_EL0 | BIT(13));
	put(BCR(0), 0x1e1 | BIT(13)); /* EL2 alone: PMC = 0 */
	assert_int_equal(fake_sysregs.dbgbcr0_el1 & (BIT(0) | BIT(13)), 0);
	put(BCR(0), BREAK_EL0 | BIT(15)); /* the secure state */
	assert_int_equal(fake_sysregs.dbgbcr0_el1 & BIT(0), 0);
	put(BCR(0), BREAK_EL0 | BIT(23)); /* a VMID */
	assert_int_equal(fake_sysregs.dbgbcr0_el1, 0);
	put(BCR(0), UINT64_C(0x3001e1)); /* a linked context: no level of its own */
	assert_int_equal(fake_sysregs.dbgbcr0_el1, 0x3001e1);
	put(BCR(0), BREAK_EL0 | BIT(14)); /* the non-secure state alone: as good */
	assert_int_equal(fake_sysregs.dbgbcr0_el1, BREAK_EL0 | BIT(14));
}

static void test_switching(void **state)
{
	(void)state;
	put(OSLAR, 0);
	put(BVR(1), 0x9000);
	put(BCR(1), BREAK_EL0);
	put(MDSCR, MDE | TDCC);
	debugregs_put(&regs);
	assert_int_equal(fake_sysregs.mdscr_el1, 0);
	fake_sysregs.dbgbvr1_el1 = 0;
	fake_sysregs.dbgbcr1_el1 = 0;
	debugregs_load(&regs);
	assert_int_equal(fake_sysregs.mdscr_el1, MDE);
	assert_int_equal(fake_sysregs.dbgbvr1_el1, 0x9000);
	assert_int_equal(fake_sysregs.dbgbcr1_el1, BREAK_EL0);
}

static void test_unused_costs_nothing(void **state)
{
	(void)state;
	put(OSLAR, 0);
	put(MDSCR, TDCC);
	put(BCR(1), BREAK_EL0);
	debugregs_put(&regs);
	memset(&fake_sysregs, 0xee, sizeof(fake_sysregs));
	debugregs_load(&regs);
	debugregs_put(&regs);
	assert_int_equal(fake_sysregs.mdscr_el1, UINT64_C(0xeeeeeeeeeeeeeeee));
	assert_int_equal(fake_sysregs.dbgbcr1_el1, UINT64_C(0xeeeeeeeeeeeeeeee));
	debugregs_load(&regs);
}

static void test_shadows(void **state)
{
	static const struct {
		a64_sysreg_t reg;
		uint64_t write;
		uint64_t read;
	} rows[] = {
		{MDCCINT, ~UINT64_C(0), UINT64_C(3) << 29},
		{A64_SYSREG(2, 0, 0, 0, 2), UINT64_C(0x1234567890), 0x34567890}, /* OSDTRRX */
		{A64_SYSREG(2, 0, 0, 3, 2), UINT64_C(0x1234567891), 0x34567891}, /* OSDTRTX */
		{A64_SYSREG(2, 0, 0, 6, 2), UINT64_C(0x1234567892), 0x34567892}, /* OSECCR */
		{A64_SYSREG(2, 0, 1, 3, 4), 1, 0},				 /* OSDLR */
		{A64_SYSREG(2, 0, 1, 4, 4), 3, 1},				 /* DBGPRCR */
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		put(rows[i].reg, rows[i].write);
		assert_int_equal(get(rows[i].reg), rows[i].read);
	}
	assert_int_equal(get(A64_SYSREG(2, 0, 1, 0, 0)), 0);	/* MDRAR */
	assert_int_equal(get(A64_SYSREG(2, 0, 7, 14, 6)), 0xa); /* DBGAUTHSTATUS */
	put(CLAIMSET, 0x105);
	assert_int_equal(get(CLAIMSET), 0xff);
	assert_int_equal(get(CLAIMCLR), 5);
	put(CLAIMCLR, 1);
	assert_int_equal(get(CLAIMCLR), 4);
}

static void test_what_is_not_there(void **state)
{
	uint64_t value = 0;

	(void)state;
	assert_int_equal(debugregs_access(&regs, OSLAR, 1, false, &value), DEBUGREGS_UNDEF);
	assert_int_equal(debugregs_access(&regs, OSLSR, 1, true, &value), DEBUGREGS_UNDEF);
	assert_int_equal(debugregs_access(&regs, MDCCSR, 1, true, &value), DEBUGREGS_UNDEF);
	assert_int_equal(debugregs_access(&regs, MDSCR, 0, false, &value), DEBUGREGS_UNDEF);
	assert_int_equal(debugregs_access(&regs, A64_SYSREG(2, 4, 0, 7, 0), 1, false, &value),
		DEBUGREGS_UNDEF);
	assert_int_equal(debugregs_access(&regs, A64_SYSREG(2, 1, 0, 0, 4), 1, false, &value),
		DEBUGREGS_UNDEF);
	assert_int_equal(debugregs_access(&regs, A64_SYSREG(3, 0, 0, 2, 2), 1, false, &value),
		DEBUGREGS_UNDEF);
}

static void test_reset(void **state)
{
	(void)state;
	put(OSLAR, 0);
	put(MDSCR, MDE);
	put(BCR(0), BREAK_EL0);
	debugregs_reset(&regs);
	assert_int_equal(fake_sysregs.mdscr_el1, 0);
	assert_int_equal(get(BCR(0)), 0);
	assert_int_equal(get(OSLSR), 0xa);
	debugregs_put(&regs);
	debugregs_load(&regs);
}

/* BRK as a call: EL2 gets all debug exceptions, so the guest's hardware ones stay off. */
static void test_brk_traps(void **state)
{
	(void)state;
	debugregs_put(&regs);
	assert_int_equal(fake_sysregs.mdscr_el1, 0);
	fake_sysregs.mdcr_el2 = MDCR_TDA;
	debugregs_init(&regs, true);
	debugregs_load(&regs);
	assert_int_equal(fake_sysregs.mdcr_el2, MDCR_TDA | MDCR_TDE);
	put(OSLAR, 0);
	put(MDSCR, MDE | KDE | SS);
	assert_int_equal(get(MDSCR), MDE | KDE | SS);
	assert_int_equal(fake_sysregs.mdscr_el1, 0);
	debugregs_reset(&regs);
	assert_true(regs.brk_traps);
	debugregs_put(&regs);
	assert_int_equal(fake_sysregs.mdcr_el2, MDCR_TDA);
	debugregs_init(&regs, false);
}

/* A debugger has the hardware, whatever the guest writes, which it reads back; then the guest. */
static void test_a_debugger(void **state)
{
	static struct debugregs_debugger debugger;

	(void)state;
	put(OSLAR, 0);
	put(MDSCR, MDE | KDE);
	put(BCR(0), BREAK_EL0);
	debugregs_put(&regs);
	debugger.breakpoint[1] = (struct debugregs_pair){BREAK_EL0, 0x1230};
	debugregs_attach(&regs, &debugger);
	fake_sysregs.mdcr_el2 = MDCR_TDA;
	debugregs_load(&regs);
	assert_int_equal(fake_sysregs.mdcr_el2, MDCR_TDA | MDCR_TDE);
	assert_int_equal(fake_sysregs.mdscr_el1, MDE); /* never KDE: EL2 would meet them itself */
	assert_int_equal(fake_sysregs.dbgbcr0_el1, 0);
	assert_int_equal(fake_sysregs.dbgbvr1_el1, 0x1230);
	put(BVR(1), 0x4560);
	put(MDSCR, SS);
	put(OSLAR, 1);
	assert_int_equal(fake_sysregs.mdscr_el1, MDE);
	assert_int_equal(fake_sysregs.dbgbvr1_el1, 0x1230);
	assert_int_equal(get(BVR(1)), 0x4560);
	assert_int_equal(get(MDSCR), SS);
	debugregs_put(&regs);
	debugregs_step(&regs, true);
	debugregs_load(&regs);
	assert_int_equal(fake_sysregs.mdscr_el1, MDE | SS);
	debugregs_reset(&regs); /* CPU_ON: still the debugger's */
	assert_int_equal(fake_sysregs.mdscr_el1, MDE | SS);
	put(OSLAR, 0);
	put(MDSCR, MDE);
	put(BVR(1), 0x4560);
	debugregs_put(&regs);
	assert_int_equal(fake_sysregs.mdscr_el1, 0);
	assert_int_equal(fake_sysregs.mdcr_el2, MDCR_TDA);
	debugregs_attach(&regs, NULL);
	debugregs_load(&regs);
	assert_int_equal(fake_sysregs.mdcr_el2, MDCR_TDA);
	assert_int_equal(fake_sysregs.mdscr_el1, MDE);
	assert_int_equal(fake_sysregs.dbgbvr1_el1, 0x4560);
	debugregs_put(&regs);
	debugregs_init(&regs, true); /* where BRK is a call it stays one */
	debugregs_attach(&regs, &debugger);
	debugregs_attach(&regs, NULL);
	assert_true(regs.brk_traps);
	debugregs_init(&regs, false);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_init_opens_the_locks, setup),
		cmocka_unit_test_setup(test_tdcc_never_reaches_the_hardware, setup),
		cmocka_unit_test_setup(test_el0_with_tdcc_is_injected, setup),
		cmocka_unit_test_setup(test_el1_reads_txfull_with_and_without_tdcc, setup),
		cmocka_unit_test_setup(test_the_os_lock, setup),
		cmocka_unit_test_setup(test_pairs_are_real_under_mde, setup),
		cmocka_unit_test_setup(test_unimplemented_pairs_are_undefined, setup),
		cmocka_unit_test_setup(test_guests_do_not_break_at_el2, setup),
		cmocka_unit_test_setup(test_switching, setup),
		cmocka_unit_test_setup(test_unused_costs_nothing, setup),
		cmocka_unit_test_setup(test_shadows, setup),
		cmocka_unit_test_setup(test_what_is_not_there, setup),
		cmocka_unit_test_setup(test_reset, setup),
		cmocka_unit_test_setup(test_brk_traps, setup),
		cmocka_unit_test_setup(test_a_debugger, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
