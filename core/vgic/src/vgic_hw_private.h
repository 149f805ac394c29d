/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VGIC_HW_PRIVATE_H
#define VGIC_HW_PRIVATE_H

#include "vgic/vgic_hw.h"

/* Fills in the counts. ENOTSUP: they make no sense. */
enum plinth_status vgic_hw_decode(struct vgic_hw *hw, uint32_t vtr);

#endif
