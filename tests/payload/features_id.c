/* SPDX-License-Identifier: Apache-2.0 */
/* docs/design/idregs.md: what ID registers hide is UNDEFINED to use. And PV time. */
#include "attempt.h"
#include "base/compiler.h"
#include "features.h"
#include "libguest/libguest.h"

#define ENCODING(op0, op1, n, m, op2)                                                              \
	(((uint32_t)(op0) << 19) | ((uint32_t)(op1) << 16) | ((uint32_t)(n) << 12) |               \
		((uint32_t)(m) << 8) | ((uint32_t)(op2) << 5))
#define INSN_MSR_X1 0xd5000001U
#define INSN_MRS_X1 0xd5200001U
#define INSN_RDVL   0x04bf5021U /* rdvl x1, #1: SVE */
#define INSN_STR    0xf9000001U /* str x1, [x0] */

#define CPACR_FP  (3UL << 20)
#define CPACR_ALL (CPACR_FP | (3UL << 16) | (3UL << 24)) /* SVE and SME too */

#define SMCCC_FEATURES	 0x80000001UL
#define PV_TIME_FEATURES 0xc5000020UL
#define PV_TIME_ST	 0xc5000021UL
#define NOT_SUPPORTED	 (-1L)
#define READS		 2000U

static uint64_t field(uint64_t value, unsigned shift)
{
	return (value >> shift) & 0xfU;
}

static void test_fields(void)
{
	uint64_t pfr0 = READ_SYSREG("id_aa64pfr0_el1");
	uint64_t pfr1 = READ_SYSREG("id_aa64pfr1_el1");
	uint64_t dfr0 = READ_SYSREG("id_aa64dfr0_el1");
	uint64_t mmfr1 = READ_SYSREG("id_aa64mmfr1_el1");

	check(field(pfr0, 4) == 1U, "EL1 is AArch64 alone");
	check(field(pfr0, 8) == 0U && field(pfr0, 12) == 0U, "no EL2, no EL3");
	check(field(pfr0, 24) != 0U, "the GIC's system registers are there");
	check(field(pfr0, 28) == 0U, "RAS is hidden");
	check(field(pfr0, 32) == 0U && READ_SYSREG("S3_0_C0_C4_4") == 0U, "SVE is hidden");
	check(field(pfr0, 40) == 0U && field(pfr0, 44) == 0U, "MPAM and AMU are hidden");
	check(field(pfr1, 8) == 0U, "MTE is hidden");
	check(field(pfr1, 24) == 0U && READ_SYSREG("S3_0_C0_C4_5") == 0U, "SME is hidden");
	check(field(dfr0, 8) == 0U && field(READ_SYSREG("id_dfr0_el1"), 24) == 0U,
		"the PMU is hidden");
	check(field(dfr0, 32) == 0U && field(dfr0, 4) == 0U, "SPE and trace are hidden");
	check(field(dfr0, 0) >= 6U && field(dfr0, 12) != 0U, "debugging is there");
	check(field(mmfr1, 8) == 0U && field(mmfr1, 16) == 0U, "VHE and LORegions are hidden");
	check(field(READ_SYSREG("id_aa64mmfr0_el1"), 0) <= 5U, "48 bits of address at most");
	check(field(READ_SYSREG("id_aa64isar0_el1"), 16) != 0U, "CRC32 is there");
}

