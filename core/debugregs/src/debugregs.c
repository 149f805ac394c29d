/* SPDX-License-Identifier: Apache-2.0 */
#include "debugregs/debugregs.h"

#include <stddef.h>

#include "arch/hcr.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/compiler.h"
#include "hardware.h"

/* MDSCR_EL1 (DDI 0487, D19.3.20). */
#define MDSCR_SS   BIT(0)
#define MDSCR_TDCC BIT(12)
#define MDSCR_KDE  BIT(13)
#define MDSCR_MDE  BIT(15)

/* What the hardware may see of it: never TDCC. */
#define MDSCR_REAL (MDSCR_SS | MDSCR_KDE | MDSCR_MDE)
/* What software may change, and what it may besides while the OS lock is set: ERR, HDE, TDA,
 * INTdis, TXU, RXO, TXfull and RXfull, to save and restore an external debugger's state. */
#define MDSCR_WRITABLE (MDSCR_REAL | MDSCR_TDCC)
#define MDSCR_WRITABLE_LOCKED                                                                      \
	(MDSCR_WRITABLE | BIT(6) | BIT(14) | BIT(21) | BIT(22) | BIT(23) | BIT(26) | BIT(27) |     \
		BIT(29) | BIT(30))

#define MDCCSR_TXFULL	 BIT(29)
#define MDCCINT_WRITABLE (BIT(29) | BIT(30))
#define OSLAR_OSLK	 BIT(0)
#define OSLSR_OSLM	 BIT(3) /* the OS lock is there */
#define OSLSR_OSLK	 BIT(1)
#define PRCR_WRITABLE	 BIT(0)
#define CLAIM_TAGS	 UINT64_C(0xff)
#define AUTHSTATUS	 UINT64_C(0xa) /* non-secure debug is there and disabled */
#define WORD		 UINT64_C(0xffffffff)
#define BCR_WRITABLE	 UINT64_C(0x00ffe1e7)
#define WCR_WRITABLE	 UINT64_C(0x1f1fffff)

#define DFR0_BRPS_SHIFT	      12U
#define DFR0_BRPS_WIDTH	      4U
#define DFR0_WRPS_SHIFT	      20U
#define DFR0_WRPS_WIDTH	      4U
#define DFR0_DOUBLELOCK_SHIFT 36U
#define DFR0_DOUBLELOCK_WIDTH 4U
#define DOUBLELOCK_PRESENT    0U

/* The fewest that any CPU has; lowered by debugregs_init_cpu() alone. */
static unsigned breakpoint_count = DEBUGREGS_PAIR_MAX;
static unsigned watchpoint_count = DEBUGREGS_PAIR_MAX;

void debugregs_init_cpu(void)
{
	uint64_t dfr0 = read_id_aa64dfr0_el1();

	breakpoint_count = (unsigned)min_u64(breakpoint_count, FIELD_GET(dfr0, DFR0_BRPS) + 1U);
	watchpoint_count = (unsigned)min_u64(watchpoint_count, FIELD_GET(dfr0, DFR0_WRPS) + 1U);
	write_mdscr_el1(0);
	write_mdccint_el1(0);
	if (FIELD_GET(dfr0, DFR0_DOUBLELOCK) == DOUBLELOCK_PRESENT) {
		write_osdlr_el1(0);
	}
	write_oslar_el1(0);
}

unsigned debugregs_breakpoints(void)
{
	return breakpoint_count;
}

unsigned debugregs_watchpoints(void)
{
	return watchpoint_count;
}

void debugregs_init(struct debugregs *regs, bool brk_is_call)
{
	regs->brk_is_call = brk_is_call;
	regs->brk_traps = brk_is_call;
	debugregs_reset(regs);
}

void debugregs_attach(struct debugregs *regs, const struct debugregs_debugger *debugger)
{
	PLINTH_ASSERT(!regs->loaded);
	regs->debugger = debugger;
	regs->brk_traps = regs->brk_is_call || debugger != NULL;
	regs->steps = false;
}

