/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long to wait for another CPU, in time that this one has looked on. A whole machine may stand
 * still for seconds while its counter runs on (emulated on a busy host, a VM that was paused, a
 * debugger): the other CPU had no chance either. So from one look to the next no more counts than a
 * step; where only this CPU was held up, the wait lasts longer, which hurts nobody.
 */
#ifndef BASE_PATIENCE_H
#define BASE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bits.h"

#define PATIENCE_STEPS_PER_SECOND 1000U /* many looks fit into one */

struct patience {
	uint64_t last; /* the counter at the last look */
	uint64_t left; /* ticks */
	uint64_t step; /* ticks */
};

/* For `ms` from now on, of a counter with `frequency` ticks a second (0: no patience at all). */
static inline struct patience patience_of(uint64_t now, uint64_t frequency, uint32_t ms)
{
	return (struct patience){
		.last = now,
		.left = frequency * ms / 1000U,
		.step = max_u64(frequency / PATIENCE_STEPS_PER_SECOND, 1),
	};
}

/* At each look, after it: is it over? */
static inline bool patience_is_over(struct patience *p, uint64_t now)
{
	p->left -= min_u64(min_u64(now - p->last, p->step), p->left);
	p->last = now;
	return p->left == 0U;
}

#endif
