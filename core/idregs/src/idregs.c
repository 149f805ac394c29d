/* SPDX-License-Identifier: Apache-2.0 */
#include "idregs/idregs.h"

#include "base/bits.h"
#include "table.h"

#define CRM_FIRST 1U
#define CRM_LAST  7U

bool idregs_owns(a64_sysreg_t reg)
{
	unsigned crm = a64_sysreg_crm(reg);

	return a64_sysreg_op0(reg) == 3U && a64_sysreg_op1(reg) == 0U &&
	       a64_sysreg_crn(reg) == 0U && crm >= CRM_FIRST && crm <= CRM_LAST;
}

/* A field of 4 bits as a number from -8 to 7. */
static int signed_of(uint64_t field)
{
	return (int)(field ^ 8U) - 8;
}

static uint64_t view_field(
	const struct idregs_row *row, const struct idregs_vm *vm, uint64_t host_value)
{
	uint64_t host = (host_value >> row->shift) & MASK_BELOW(row->width);

	switch ((enum idregs_policy)row->policy) {
	case POLICY_CAP:
		return min_u64(host, row->arg);
	case POLICY_CAP_SIGNED:
		return signed_of(host) > signed_of(row->arg) ? row->arg : host;
	case POLICY_FIXED:
		return row->arg;
	case POLICY_GIC:
		return vm->gicv3 ? 1U : 0U;
	case POLICY_PASS:
		break;
	}
	return host;
}

uint64_t idregs_view(const struct idregs_vm *vm, a64_sysreg_t reg, idregs_host_fn *host, void *ctx)
{
	uint64_t host_value = 0;
	uint64_t value = 0;
	bool asked = false;

	for (unsigned i = 0; i < idregs_row_count; i++) {
		const struct idregs_row *row = &idregs_rows[i];

		if (row->reg != reg) {
			continue;
		}
		if (!asked) {
			host_value = host(ctx, reg);
			asked = true;
		}
		value |= view_field(row, vm, host_value) << row->shift;
	}
	return value;
}
