/* SPDX-License-Identifier: Apache-2.0 */
#include "libgdb/watch.h"

#define CONTROL_E	UINT64_C(1)
#define CONTROL_EL0_1	(UINT64_C(3) << 1) /* PMC, PAC */
#define CONTROL_LOAD	(UINT64_C(1) << 3)
#define CONTROL_STORE	(UINT64_C(2) << 3)
#define BAS_SHIFT	5U
#define BAS_INSTRUCTION UINT64_C(0xf)
#define BAS_ALL		UINT64_C(0xff)
#define MASK_SHIFT	24U
#define MASK_MAX	31U
#define DOUBLEWORD	8U

#define ZVA_MAX 2048U /* DCZID_EL0 can say no more */

struct control_debug_pair gdb_breakpoint_pair(uint64_t gva)
{
	return (struct control_debug_pair){
		.control = CONTROL_E | CONTROL_EL0_1 | BAS_INSTRUCTION << BAS_SHIFT,
		.value = gva,
	};
}

static uint64_t kind_of(enum gdb_point point)
{
	return (point != GDB_POINT_WRITE ? CONTROL_LOAD : 0U) |
	       (point != GDB_POINT_READ ? CONTROL_STORE : 0U);
}

uint64_t gdb_watch_pair(
	enum gdb_point point, uint64_t gva, uint64_t size, struct control_debug_pair *pair)
{
	uint64_t in_word = gva % DOUBLEWORD;
	uint64_t control = CONTROL_E | CONTROL_EL0_1 | kind_of(point);

	if (in_word != 0U || size < 2U * DOUBLEWORD) {
		uint64_t left = DOUBLEWORD - in_word;
		uint64_t length = size < left ? size : left;
		uint64_t bytes = ((UINT64_C(1) << length) - 1U) << in_word;

		*pair = (struct control_debug_pair){control | bytes << BAS_SHIFT, gva - in_word};
		return length;
	}
	unsigned mask = 4U;

	while (mask < MASK_MAX && size >> (mask + 1U) != 0U && (gva >> mask & 1U) == 0U) {
		mask++;
	}
	/* gva may be aligned to a doubleword alone. */
	if ((gva & ((UINT64_C(1) << mask) - 1U)) != 0U) {
		*pair = (struct control_debug_pair){control | BAS_ALL << BAS_SHIFT, gva};
		return DOUBLEWORD;
	}
	*pair = (struct control_debug_pair){
		control | BAS_ALL << BAS_SHIFT | (uint64_t)mask << MASK_SHIFT, gva};
	return UINT64_C(1) << mask;
}

bool gdb_watch_met(uint64_t far, uint64_t gva, uint64_t size, uint64_t *address)
{
	if (far - gva < size) {
		*address = far;
		return true;
	}
	*address = gva;
	return gva - far < ZVA_MAX;
}

#define GROUP_MASK   UINT32_C(0xfe000000)
#define GROUP_SYSTEM UINT32_C(0xd4000000) /* exception generation, and system: 0xd4, 0xd5 */
#define RETURN_MASK  UINT32_C(0xffff0000)
#define RETURN	     UINT32_C(0xd69f0000) /* ERET, ERETAA, ERETAB */

#define HINT_MASK UINT32_C(0xfffff01f)
#define HINT	  UINT32_C(0xd503201f) /* NOP, PACIASP, BTI and their like; [11:5] which */
#define HINT_WFE  2U
#define HINT_WFI  3U

bool gdb_step_masks(uint32_t instruction)
{
	uint32_t hint = instruction >> 5U & 0x7fU;

	if ((instruction & HINT_MASK) == HINT) {
		return hint != HINT_WFE && hint != HINT_WFI;
	}
	return (instruction & GROUP_MASK) != GROUP_SYSTEM && (instruction & RETURN_MASK) != RETURN;
}
