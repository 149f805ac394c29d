/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "lock/lock.h"
#include "percpu/percpu.h"
#include "timerq/timerq.h"

/* Ring and number are under the lock. Number n is in ring[n % EVENT_RING]. */
static struct lock ring_lock = LOCK_INIT(LOCK_RANK_EVENT);
static struct event ring[EVENT_RING];
static uint64_t posted;

static struct timer waker;
static uint32_t is_waking; /* atomic: whoever sets it arms the timer, which clears it */
static event_listener_fn *listen;

static void wake(struct timer *timer, void *ctx, uint64_t now)
{
	(void)timer;
	(void)ctx;
	(void)now;
	store_release(&is_waking, 0U); /* pairs with the exchange: later events wake anew */
	listen();
}

void event_listen(event_listener_fn *listener)
{
	timer_init(&waker, wake, NULL);
	listen = listener;
}

void event_post(enum event_kind kind, vm_id_t vm, uint64_t value)
{
	lock_take(&ring_lock);
	ring[posted % EVENT_RING] = (struct event){read_cntpct_el0(), kind, vm, value};
	posted++;
	lock_drop(&ring_lock);
	if (listen != NULL && exchange_acq_rel(&is_waking, 1U) == 0U) {
		timer_arm(
			&waker, cpu_this(), read_cntpct_el0() + read_cntfrq_el0() / EVENT_WAKE_HZ);
	}
}

size_t event_read(uint64_t *number, struct event *events, size_t max, uint64_t *lost)
{
	size_t count = 0;

	lock_take(&ring_lock);
	uint64_t oldest = posted < EVENT_RING ? 0U : posted - EVENT_RING;
	uint64_t at = min_u64(max_u64(*number, oldest), posted);

	*lost = at - min_u64(*number, at);
	for (; at < posted && count < max; at++, count++) {
		events[count] = ring[at % EVENT_RING];
	}
	*number = at;
	lock_drop(&ring_lock);
	return count;
}
