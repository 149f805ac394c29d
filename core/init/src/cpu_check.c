/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu_check.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"

#define FIELD_BITS 4U

/* Fields of 4 bits in which more means more (DDI 0487, D19.1.3), by their places; those where it
 * does not, and those of features that guests don't see and Plinth does not use, are left out. */
struct row {
	const char *name;
	uint64_t fields; /* 0xf at each that counts */
	uint64_t is_signed;
	bool is_exact; /* the whole register, instead: what one CPU says guests use on any */
};

#define F(shift)   (UINT64_C(0xf) << (shift))
#define ALL_FIELDS UINT64_MAX

static const struct row rows[CPU_ID_REG_COUNT] = {
	/* EL0 (AArch32), FP, AdvSIMD, GIC, DIT */
	[CPU_PFR0] = {"ID_AA64PFR0_EL1", F(0) | F(16) | F(20) | F(24) | F(48), F(16) | F(20),
		false},
	/* BT, SSBS, MTE */
	[CPU_PFR1] = {"ID_AA64PFR1_EL1", F(0) | F(4) | F(8), 0, false},
	/* DebugVer, BRPs, WRPs, CTX_CMPs */
	[CPU_DFR0] = {"ID_AA64DFR0_EL1", F(0) | F(12) | F(20) | F(28), 0, false},
	[CPU_ISAR0] = {"ID_AA64ISAR0_EL1", ALL_FIELDS, 0, false},
	[CPU_ISAR1] = {"ID_AA64ISAR1_EL1", ALL_FIELDS, 0, false},
	[CPU_ISAR2] = {"ID_AA64ISAR2_EL1", ALL_FIELDS, 0, false},
	/* PARange, ASIDBits, TGran16, TGran64, TGran4 */
	[CPU_MMFR0] = {"ID_AA64MMFR0_EL1", F(0) | F(4) | F(20) | F(24) | F(28), F(24) | F(28),
		false},
	/* HAFDBS, VMIDBits, HPDS, PAN */
	[CPU_MMFR1] = {"ID_AA64MMFR1_EL1", F(0) | F(4) | F(12) | F(20), 0, false},
	/* CnP, UAO, LSM, IESB, VARange, ST, AT, FWB, TTL, BBM */
	[CPU_MMFR2] = {"ID_AA64MMFR2_EL1",
		F(0) | F(4) | F(8) | F(12) | F(16) | F(28) | F(32) | F(40) | F(48) | F(52), 0,
		false},
	[CPU_DCZID] = {"DCZID_EL0", 0, 0, true},
	[CPU_CNTFRQ] = {"CNTFRQ_EL0", 0, 0, true},
};

struct cpu_ids cpu_ids_read(void)
{
	return (struct cpu_ids){.reg = {
					[CPU_PFR0] = read_id_aa64pfr0_el1(),
					[CPU_PFR1] = read_id_aa64pfr1_el1(),
					[CPU_DFR0] = read_id_aa64dfr0_el1(),
					[CPU_ISAR0] = read_id_aa64isar0_el1(),
					[CPU_ISAR1] = read_id_aa64isar1_el1(),
					[CPU_ISAR2] = read_id_aa64isar2_el1(),
					[CPU_MMFR0] = read_id_aa64mmfr0_el1(),
					[CPU_MMFR1] = read_id_aa64mmfr1_el1(),
					[CPU_MMFR2] = read_id_aa64mmfr2_el1(),
					[CPU_DCZID] = read_dczid_el0(),
					[CPU_CNTFRQ] = read_cntfrq_el0(),
				}};
}

uint64_t cpu_pa_range_for(unsigned bits)
{
	static const uint8_t sizes[] = {32, 36, 40, 42, 44, 48};
	uint64_t code = 0;

	while (code < ARRAY_SIZE(sizes) - 1U && sizes[code] < bits) {
		code++;
	}
	return code;
}

static bool is_less(const struct row *row, unsigned shift, uint64_t promised, uint64_t mine)
{
	/* Signed: 0xf is -1, "none", below 0. The sign bit turned over orders both alike. */
	uint64_t sign = (row->is_signed >> shift) & 0x8U;

	promised = ((promised >> shift) & 0xfU) ^ sign;
	mine = ((mine >> shift) & 0xfU) ^ sign;
	return mine < promised;
}

static bool lacks(const struct row *row, uint64_t promised, uint64_t mine)
{
	if (row->is_exact) {
		return promised != mine;
	}
	for (unsigned shift = 0; shift < 64U; shift += FIELD_BITS) {
		if (((row->fields >> shift) & 1U) != 0U && is_less(row, shift, promised, mine)) {
			return true;
		}
	}
	return false;
}

const char *cpu_lacks(const struct cpu_ids *promised, const struct cpu_ids *cpu)
{
	for (unsigned i = 0; i < CPU_ID_REG_COUNT; i++) {
		if (lacks(&rows[i], promised->reg[i], cpu->reg[i])) {
			return rows[i].name;
		}
	}
	return NULL;
}