void debugregs_step(struct debugregs *regs, bool steps)
{
	PLINTH_ASSERT(!regs->loaded && (regs->debugger != NULL || !steps));
	regs->steps = steps;
}

/* MDSCR_EL1 as the hardware has it while the vCPU is loaded. The OS lock disables what it enables;
 * we leave the hardware's own lock open, and turn it off here. A debugger's exceptions go to EL2,
 * whatever the guest locks or masks. */
static uint64_t real_mdscr(const struct debugregs *regs)
{
	if (UNLIKELY(regs->brk_traps)) {
		return regs->debugger == NULL ? 0U : MDSCR_MDE | (regs->steps ? MDSCR_SS : 0U);
	}
	return regs->os_locked ? 0U : regs->mdscr & MDSCR_REAL;
}

void debugregs_reset(struct debugregs *regs)
{
	*regs = (struct debugregs){
		.os_locked = true,
		.loaded = regs->loaded,
		.brk_traps = regs->brk_traps,
		.brk_is_call = regs->brk_is_call,
		.steps = regs->steps,
		.debugger = regs->debugger,
	};
	if (regs->loaded) {
		write_mdscr_el1(real_mdscr(regs));
	}
}

static void write_pairs(
	const struct debugregs_pair *breakpoint, const struct debugregs_pair *watchpoint)
{
	for (unsigned n = 0; n < breakpoint_count; n++) {
		hardware_write_breakpoint(n, &breakpoint[n]);
	}
	for (unsigned n = 0; n < watchpoint_count; n++) {
		hardware_write_watchpoint(n, &watchpoint[n]);
	}
}

/* Brings the hardware from one value of MDSCR_EL1 to the guest's present one. The pairs count only
 * under MDE, and stay behind, harmless, when it goes off. */
static void update_hardware(const struct debugregs *regs, uint64_t old)
{
	uint64_t new = real_mdscr(regs);

	if (new == old) {
		return;
	}
	if ((new & ~old &MDSCR_MDE) != 0U) {
		if (regs->debugger != NULL) {
			write_pairs(regs->debugger->breakpoint, regs->debugger->watchpoint);
		} else {
			write_pairs(regs->breakpoint, regs->watchpoint);
		}
	}
	write_mdscr_el1(new);
}

/* Without a test more than one switch needs: true too, where the OS lock disables what is on. */
static bool may_be_on(const struct debugregs *regs)
{
	return regs->brk_traps || (regs->mdscr & MDSCR_REAL) != 0U;
}

NOINLINE static void load_slowly(const struct debugregs *regs)
{
	if (regs->brk_traps) {
		write_mdcr_el2(read_mdcr_el2() | MDCR_TDE);
	}
	update_hardware(regs, 0);
}

void debugregs_load(struct debugregs *regs)
{
	PLINTH_ASSERT(!regs->loaded);
	regs->loaded = true;
	if (UNLIKELY(may_be_on(regs))) {
		load_slowly(regs);
	}
}

NOINLINE static void put_slowly(const struct debugregs *regs)
{
	if (regs->brk_traps) {
		write_mdcr_el2(read_mdcr_el2() & ~MDCR_TDE);
	}
	if (real_mdscr(regs) != 0U) {
		write_mdscr_el1(0);
	}
}

void debugregs_put(struct debugregs *regs)
{
	PLINTH_ASSERT(regs->loaded);
	regs->loaded = false;
	if (UNLIKELY(may_be_on(regs))) {
		put_slowly(regs);
	}
}

/* One of the four registers of pair n: op2 is 4 (BVR), 5 (BCR), 6 (WVR) or 7 (WCR). */
static enum debugregs_result access_pair(
	struct debugregs *regs, unsigned n, unsigned op2, bool write, uint64_t *value)
{
	bool is_watch = op2 >= 6U;
	bool is_control = (op2 & 1U) != 0U;
	struct debugregs_pair *pair = is_watch ? &regs->watchpoint[n] : &regs->breakpoint[n];
	uint64_t *reg = is_control ? &pair->control : &pair->value;

