/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System registers by number: op0, op1, CRn, CRm and op2 in one 16-bit word, laid out as in the
 * MRS and MSR instructions (bits 20:5), for tables and comparisons.
 */
#ifndef A64_SYSREG_H
#define A64_SYSREG_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t a64_sysreg_t;

#define A64_SYSREG(op0, op1, crn, crm, op2)                                                        \
	((a64_sysreg_t)(op0) << 14 | (a64_sysreg_t)(op1) << 11 | (a64_sysreg_t)(crn) << 7 |        \
		(a64_sysreg_t)(crm) << 3 | (a64_sysreg_t)(op2))

#define A64_SYSREG_ALL A64_SYSREG(3, 7, 15, 15, 7) /* every bit */

static inline unsigned a64_sysreg_op0(a64_sysreg_t reg)
{
	return (reg >> 14) & 3U;
}

static inline unsigned a64_sysreg_op1(a64_sysreg_t reg)
{
	return (reg >> 11) & 7U;
}

static inline unsigned a64_sysreg_crn(a64_sysreg_t reg)
{
	return (reg >> 7) & 15U;
}

static inline unsigned a64_sysreg_crm(a64_sysreg_t reg)
{
	return (reg >> 3) & 15U;
}

static inline unsigned a64_sysreg_op2(a64_sysreg_t reg)
{
	return reg & 7U;
}

/* From the ISS of an exception of class 0x18 (DDI 0487, D17.2.37, "MSR, MRS or System instruction
 * execution"). */
static inline a64_sysreg_t a64_sysreg_of_iss(uint32_t iss)
{
	return A64_SYSREG((iss >> 20) & 3U, (iss >> 14) & 7U, (iss >> 10) & 15U, (iss >> 1) & 15U,
		(iss >> 17) & 7U);
}

/* Back: without direction and Rt. */
static inline uint32_t a64_sysreg_to_iss(a64_sysreg_t reg)
{
	return a64_sysreg_op0(reg) << 20 | a64_sysreg_op2(reg) << 17 | a64_sysreg_op1(reg) << 14 |
	       a64_sysreg_crn(reg) << 10 | a64_sysreg_crm(reg) << 1;
}

static inline unsigned a64_sysreg_iss_rt(uint32_t iss)
{
	return (iss >> 5) & 31U;
}

static inline bool a64_sysreg_iss_is_read(uint32_t iss)
{
	return (iss & 1U) != 0U;
}

#endif
