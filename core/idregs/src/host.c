/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/sysreg.h"
#include "idregs/idregs.h"

/* Every register that has a row. */
/* clang-format off */
#define EACH_REGISTER(X) \
	X(1, 0, id_pfr0_el1) \
	X(1, 1, id_pfr1_el1) \
	X(1, 2, id_dfr0_el1) \
	X(1, 4, id_mmfr0_el1) \
	X(1, 5, id_mmfr1_el1) \
	X(1, 6, id_mmfr2_el1) \
	X(1, 7, id_mmfr3_el1) \
	X(2, 0, id_isar0_el1) \
	X(2, 1, id_isar1_el1) \
	X(2, 2, id_isar2_el1) \
	X(2, 3, id_isar3_el1) \
	X(2, 4, id_isar4_el1) \
	X(2, 5, id_isar5_el1) \
	X(2, 6, id_mmfr4_el1) \
	X(2, 7, id_isar6_el1) \
	X(3, 0, mvfr0_el1) \
	X(3, 1, mvfr1_el1) \
	X(3, 2, mvfr2_el1) \
	X(3, 4, id_pfr2_el1) \
	X(3, 6, id_mmfr5_el1) \
	X(4, 0, id_aa64pfr0_el1) \
	X(4, 1, id_aa64pfr1_el1) \
	X(5, 0, id_aa64dfr0_el1) \
	X(6, 0, id_aa64isar0_el1) \
	X(6, 1, id_aa64isar1_el1) \
	X(6, 2, id_aa64isar2_el1) \
	X(7, 0, id_aa64mmfr0_el1) \
	X(7, 1, id_aa64mmfr1_el1) \
	X(7, 2, id_aa64mmfr2_el1)
/* clang-format on */

#define READ(crm, op2, name)                                                                       \
	case A64_SYSREG(3, 0, 0, crm, op2):                                                        \
		return read_##name();

uint64_t idregs_host(void *ctx, a64_sysreg_t reg)
{
	(void)ctx;
	switch (reg) {
		EACH_REGISTER(READ)
	default:
		return 0;
	}
}