	if (n >= (is_watch ? watchpoint_count : breakpoint_count)) {
		return DEBUGREGS_UNDEF;
	}
	if (!write) {
		*value = *reg;
		return DEBUGREGS_DONE;
	}
	*reg = is_control ? *value & (is_watch ? WCR_WRITABLE : BCR_WRITABLE) : *value;
	if (regs->debugger == NULL && (real_mdscr(regs) & MDSCR_MDE) != 0U) {
		if (is_watch) {
			hardware_write_watchpoint(n, pair);
		} else {
			hardware_write_breakpoint(n, pair);
		}
	}
	return DEBUGREGS_DONE;
}

static void write_mdscr(struct debugregs *regs, uint64_t value)
{
	uint64_t old = real_mdscr(regs);
	uint64_t mask = regs->os_locked ? MDSCR_WRITABLE_LOCKED : MDSCR_WRITABLE;

	regs->mdscr = (regs->mdscr & ~mask) | (value & mask);
	update_hardware(regs, old);
}

static void write_oslar(struct debugregs *regs, uint64_t value)
{
	uint64_t old = real_mdscr(regs);

	regs->os_locked = (value & OSLAR_OSLK) != 0U;
	update_hardware(regs, old);
}

#define MDSCR_EL1	  A64_SYSREG(2, 0, 0, 2, 2)
#define MDCCINT_EL1	  A64_SYSREG(2, 0, 0, 2, 0)
#define OSDTRRX_EL1	  A64_SYSREG(2, 0, 0, 0, 2)
#define OSDTRTX_EL1	  A64_SYSREG(2, 0, 0, 3, 2)
#define OSECCR_EL1	  A64_SYSREG(2, 0, 0, 6, 2)
#define MDRAR_EL1	  A64_SYSREG(2, 0, 1, 0, 0)
#define OSLAR_EL1	  A64_SYSREG(2, 0, 1, 0, 4)
#define OSLSR_EL1	  A64_SYSREG(2, 0, 1, 1, 4)
#define OSDLR_EL1	  A64_SYSREG(2, 0, 1, 3, 4)
#define DBGPRCR_EL1	  A64_SYSREG(2, 0, 1, 4, 4)
#define DBGCLAIMSET_EL1	  A64_SYSREG(2, 0, 7, 8, 6)
#define DBGCLAIMCLR_EL1	  A64_SYSREG(2, 0, 7, 9, 6)
#define DBGAUTHSTATUS_EL1 A64_SYSREG(2, 0, 7, 14, 6)
#define MDCCSR_EL0	  A64_SYSREG(2, 3, 0, 1, 0)
#define DBGDTR_EL0	  A64_SYSREG(2, 3, 0, 4, 0)
#define DBGDTR_RX_TX_EL0  A64_SYSREG(2, 3, 0, 5, 0)

/* Registers without a pair: what a read gives, and which bits a write changes. Those with a write
 * of their own are in write_register(). */
struct register_row {
	a64_sysreg_t reg;
	uint16_t shadow;   /* offset in struct debugregs, or NO_SHADOW */
	bool is_read_only; /* writing is UNDEFINED */
	uint32_t writable; /* of the shadow */
	uint32_t constant; /* without a shadow: what is read */
};

#define NO_SHADOW 0xffffU
#define SHADOW(reg, field, writable)                                                               \
	{                                                                                          \
		reg, offsetof(struct debugregs, field), false, writable, 0                         \
	}
#define IGNORED(reg, constant)                                                                     \
	{                                                                                          \
		reg, NO_SHADOW, false, 0, constant                                                 \
	}
#define READ_ONLY(reg, constant)                                                                   \
	{                                                                                          \
		reg, NO_SHADOW, true, 0, constant                                                  \
	}

