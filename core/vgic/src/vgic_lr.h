/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List registers as plain numbers (IHI 0069, 12.4.6 ICH_LR<n>_EL2; IHI 0048, 5.3.9 GICH_LR<n>).
 * Everything but the GICv2 backend uses GICv3's format, with the source of a GICv2 guest's SGI in
 * bits [34:32], which HW = 0 leaves free.
 */
#ifndef VGIC_LR_H
#define VGIC_LR_H

#include <stdint.h>

#include "base/bits.h"
#include "base/types.h"

#define LR_EOI		  BIT(41) /* HW = 0: maintenance interrupt at the end */
#define LR_GROUP1	  BIT(60)
#define LR_HW		  BIT(61)
#define LR_PENDING	  BIT(62)
#define LR_ACTIVE	  BIT(63)
#define LR_STATE	  (LR_PENDING | LR_ACTIVE)
#define LR_PRIORITY_SHIFT 48U
#define LR_PRIORITY_WIDTH 8U
#define LR_PHYS_SHIFT	  32U
#define LR_PHYS_WIDTH	  10U /* 13 in the newest issue, RES0 above in the older ones */
#define LR_SOURCE_SHIFT	  32U
#define LR_SOURCE_WIDTH	  3U
#define LR_INTID_SHIFT	  0U
#define LR_INTID_WIDTH	  32U

/* What a GICv2 list register cannot hold (an id past 1,019, priority bits below 3) is cut. */
uint32_t vgic_lr_to_v2(uint64_t lr);
uint64_t vgic_lr_from_v2(uint32_t lr);

#endif
