/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's own debugging: breakpoints, watchpoints, single step, the OS lock, and what the debug
 * registers read back. Bootargs: vmware=1 where the VM has `vmware;`.
 */
#include "attempt.h"
#include "base/compiler.h"
#include "libguest/libguest.h"
#include "options.h"

#define MDSCR	"S2_0_C0_C2_2"
#define OSLAR	"S2_0_C1_C0_4"
#define OSLSR	"S2_0_C1_C1_4"
#define DBGBVR0 "S2_0_C0_C0_4"
#define DBGBCR0 "S2_0_C0_C0_5"
#define DBGWVR0 "S2_0_C0_C0_6"
#define DBGWCR0 "S2_0_C0_C0_7"
#define DBGBCR1 "S2_0_C0_C1_5"

#define MDSCR_SS   (1UL << 0)
#define MDSCR_TDCC (1UL << 12)
#define MDSCR_KDE  (1UL << 13)
#define MDSCR_MDE  (1UL << 15)
#define OSLSR_OSLK (1UL << 1)
#define PSTATE_D   (1UL << 9)
#define PSTATE_SS  (1UL << 21)

/* Enabled, at EL1 and EL0, in any bytes. */
#define BCR_ON	  0x1e7UL
#define WCR_LOAD  0x1fefUL
#define WCR_STORE 0x1ff7UL
#define TXFULL	  (1UL << 29)

#define INSN_LDR   0xf9400001U /* ldr x1, [x0] */
#define INSN_STR   0xf9000001U
#define INSN_MRS   0xd5330101U /* mrs x1, MDCCSR_EL0 */
#define INSN_GREET 0xd533011fU /* mrs xzr, MDCCSR_EL0 */
#define MAGIC	   0x564d5868UL
#define PORT	   0x5658UL
#define GETVERSION 10UL
#define X7_IN	   ((0x86UL << 32) | 0xeUL)

#define ROUNDS 200U

static uint64_t watched[4];
static volatile uint32_t peer_wrong;
static volatile bool peer_done;

static void reset_debug(void)
{
	WRITE_SYSREG(OSLAR, 0);
	WRITE_SYSREG(MDSCR, 0);
	WRITE_SYSREG(DBGBCR0, 0);
	WRITE_SYSREG(DBGBCR1, 0);
	WRITE_SYSREG(DBGWCR0, 0);
	isb();
}

static void put_code(uint32_t first)
{
	code_put(0, first);
	code_put(1, INSN_NOP);
	code_publish();
}

/* Runs slot 0 with debug exceptions unmasked; the class of what ended it. */
static unsigned run(struct attempt *a, uint64_t pstate)
{
	a->pc = code_at(0);
	a->pstate = pstate & ~PSTATE_D;
	attempt_run(a);
	return attempt_is_sync(a) ? attempt_ec(a) : ~0U;
}

static void test_readback(void)
{
	WRITE_SYSREG(MDSCR, MDSCR_TDCC | MDSCR_MDE | MDSCR_KDE);
	check(READ_SYSREG(MDSCR) == (MDSCR_TDCC | MDSCR_MDE | MDSCR_KDE),
		"MDSCR_EL1 reads back, TDCC too");
	WRITE_SYSREG(MDSCR, 0);
	WRITE_SYSREG(DBGBVR0, 0x40080000UL);
	WRITE_SYSREG(DBGBCR0, BCR_ON);
	WRITE_SYSREG(DBGWVR0, 0x40081000UL);
	WRITE_SYSREG(DBGWCR0, WCR_LOAD);
	check(READ_SYSREG(DBGBVR0) == 0x40080000UL && READ_SYSREG(DBGBCR0) == BCR_ON,
		"breakpoint registers read back");
	check(READ_SYSREG(DBGWVR0) == 0x40081000UL && READ_SYSREG(DBGWCR0) == WCR_LOAD,
		"watchpoint registers read back");
	reset_debug();
}

static void test_os_lock(void)
{
	struct attempt a = {0};

	check((READ_SYSREG(OSLSR) & OSLSR_OSLK) == 0U, "the OS lock opens");
	WRITE_SYSREG(OSLAR, 1);
	check((READ_SYSREG(OSLSR) & OSLSR_OSLK) != 0U, "the OS lock closes");
	put_code(INSN_NOP);
	WRITE_SYSREG(DBGBVR0, code_at(0));
	WRITE_SYSREG(DBGBCR0, BCR_ON);
	WRITE_SYSREG(MDSCR, MDSCR_MDE | MDSCR_KDE);
	isb();
	check(run(&a, PSTATE_EL1T) == EC_BRK, "no breakpoint while the OS lock is closed");
	WRITE_SYSREG(OSLAR, 0);
	isb();
	check(run(&a, PSTATE_EL1T) == EC_BREAKPOINT, "breakpoint when it opens");
	reset_debug();
}

