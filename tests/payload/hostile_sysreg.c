/* SPDX-License-Identifier: Apache-2.0 */
/* System registers and instructions: every encoding once, then at random. */
#include "hostile.h"

#include "base/compiler.h"
#include "libguest/libguest.h"

/* op0 op1 CRn CRm op2 in bits 20:5 of MSR, MRS and SYS. */
#define ENCODING(op0, op1, n, m, op2)                                                              \
	(((uint32_t)(op0) << 19) | ((uint32_t)(op1) << 16) | ((uint32_t)(n) << 12) |               \
		((uint32_t)(m) << 8) | ((uint32_t)(op2) << 5))
#define ENCODINGS 0x10000U
#define FIRST_OP0 1U
#define INSN_MSR  0xd5000000U
#define INSN_READ (1U << 21)
#define INSN_WFI  0xd503207fU
#define SCTLR_M	  0x1UL
#define SCTLR_C	  0x4UL
#define SCTLR_I	  0x1000UL
#define EC_SVE	  0x19U
#define EC_SME	  0x1dU
#define MDSCR_EL1 "S2_0_C0_C2_2"

/* Writes that would end this program rather than try Plinth: its translation, its vectors, its
 * number. attack_mmu_off and attack_tables try the first four in their own way. And those that end
 * QEMU 7.2: CNTVOFF_EL2 + CNTV_CVAL_EL0 past 2^64 makes it fire the timer for ever (see
 * attack_timer_storm), and ICC_BPRn_EL1 keeps the low three bits of a value that it has compared
 * whole, so that 8 gives a binary point of 0, on which it asserts. */
static const uint32_t hostile_spared[] = {
	ENCODING(3, 0, 1, 0, 0),   /* SCTLR_EL1 */
	ENCODING(3, 0, 2, 0, 0),   /* TTBR0_EL1 */
	ENCODING(3, 0, 2, 0, 2),   /* TCR_EL1 */
	ENCODING(3, 0, 10, 2, 0),  /* MAIR_EL1 */
	ENCODING(3, 0, 12, 0, 0),  /* VBAR_EL1 */
	ENCODING(3, 0, 12, 8, 3),  /* ICC_BPR0_EL1 */
	ENCODING(3, 0, 12, 12, 3), /* ICC_BPR1_EL1 */
	ENCODING(3, 0, 13, 0, 4),  /* TPIDR_EL1 */
	ENCODING(3, 3, 14, 3, 0),  /* CNTV_TVAL_EL0 */
	ENCODING(3, 3, 14, 3, 2),  /* CNTV_CVAL_EL0 */
};

static bool is_spared(uint32_t insn)
{
	if (insn == INSN_WFI) {
		return true; /* attack_wfi_storm has an interrupt ready */
	}
	for (unsigned i = 0; i < ARRAY_SIZE(hostile_spared); i++) {
		if ((insn & (0xffffU << 5)) == hostile_spared[i]) {
			return (insn & INSN_READ) == 0U;
		}
	}
	return false;
}

/* Whatever a write switched on in this CPU goes off again. */
static void calm_down(void)
{
	WRITE_SYSREG(MDSCR_EL1, 0);
	WRITE_SYSREG("cpacr_el1", 3UL << 20);
	WRITE_SYSREG("cntv_ctl_el0", 0);
	WRITE_SYSREG("cntp_ctl_el0", 0);
	WRITE_SYSREG("cntkctl_el1", 0);
	isb();
}

/* Instructions that take an address (SYS) get one without memory of ours, or a page of the code:
 * what they destroy there is put again. */
static void run_slot(struct hostile *h, struct attempt *a, unsigned slot)
{
	hostile_registers(h, a);
	a->pc = code_at(slot);
	a->pstate = PSTATE_EL1T;
	hostile_run(h, a);
	calm_down();
}

/* With FEAT_IDST, unallocated registers of the ID space (CRn 0) have an exception class of their
 * own; and CPACR_EL1 traps those of SVE and SME to EL1, whether or not the VM has them. */
static bool is_answer(const struct attempt *a, uint32_t encoding)
{
	unsigned ec = attempt_ec(a);

	return !attempt_is_sync(a) || ec == EC_BRK || ec == EC_UNDEFINED || ec == EC_SVE ||
	       ec == EC_SME || (ec == EC_MSR_TRAP && (encoding & ENCODING(0, 0, 0xf, 0, 0)) == 0U);
}

/* SYS may fault on its address, and so may MRS and MSR on nothing else. */
static bool may_fault(uint32_t encoding)
{
	return (encoding >> 19) == 1U;
}

static uint64_t sweep_page(struct hostile *h, uint32_t first, bool read)
{
	uint64_t bad = 0;
	struct attempt a;

	for (unsigned i = 0; i < CODE_SLOTS; i++) {
		uint32_t insn = INSN_MSR | (read ? INSN_READ : 0U) | ((first + i) << 5) |
				(uint32_t)hostile_below(h, 32);

		code_put(i, is_spared(insn) ? INSN_NOP : insn);
	}
	code_publish();
	for (unsigned i = 0; i < CODE_SLOTS; i++) {
		run_slot(h, &a, i);
		if (!is_answer(&a, (first + i) << 5) && !may_fault((first + i) << 5)) {
			print("hostile: %s of encoding 0x%x: esr 0x%lx\n", read ? "read" : "write",
				first + i, a.esr);
			bad++;
		}
	}
	return bad;
}

uint64_t hostile_sweep_sysregs(struct hostile *h, uint32_t cpu_count)
{
	uint64_t bad = 0;

	for (uint32_t at = (FIRST_OP0 << 14) + h->cpu * CODE_SLOTS; at < ENCODINGS;
		at += cpu_count * CODE_SLOTS) {
		bad += sweep_page(h, at, true);
		bad += sweep_page(h, at, false);
	}
	return bad;
}

void attack_sysregs(struct hostile *h)
{
	struct attempt a;

	for (unsigned i = 0; i < CODE_SLOTS; i++) {
		uint32_t insn = INSN_MSR | ((uint32_t)hostile_random(h) & 0x3fffffU);

		/* op0 = 0: hints, barriers, PSTATE. WFI has its own attack. */
		insn |= hostile_one_in(h, 8) ? 0U : 1U << 20;
		code_put(i, is_spared(insn) ? INSN_NOP : insn);
	}
	code_publish();
	for (unsigned i = 0; i < CODE_SLOTS; i++) {
		run_slot(h, &a, i);
	}
}

/* Caches and MMU off and on again: RAM is mapped onto itself. */
void attack_mmu_off(struct hostile *h)
{
	static const uint64_t off[] = {SCTLR_M, SCTLR_C, SCTLR_I, SCTLR_M | SCTLR_C,
		SCTLR_M | SCTLR_C | SCTLR_I, SCTLR_C | SCTLR_I};
	uint64_t sctlr = READ_SYSREG("sctlr_el1");
	uint64_t bits = off[hostile_below(h, ARRAY_SIZE(off))];

	if (!hostile_one_in(h, 4)) {
		return; /* dear on both sides: all memory is maintained */
	}
	__asm__ volatile("msr sctlr_el1, %0\n\tisb\n\tnop\n\tmsr sctlr_el1, %1\n\tisb\n\tic "
			 "iallu\n\tdsb sy\n\tisb" ::"r"(sctlr & ~bits),
			 "r"(sctlr)
			 : "memory");
}
