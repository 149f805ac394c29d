/* SPDX-License-Identifier: Apache-2.0 */
#include "hardware.h"

#include "arch/sysreg.h"
#include "base/bits.h"

#define CONTROL_E	  BIT(0)
#define CONTROL_PMC_SHIFT 1U /* PAC in watchpoints */
#define CONTROL_PMC_WIDTH 2U
#define CONTROL_HMC	  BIT(13)
#define CONTROL_SSC_SHIFT 14U
#define CONTROL_SSC_WIDTH 2U
#define CONTROL_BT_SHIFT  20U
#define CONTROL_BT_WIDTH  4U

#define SSC_SECURE_ONLY		 2U /* and 3: reserved, or EL2 alone */
#define BT_LINKED_CONTEXT	 3U
#define BT_LINKED_CONTEXTIDR_EL1 7U
#define BT_VMID			 8U /* from here on: matches a VMID, or EL2's context */

#define WATCHPOINT_VALUE_MASK (~UINT64_C(3))

/* What the hardware gets for a guest's control word: nothing that looks at EL2 or the secure
 * state. Where nothing else is left of it, it is off. */
static uint64_t confine(uint64_t control)
{
	uint64_t type = FIELD_GET(control, CONTROL_BT);

	if (type == BT_LINKED_CONTEXT || type == BT_LINKED_CONTEXTIDR_EL1) {
		/* Where it matches is said by what links to it. */
		return control & ~CONTROL_HMC & ~FIELD_MASK(CONTROL_SSC);
	}
	if (FIELD_GET(control, CONTROL_SSC) >= SSC_SECURE_ONLY ||
		FIELD_GET(control, CONTROL_PMC) == 0U) {
		return control & ~CONTROL_E & ~CONTROL_HMC & ~FIELD_MASK(CONTROL_SSC);
	}
	return control & ~CONTROL_HMC;
}

#define EACH_NUMBER(X)                                                                             \
	X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)

#define BREAKPOINT(n)                                                                              \
	case n:                                                                                    \
		write_dbgbvr##n##_el1(pair->value);                                                \
		write_dbgbcr##n##_el1(control);                                                    \
		break;

#define WATCHPOINT(n)                                                                              \
	case n:                                                                                    \
		write_dbgwvr##n##_el1(value);                                                      \
		write_dbgwcr##n##_el1(control);                                                    \
		break;

void hardware_write_breakpoint(unsigned n, const struct debugregs_pair *pair)
{
	uint64_t control = confine(pair->control);

	if (FIELD_GET(control, CONTROL_BT) >= BT_VMID) {
		control = 0;
	}
	switch (n) {
		EACH_NUMBER(BREAKPOINT)
	default:
		break;
	}
}

void hardware_write_watchpoint(unsigned n, const struct debugregs_pair *pair)
{
	uint64_t control = confine(pair->control);
	uint64_t value = pair->value & WATCHPOINT_VALUE_MASK;

	switch (n) {
		EACH_NUMBER(WATCHPOINT)
	default:
		break;
	}
}
