/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a VM sees of each field of each ID register.
 */
#ifndef IDREGS_TABLE_H
#define IDREGS_TABLE_H

#include <stdint.h>

enum idregs_policy {
	POLICY_PASS,	   /* the host's value */
	POLICY_CAP,	   /* the host's value, `arg` at most */
	POLICY_CAP_SIGNED, /* the same for a field whose 0xf is -1: not there */
	POLICY_FIXED,	   /* `arg` */
	POLICY_GIC,	   /* 1 where the VM has a GIC with system registers, else 0 */
};

struct idregs_row {
	uint16_t reg; /* a64_sysreg_t */
	uint8_t shift;
	uint8_t width;
	uint8_t policy; /* enum idregs_policy */
	uint8_t arg;
};

extern const struct idregs_row idregs_rows[];
extern const unsigned idregs_row_count;

#endif
