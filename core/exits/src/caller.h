/* SPDX-License-Identifier: Apache-2.0 */
/* PAR_EL1 (DDI 0487, D19.2), and callers whose memory is refused. */
#ifndef EXITS_CALLER_H
#define EXITS_CALLER_H

#include "exits_private.h"

#define PAR_F	      BIT(0)
#define PAR_FST_SHIFT 1U
#define PAR_FST_WIDTH 6U
#define PAR_S	      BIT(9) /* stage 2 refused the walk */
#define PAR_PA	      UINT64_C(0x0000fffffffff000)

/* Notes why; EFAULT. */
static inline enum plinth_status exits_caller_refuse(
	struct exits_caller *from, unsigned fsc, uint64_t va, bool is_write)
{
	from->fsc = fsc;
	from->far = va;
	from->is_write = is_write;
	return PLINTH_EFAULT;
}

/* AT says `par`, which is no translation: EFAULT, for the fault of the guest's own stage 1, which
 * an abort of the walk is, too, or for another try (EXITS_CALL_AGAIN), since one table more has
 * come. */
enum plinth_status exits_caller_failed(
	struct exits_caller *from, uint64_t par, uint64_t va, bool is_write);

#endif