/* One instruction each; alone in its slot, so that only it can be what is UNDEFINED. */
static const struct {
	const char *name;
	uint32_t instruction;
} hidden[] = {
	{"PMCR_EL0 is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 3, 9, 12, 0)},
	{"writing PMCR_EL0 is UNDEFINED", INSN_MSR_X1 | ENCODING(3, 3, 9, 12, 0)},
	{"PMCCNTR_EL0 is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 3, 9, 13, 0)},
	{"PMUSERENR_EL0 is UNDEFINED", INSN_MSR_X1 | ENCODING(3, 3, 9, 14, 0)},
	{"PMEVCNTR0_EL0 is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 3, 14, 8, 0)},
	{"ZCR_EL1 is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 0, 1, 2, 0)},
	{"an SVE instruction is UNDEFINED", INSN_RDVL},
	{"SMCR_EL1 is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 0, 1, 2, 6)},
	{"GCR_EL1 (MTE) is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 0, 1, 0, 6)},
	{"ERRIDR_EL1 (RAS) is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 0, 5, 3, 0)},
	{"LORC_EL1 is UNDEFINED", INSN_MSR_X1 | ENCODING(3, 0, 10, 4, 3)},
	{"TRFCR_EL1 (trace) is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 0, 1, 2, 1)},
	{"PMSCR_EL1 (SPE) is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 0, 9, 9, 0)},
	{"SCXTNUM_EL1 is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 0, 13, 0, 7)},
	{"HCR_EL2 is UNDEFINED", INSN_MRS_X1 | ENCODING(3, 4, 1, 1, 0)},
};

static void test_undefined(void)
{
	struct attempt a = {0};

	attempt_one(&a, INSN_MRS_X1 | ENCODING(3, 0, 0, 0, 0));
	check(attempt_finished(&a) && a.x[1] == READ_SYSREG("midr_el1"), "MIDR_EL1 is not");
	/* The guest itself forbids nothing. */
	WRITE_SYSREG("cpacr_el1", CPACR_ALL);
	isb();
	for (unsigned i = 0; i < ARRAY_SIZE(hidden); i++) {
		a = (struct attempt){0};
		attempt_one(&a, hidden[i].instruction);
		check(attempt_is_sync(&a) && attempt_ec(&a) == EC_UNDEFINED && a.pc == code_at(0),
			hidden[i].name);
	}
	WRITE_SYSREG("cpacr_el1", CPACR_FP);
	isb();
}

void test_id(void)
{
	test_fields();
	test_undefined();
}

uint64_t pvtime_at(void)
{
	return hvc(PV_TIME_ST, 0, 0, 0);
}

uint64_t pvtime_stolen_ns(void)
{
	return *(const volatile uint64_t *)(pvtime_at() + 8U);
}

static void test_pvtime_write(uint64_t at)
{
	struct attempt a = {0};
	uint32_t before = read32(at);

	a.x[0] = at;
	a.x[1] = ~0UL;
	attempt_one(&a, INSN_STR);
	check(attempt_is_sync(&a) && attempt_ec(&a) == EC_DABT && a.far == at,
		"PV time: a write is an abort");
	check((a.esr & 0x3fU) == FSC_EXTERNAL && (a.esr & 0x40U) != 0U,
		"PV time: an external one, of a write");
	check(read32(at) == before, "PV time: nothing is written");
}

void test_pvtime(void)
{
	int64_t at = (int64_t)pvtime_at();
	uint64_t last = 0;
	bool rises = true;

	check(hvc(SMCCC_FEATURES, PV_TIME_FEATURES, 0, 0) == 0U, "SMCCC knows PV time");
	check(hvc(PV_TIME_FEATURES, PV_TIME_FEATURES, 0, 0) == 0U, "PV_TIME_FEATURES of itself");
	check(hvc(PV_TIME_FEATURES, PV_TIME_ST, 0, 0) == 0U, "PV_TIME_FEATURES of PV_TIME_ST");
	check((int64_t)hvc(PV_TIME_FEATURES, PV_TIME_ST + 1U, 0, 0) == NOT_SUPPORTED,
		"PV_TIME_FEATURES of nothing else");
	check(at > 0 && at % 64 == 0, "PV_TIME_ST gives an address");
	if (at <= 0) {
		return;
	}
	check(read32((uint64_t)at) == 0U && read32((uint64_t)at + 4U) == 0U,
		"PV time: revision and attributes");
	for (unsigned i = 0; i < READS; i++) {
		uint64_t now = pvtime_stolen_ns();

		rises = rises && now >= last;
		last = now;
	}
	check(rises, "stolen time does not fall");
	test_pvtime_write((uint64_t)at);
}