static void test_breakpoint(void)
{
	struct attempt a = {0};

	put_code(INSN_NOP);
	WRITE_SYSREG(DBGBVR0, code_at(0));
	WRITE_SYSREG(DBGBCR0, BCR_ON);
	WRITE_SYSREG(MDSCR, MDSCR_MDE);
	isb();
	check(run(&a, PSTATE_EL1T) == EC_BRK, "no breakpoint at EL1 without KDE");
	check(run(&a, PSTATE_EL0) == EC_BREAKPOINT - 1U && a.pc == code_at(0), "breakpoint at EL0");
	WRITE_SYSREG(MDSCR, MDSCR_MDE | MDSCR_KDE);
	isb();
	check(run(&a, PSTATE_EL1T) == EC_BREAKPOINT && a.pc == code_at(0), "breakpoint at EL1");
	a.pc = code_at(0);
	a.pstate = PSTATE_EL1T;
	attempt_run(&a);
	check(attempt_finished(&a), "no breakpoint with PSTATE.D");
	WRITE_SYSREG(DBGBCR0, 0);
	isb();
	check(run(&a, PSTATE_EL1T) == EC_BRK, "no breakpoint when it is off");
	reset_debug();
}

static unsigned watch(struct attempt *a, uint32_t insn, uint64_t wcr, uint64_t offset)
{
	put_code(insn);
	WRITE_SYSREG(DBGWVR0, (uint64_t)&watched[1]);
	WRITE_SYSREG(DBGWCR0, wcr);
	WRITE_SYSREG(MDSCR, MDSCR_MDE | MDSCR_KDE);
	isb();
	a->x[0] = (uint64_t)&watched[1] + offset;
	a->x[1] = 5;
	return run(a, PSTATE_EL1T);
}

static void test_watchpoints(void)
{
	struct attempt a = {0};

	check(watch(&a, INSN_LDR, WCR_LOAD, 0) == EC_WATCHPOINT && a.far == a.x[0],
		"watchpoint on a load");
	check(watch(&a, INSN_STR, WCR_LOAD, 0) == EC_BRK, "a load's does not watch stores");
	watched[1] = 0;
	check(watch(&a, INSN_STR, WCR_STORE, 0) == EC_WATCHPOINT && watched[1] == 0U,
		"watchpoint on a store, before it is done");
	check(watch(&a, INSN_LDR, WCR_STORE, 0) == EC_BRK, "a store's does not watch loads");
	check(watch(&a, INSN_STR, WCR_STORE, 8) == EC_BRK, "the next double word is not watched");
	reset_debug();
}

static void test_step(void)
{
	struct attempt a = {0};

	put_code(INSN_NOP);
	WRITE_SYSREG(MDSCR, MDSCR_SS | MDSCR_KDE);
	isb();
	check(run(&a, PSTATE_EL1T | PSTATE_SS) == EC_STEP && a.pc == code_at(0) + 4U,
		"step at EL1");
	check(run(&a, PSTATE_EL1T) == EC_STEP && a.pc == code_at(0), "step pending at EL1");
	WRITE_SYSREG(MDSCR, MDSCR_SS);
	isb();
	check(run(&a, PSTATE_EL0 | PSTATE_SS) == EC_STEP_EL0 && a.pc == code_at(0) + 4U,
		"step of EL0");
	/* An instruction that Plinth does for the guest is stepped like any other. */
	WRITE_SYSREG(MDSCR, MDSCR_SS | MDSCR_KDE);
	put_code(INSN_MRS);
	isb();
	check(run(&a, PSTATE_EL1T | PSTATE_SS) == EC_STEP && a.pc == code_at(0) + 4U,
		"step over a trapped register");
	put_code(INSN_LDR);
	a.x[0] = GUEST_GICD;
	check(run(&a, PSTATE_EL1T | PSTATE_SS) == EC_STEP && a.pc == code_at(0) + 4U,
		"step over a device access");
	reset_debug();
}

