/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can a CPU keep what the boot CPU promised? Guests, stage 2 and our own context switch rely on ID
 * registers that were read there once; a vCPU may run on any CPU. Pure.
 */
#ifndef INIT_CPU_CHECK_H
#define INIT_CPU_CHECK_H

#include <stdint.h>

enum cpu_id_reg {
	CPU_PFR0,
	CPU_PFR1,
	CPU_DFR0,
	CPU_ISAR0,
	CPU_ISAR1,
	CPU_ISAR2,
	CPU_MMFR0,
	CPU_MMFR1,
	CPU_MMFR2,
	CPU_DCZID,
	CPU_CNTFRQ,
	CPU_ID_REG_COUNT,
};

struct cpu_ids {
	uint64_t reg[CPU_ID_REG_COUNT];
};

/* Of the CPU that we run on. */
struct cpu_ids cpu_ids_read(void);

/* ID_AA64MMFR0_EL1.PARange that addresses of `bits` bits need: what takes PARange's place in the
 * ids of the CPU that promises. More is not needed of any other. */
uint64_t cpu_pa_range_for(unsigned bits);

/* The name of the first register by which `cpu` cannot do what `promised` says; NULL: it can. It
 * may do more: nobody will know. */
const char *cpu_lacks(const struct cpu_ids *promised, const struct cpu_ids *cpu);

#endif
