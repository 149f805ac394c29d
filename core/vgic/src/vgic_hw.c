/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic/vgic_hw.h"

#include "ich.h"
#include "vgic_hw_private.h"

enum plinth_status vgic_hw_decode(struct vgic_hw *hw, uint32_t vtr)
{
	unsigned lrs = (unsigned)FIELD_GET(vtr, ICH_VTR_LISTREGS) + 1U;
	unsigned preemption = (unsigned)FIELD_GET(vtr, ICH_VTR_PREBITS) + 1U;
	unsigned priority = (unsigned)FIELD_GET(vtr, ICH_VTR_PRIBITS) + 1U;

	if (preemption < 5U || preemption > 7U || priority < preemption) {
		return PLINTH_ENOTSUP;
	}
	hw->lr_count = (uint8_t)min_u64(lrs, VGIC_LR_MAX);
	hw->priority_bits = (uint8_t)priority;
	hw->apr_count = (uint8_t)(1U << (preemption - 5U));
	return PLINTH_OK;
}

enum plinth_status vgic_hw_check(const struct vgic_hw *hw)
{
	struct vgic_hw mine = {.lr_count = 0};

	if (vgic_hw_decode(&mine, hw->read_vtr()) != PLINTH_OK || mine.lr_count < hw->lr_count ||
		mine.priority_bits < hw->priority_bits || mine.apr_count != hw->apr_count) {
		return PLINTH_EINVAL;
	}
	hw->write_hcr(0);
	for (unsigned i = 0; i < hw->lr_count; i++) {
		hw->write_lr(i, 0);
	}
	return PLINTH_OK;
}
