/* SPDX-License-Identifier: Apache-2.0 */
#include "vgic_lr.h"

#define V2_INTID_SHIFT	  0U
#define V2_INTID_WIDTH	  10U
#define V2_PHYS_SHIFT	  10U
#define V2_PHYS_WIDTH	  10U
#define V2_SOURCE_SHIFT	  10U
#define V2_SOURCE_WIDTH	  3U
#define V2_EOI		  BIT(19)
#define V2_PRIORITY_SHIFT 23U
#define V2_PRIORITY_WIDTH 5U
#define V2_PENDING	  BIT(28)
#define V2_ACTIVE	  BIT(29)
#define V2_GROUP1	  BIT(30)
#define V2_HW		  BIT(31)

uint32_t vgic_lr_to_v2(uint64_t lr)
{
	uint64_t v2 = FIELD_PREP(V2_INTID, FIELD_GET(lr, LR_INTID));

	v2 |= FIELD_PREP(V2_PRIORITY, FIELD_GET(lr, LR_PRIORITY) >> 3);
	if ((lr & LR_HW) != 0U) {
		v2 |= V2_HW | FIELD_PREP(V2_PHYS, FIELD_GET(lr, LR_PHYS));
	} else {
		v2 |= FIELD_PREP(V2_SOURCE, FIELD_GET(lr, LR_SOURCE));
		v2 |= (lr & LR_EOI) != 0U ? V2_EOI : 0U;
	}
	v2 |= (lr & LR_PENDING) != 0U ? V2_PENDING : 0U;
	v2 |= (lr & LR_ACTIVE) != 0U ? V2_ACTIVE : 0U;
	v2 |= (lr & LR_GROUP1) != 0U ? V2_GROUP1 : 0U;
	return (uint32_t)v2;
}

uint64_t vgic_lr_from_v2(uint32_t v2)
{
	uint64_t lr = FIELD_PREP(LR_INTID, FIELD_GET(v2, V2_INTID));

	lr |= FIELD_PREP(LR_PRIORITY, FIELD_GET(v2, V2_PRIORITY) << 3);
	if ((v2 & V2_HW) != 0U) {
		lr |= LR_HW | FIELD_PREP(LR_PHYS, FIELD_GET(v2, V2_PHYS));
	} else {
		lr |= FIELD_PREP(LR_SOURCE, FIELD_GET(v2, V2_SOURCE));
		lr |= (v2 & V2_EOI) != 0U ? LR_EOI : 0U;
	}
	lr |= (v2 & V2_PENDING) != 0U ? LR_PENDING : 0U;
	lr |= (v2 & V2_ACTIVE) != 0U ? LR_ACTIVE : 0U;
	lr |= (v2 & V2_GROUP1) != 0U ? LR_GROUP1 : 0U;
	return lr;
}