static void greet(struct attempt *a, uint64_t pstate)
{
	*a = (struct attempt){0};
	put_code(INSN_GREET);
	a->x[0] = MAGIC;
	a->x[1] = ~MAGIC;
	a->x[2] = 0xffff0000UL | GETVERSION;
	a->x[3] = PORT;
	a->x[7] = X7_IN;
	a->pc = code_at(0);
	a->pstate = pstate;
	attempt_run(a);
}

/* VMware's greeting: at EL1, at EL0 with the guest's TDCC set as Linux does. */
static void test_greeting(void)
{
	bool vmware = option("vmware", 0) != 0U;
	struct attempt a = {0};

	put_code(INSN_MRS);
	check(run(&a, PSTATE_EL1T) == EC_BRK && a.x[1] == TXFULL, "MDCCSR_EL0 is TXfull");
	greet(&a, PSTATE_EL1T);
	check(attempt_finished(&a), "the greeting returns at EL1");
	check(((uint32_t)a.x[0] == 6U && (uint32_t)a.x[1] == MAGIC) == vmware, "GETVERSION at EL1");
	check(vmware || (a.x[0] == MAGIC && a.x[1] == ~MAGIC), "without vmware nothing changes");
	WRITE_SYSREG(MDSCR, MDSCR_TDCC);
	isb();
	greet(&a, PSTATE_EL0);
	check(attempt_is_sync(&a) && attempt_ec(&a) == (vmware ? EC_BRK : EC_MSR_TRAP),
		"TDCC lets only the greeting pass");
	check(((uint32_t)a.x[0] == 6U && (uint32_t)a.x[1] == MAGIC) == vmware, "GETVERSION at EL0");
	a.x[7] = 0;
	check(run(&a, PSTATE_EL0) == EC_MSR_TRAP, "TDCC: without the magic it traps");
	reset_debug();
}

/* Each CPU its own breakpoint, over and over; with one physical CPU they take turns on it. */
static uint32_t count_wrong(void)
{
	struct attempt a = {0};
	uint32_t wrong = 0;
	unsigned mine = cpu_number() == 0U ? 0U : 1U;

	WRITE_SYSREG(OSLAR, 0);
	code_put(0, INSN_NOP);
	code_put(1, INSN_NOP);
	code_publish();
	WRITE_SYSREG(DBGBVR0, code_at(mine));
	WRITE_SYSREG(DBGBCR0, BCR_ON);
	WRITE_SYSREG(MDSCR, MDSCR_MDE | MDSCR_KDE);
	isb();
	for (unsigned i = 0; i < ROUNDS; i++) {
		a.pc = code_at(mine);
		a.pstate = PSTATE_EL1T & ~PSTATE_D;
		attempt_run(&a);
		wrong += attempt_ec(&a) == EC_BREAKPOINT && a.pc == code_at(mine) ? 0U : 1U;
		a.pc = code_at(1U - mine);
		a.pstate = PSTATE_EL1T & ~PSTATE_D;
		attempt_run(&a);
		wrong += attempt_finished(&a) ? 0U : 1U;
		wrong += READ_SYSREG(DBGBVR0) == code_at(mine) ? 0U : 1U;
		(void)hvc(0x84000001UL, 0, 0, 0); /* CPU_SUSPEND: let the other one run */
	}
	return wrong;
}

/* A pending interrupt: CPU_SUSPEND returns at once, but the other one had its turn. */
static void start_tick(void)
{
	gic_start();
	WRITE_SYSREG("cntv_cval_el0", 0);
	WRITE_SYSREG("cntv_ctl_el0", 1);
	isb();
}

static void peer(uint32_t cpu)
{
	(void)cpu;
	start_tick();
	peer_wrong = count_wrong();
	peer_done = true;
}

static void test_two_cpus(void)
{
	uint32_t wrong;

	start_tick();
	check(cpu_on(1, peer) == 0, "second CPU");
	wrong = count_wrong();
	while (!peer_done) {
		__asm__ volatile("yield");
	}
	check(wrong == 0U, "breakpoints of CPU 0 stay its own");
	check(peer_wrong == 0U, "breakpoints of CPU 1 stay its own");
}

void guest_main(void)
{
	check((READ_SYSREG(OSLSR) & OSLSR_OSLK) != 0U, "the OS lock is closed at reset");
	reset_debug();
	test_readback();
	test_os_lock();
	test_breakpoint();
	test_watchpoints();
	test_step();
	test_greeting();
	test_two_cpus();
}
