/* SPDX-License-Identifier: Apache-2.0 */
#include "pvtime/pvtime.h"

#include "base/atomic.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/compiler.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define SCALE_SHIFT   32U

#define SUCCESS	      UINT64_C(0)
#define NOT_SUPPORTED UINT64_MAX /* -1 */

STATIC_ASSERT(sizeof(struct pvtime_stolen) == 64U, "DEN0057");
STATIC_ASSERT(offsetof(struct pvtime_stolen, stolen_ns) == 8U, "DEN0057");

struct pvtime_scale pvtime_scale_init(uint64_t ticks_per_second)
{
	PLINTH_CHECK(ticks_per_second != 0U && ticks_per_second <= UINT32_MAX);
	/* 10^9 * 2^32 < 2^62: rounded to the nearest. */
	return (struct pvtime_scale){
		.mult = ((NS_PER_SECOND << SCALE_SHIFT) + ticks_per_second / 2U) / ticks_per_second,
		.shift = SCALE_SHIFT,
	};
}

uint64_t pvtime_ns(struct pvtime_scale scale, uint64_t ticks)
{
	return (uint64_t)(((unsigned __int128)ticks * scale.mult) >> scale.shift);
}

uint64_t pvtime_size(uint32_t vcpu_count)
{
	return align_up(sizeof(struct pvtime_stolen) * (uint64_t)vcpu_count, PAGE_SIZE);
}

void pvtime_reset(struct pvtime_stolen *st)
{
	*st = (struct pvtime_stolen){0};
}

void pvtime_update(struct pvtime_stolen *st, uint64_t stolen_ns)
{
	/* No order with anything else is promised: the guest reads this one word. */
	store_relaxed(&st->stolen_ns, stolen_ns);
}

/* The ids are of the 64-bit form alone: 0xC5000020 and 21. */
bool pvtime_is_call(uint64_t function)
{
	uint32_t id = (uint32_t)function;

	return id == PVTIME_CALL_FEATURES || id == PVTIME_CALL_ST;
}

uint64_t pvtime_call(vcpu_id_t vcpu, bool enabled, uint64_t function, uint64_t argument)
{
	if (!enabled) {
		return NOT_SUPPORTED;
	}
	if ((uint32_t)function == PVTIME_CALL_ST) {
		return pvtime_ipa(vcpu).v;
	}
	if ((uint32_t)function == PVTIME_CALL_FEATURES && pvtime_is_call(argument)) {
		return SUCCESS;
	}
	return NOT_SUPPORTED;
}