static const struct register_row register_rows[] = {
	SHADOW(MDSCR_EL1, mdscr, 0),
	SHADOW(MDCCINT_EL1, mdccint, MDCCINT_WRITABLE),
	SHADOW(OSDTRRX_EL1, dtr_rx, WORD),
	SHADOW(OSDTRTX_EL1, dtr_tx, WORD),
	SHADOW(OSECCR_EL1, oseccr, WORD),
	SHADOW(DBGPRCR_EL1, prcr, PRCR_WRITABLE),
	SHADOW(DBGCLAIMCLR_EL1, claim, 0),
	IGNORED(DBGCLAIMSET_EL1, CLAIM_TAGS), /* which tags there are */
	IGNORED(OSDLR_EL1, 0),		      /* no double lock */
	IGNORED(DBGDTR_EL0, 0),
	IGNORED(DBGDTR_RX_TX_EL0, 0),
	READ_ONLY(MDRAR_EL1, 0), /* no memory-mapped registers */
	READ_ONLY(DBGAUTHSTATUS_EL1, AUTHSTATUS),
	/* 0 would make a guest's DCC console believe that a debugger takes its output. */
	READ_ONLY(MDCCSR_EL0, MDCCSR_TXFULL),
};

static const struct register_row *find_row(a64_sysreg_t reg)
{
	for (unsigned i = 0; i < ARRAY_SIZE(register_rows); i++) {
		if (register_rows[i].reg == reg) {
			return &register_rows[i];
		}
	}
	return NULL;
}

static uint64_t *shadow_of(struct debugregs *regs, const struct register_row *row)
{
	return (uint64_t *)((uintptr_t)regs + row->shadow);
}

static enum debugregs_result read_register(
	struct debugregs *regs, a64_sysreg_t reg, uint64_t *value)
{
	const struct register_row *row = find_row(reg);

	if (reg == OSLSR_EL1) {
		*value = OSLSR_OSLM | (regs->os_locked ? OSLSR_OSLK : 0U);
		return DEBUGREGS_DONE;
	}
	if (row == NULL) {
		return DEBUGREGS_UNDEF;
	}
	*value = row->shadow != NO_SHADOW ? *shadow_of(regs, row) : row->constant;
	return DEBUGREGS_DONE;
}

static enum debugregs_result write_plain(
	struct debugregs *regs, const struct register_row *row, uint64_t value)
{
	if (row == NULL || row->is_read_only) {
		return DEBUGREGS_UNDEF;
	}
	if (row->shadow != NO_SHADOW) {
		uint64_t *shadow = shadow_of(regs, row);

		*shadow = (*shadow & ~(uint64_t)row->writable) | (value & row->writable);
	}
	return DEBUGREGS_DONE;
}

static enum debugregs_result write_register(
	struct debugregs *regs, a64_sysreg_t reg, uint64_t value)
{
	switch (reg) {
	case MDSCR_EL1:
		write_mdscr(regs, value);
		break;
	case OSLAR_EL1:
		write_oslar(regs, value);
		break;
	case DBGCLAIMSET_EL1:
		regs->claim |= value & CLAIM_TAGS;
		break;
	case DBGCLAIMCLR_EL1:
		regs->claim &= ~value;
		break;
	default:
		return write_plain(regs, find_row(reg), value);
	}
	return DEBUGREGS_DONE;
}

/* Is it one of DBGBVR<n>, DBGBCR<n>, DBGWVR<n>, DBGWCR<n>? */
static bool is_pair(a64_sysreg_t reg)
{
	return a64_sysreg_op1(reg) == 0U && a64_sysreg_crn(reg) == 0U && a64_sysreg_op2(reg) >= 4U;
}

enum debugregs_result debugregs_access(
	struct debugregs *regs, a64_sysreg_t reg, unsigned el, bool write, uint64_t *value)
{
	bool is_el0_register = a64_sysreg_op1(reg) == 3U;

	PLINTH_ASSERT(regs->loaded);
	if (a64_sysreg_op0(reg) != 2U || (el == 0U && !is_el0_register)) {
		return DEBUGREGS_UNDEF;
	}
	if (el == 0U && (regs->mdscr & MDSCR_TDCC) != 0U) {
		return DEBUGREGS_INJECT;
	}
	if (is_pair(reg)) {
		return access_pair(regs, a64_sysreg_crm(reg), a64_sysreg_op2(reg), write, value);
	}
	return write ? write_register(regs, reg, *value) : read_register(regs, reg, value);
}
