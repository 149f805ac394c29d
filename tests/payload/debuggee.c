/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a debugger is tried on (tests/system/test_gdb.py): two CPUs that do the same all the time,
 * functions and variables that are known by name, a BRK of its own in each round, and a breakpoint
 * of its own, by its debug registers, at guarded(). Says what it has met for each key.
 */
#include "libguest/libguest.h"

#define MDSCR	"S2_0_C0_C2_2"
#define OSLAR	"S2_0_C1_C0_4"
#define DBGBVR0 "S2_0_C0_C0_4"
#define DBGBCR0 "S2_0_C0_C0_5"

#define MDSCR_ON      0xa000UL /* MDE, KDE */
#define BREAK_AT_EL1  0x1e3UL  /* E, PMC = EL1, BAS */
#define EC_BKPT_SAME  0x31UL
#define EC_BRK	      0x3cUL
#define OWN_BRK	      0x321UL  /* as a kernel has them in its code */
#define DEBUGGERS_BRK 0x504cUL /* the number that Plinth's debugger has, at another address */
#define UART_FR	      0x18UL
#define UART_FR_RXFE  (1U << 4)
#define MS_PER_SEC    1000UL
#define PAUSE_MS      5UL

#define KEPT __attribute__((noinline, used))

static volatile uint64_t rounds;
static volatile uint64_t peer_rounds;
static volatile uint64_t own_brks;
static volatile uint64_t own_breakpoints;
static volatile uint64_t watched[4];
static volatile uint64_t
	answer; /* what the debugger writes here or lets advance() return is told */

static void meet(struct guest_frame *frame)
{
	uint64_t class = frame->esr >> 26;
	uint64_t number = frame->esr & 0xffffUL;

	if (class == EC_BRK && (number == OWN_BRK || number == DEBUGGERS_BRK)) {
		own_brks++;
		frame->pc += 4;
	} else if (class == EC_BKPT_SAME) {
		own_breakpoints++;
		frame->x[0] = 1;
		frame->pc = frame->x[30]; /* as if it had returned */
	} else {
		print("FAIL: exception of class 0x%lx at 0x%lx\n", class, frame->pc);
		power_off();
	}
}

/* 0 when its breakpoint is not live. */
KEPT static uint64_t guarded(uint64_t value)
{
	__asm__ volatile("mov %0, xzr" : "+r"(value));
	return value;
}

KEPT static uint64_t advance(uint64_t value)
{
	value = value * 3U;
	value += 1U;
	return value;
}

KEPT static void peer_round(void)
{
	peer_rounds++;
}

KEPT static void one_round(void)
{
	rounds++;
	answer = advance(rounds);
	watched[1] = rounds;
	(void)watched[2];
	__asm__ volatile("brk #0x321");
	__asm__ volatile("brk #0x504c");
	(void)guarded(rounds);
}

static void end_of_pause(uint32_t intid)
{
	(void)intid;
	WRITE_SYSREG("cntv_ctl_el0", 0);
}

/* Interrupts are on but for here: one that came before the WFI would be waited for for ever. */
static void pause(void)
{
	irq_off();
	WRITE_SYSREG("cntv_tval_el0", READ_SYSREG("cntfrq_el0") / MS_PER_SEC * PAUSE_MS);
	WRITE_SYSREG("cntv_ctl_el0", 1);
	isb();
	__asm__ volatile("wfi");
	irq_on();
	isb();
}

static void peer(uint32_t cpu)
{
	(void)cpu;
	gic_start();
	for (;;) {
		peer_round();
		pause();
	}
}

/* Is there a key? It is taken. */
static bool is_asked(void)
{
	bool has_key = (read32(GUEST_UART + UART_FR) & UART_FR_RXFE) == 0U;

	if (has_key) {
		(void)read32(GUEST_UART);
	}
	return has_key;
}

void guest_main(void)
{
	on_sync(meet);
	on_irq(end_of_pause);
	gic_start();
	WRITE_SYSREG(OSLAR, 0);
	WRITE_SYSREG(DBGBVR0, (uint64_t)guarded);
	WRITE_SYSREG(DBGBCR0, BREAK_AT_EL1);
	WRITE_SYSREG(MDSCR, MDSCR_ON);
	__asm__ volatile("msr daifclr, #8"); /* D */
	isb();
	check(cpu_on(1, peer) == 0, "second CPU");
	for (;;) {
		one_round();
		pause();
		if (is_asked()) {
			print("debuggee: brks %s, own breakpoints %lu of %lu\n",
				own_brks == 2U * rounds ? "all" : "LOST", own_breakpoints, rounds);
		}
	}
}
