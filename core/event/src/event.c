/* SPDX-License-Identifier: Apache-2.0 */
#include "event/event.h"

#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "lock/lock.h"
#include "percpu/percpu.h"
#include "timerq/timerq.h"

#define WORD_BITS 64U

/* Ring and number are under the lock. Number n is in ring[n % EVENT_RING]. */
static struct lock ring_lock = LOCK_INIT(LOCK_RANK_EVENT);
static struct event ring[EVENT_RING];
static uint64_t posted;

static struct timer waker;
static uint32_t is_waking; /* atomic: whoever sets it arms the timer, which clears it */
static event_listener_fn *listen;

/* VMs, a bit each, under the lock: those that have had their EVENT_INFO of this period, and those
 * of them that are owed one at its end. The timer runs while there are any. */
static struct timer period;
static uint64_t told[EVENT_VMS / WORD_BITS];
static uint64_t owed[EVENT_VMS / WORD_BITS];
static bool is_period;

static void put(enum event_kind kind, vm_id_t vm, uint64_t value)
{
	ring[posted % EVENT_RING] = (struct event){read_cntpct_el0(), kind, vm, value};
	posted++;
}

static void arm(struct timer *timer, unsigned hz)
{
	timer_arm(timer, cpu_this(), read_cntpct_el0() + read_cntfrq_el0() / hz);
}

static void wake_listener(void)
{
	if (listen != NULL && exchange_acq_rel(&is_waking, 1U) == 0U) {
		arm(&waker, EVENT_WAKE_HZ);
	}
}

static void wake(struct timer *timer, void *ctx, uint64_t now)
{
	(void)timer;
	(void)ctx;
	(void)now;
	store_release(&is_waking, 0U); /* pairs with the exchange: later events wake anew */
	listen();
}

/* Those that are owed one have it now, and so their next at the end of another period. */
static void end_period(struct timer *timer, void *ctx, uint64_t now)
{
	bool again = false;

	(void)timer;
	(void)ctx;
	(void)now;
	lock_take(&ring_lock);
	for (unsigned i = 0; i < EVENT_VMS / WORD_BITS; i++) {
		told[i] = owed[i];
		for (; owed[i] != 0U; owed[i] &= owed[i] - 1U) {
			put(EVENT_INFO, (vm_id_t)(i * WORD_BITS + bit_lowest(owed[i])), 0);
			again = true;
		}
	}
	is_period = again;
	lock_drop(&ring_lock);
	if (again) {
		arm(&period, EVENT_INFO_HZ);
		wake_listener();
	}
}

void event_listen(event_listener_fn *listener)
{
	timer_init(&waker, wake, NULL);
	timer_init(&period, end_period, NULL);
	listen = listener;
}

/* With the lock held. False: it is owed instead. *begins: a period does. */
static bool may_tell(vm_id_t vm, bool *begins)
{
	uint64_t bit = BIT(vm % WORD_BITS);
	uint32_t i = vm / WORD_BITS;

	if (listen == NULL || vm >= EVENT_VMS) {
		return true;
	}
	if ((told[i] & bit) != 0U) {
		owed[i] |= bit;
		return false;
	}
	told[i] |= bit;
	*begins = !is_period;
	is_period = true;
	return true;
}

void event_post(enum event_kind kind, vm_id_t vm, uint64_t value)
{
	bool begins = false;
	bool is_told;

	lock_take(&ring_lock);
	is_told = kind != EVENT_INFO || may_tell(vm, &begins);
	if (is_told) {
		put(kind, vm, value);
	}
	lock_drop(&ring_lock);
	if (begins) {
		arm(&period, EVENT_INFO_HZ);
	}
	if (is_told) {
		wake_listener();
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
