/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has happened to VMs, for whoever manages them: a ring of the last EVENT_RING events, each
 * with a number, that any reader goes through at its own pace; who is too slow is told what it
 * missed. Whoever listens is woken by a soft timer, EVENT_WAKE_HZ times a second at most: guests
 * cause events, and no more wake-ups than that. Nor does one of them that sets values in a loop
 * push what others have caused out of the ring: EVENT_INFO of a VM comes EVENT_INFO_HZ times a
 * second at most, at once for the first value, and then at the end of a period for all that were
 * set in it.
 *
 * Lock: LOCK_RANK_EVENT, taken inside.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/types.h"

#define EVENT_RING    256U /* a power of 2 */
#define EVENT_WAKE_HZ 1000U
#define EVENT_INFO_HZ 10U
#define EVENT_VMS     256U /* ids are below it */

enum event_kind {
	EVENT_STATE = 1, /* value: the VM's new state */
	EVENT_CONSOLE,	 /* output of a console that is watched */
	EVENT_INFO,	 /* the guest has set values of its guestinfo; value 0 */
	EVENT_LOOK,	 /* a look into an address space has something to tell */
	EVENT_NVRAM, /* the VM's non-volatile UEFI variables have changed since they were read */
	EVENT_DEBUG, /* a vCPU has stopped for a debugger; value: its id, why << 32 (core/vm) */
};

struct event {
	uint64_t time; /* CNTPCT_EL0 */
	enum event_kind kind;
	vm_id_t vm;
	uint64_t value;
};

/* Called by a soft timer on some CPU, no lock held, some time after event_post(). */
typedef void event_listener_fn(void);

/* Boot CPU, before any VM runs. Without it events are kept, and nobody is woken. */
void event_listen(event_listener_fn *listener);

/* Any CPU, with any lock of a rank below LOCK_RANK_TIMERQ held. */
void event_post(enum event_kind kind, vm_id_t vm, uint64_t value);

/* Copies at most `max` events, the oldest that is kept of number *number and later ones first.
 * *number becomes the number after the last one, *lost how many were gone. Returns how many. A
 * number that is not there yet: none, and *number is the next one's. */
size_t event_read(uint64_t *number, struct event *events, size_t max, uint64_t *lost);

#endif
