/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PL031 that a guest sees (Arm DDI 0224). Its wall clock is the host's PL031, read once at
 * boot, or what the firmware said the time was, and the physical counter from there on: it goes on
 * while the VM is paused. All state is behind the lock (LOCK_RANK_DEVICE); ops are called with it
 * held.
 */
#ifndef VRTC_VRTC_H
#define VRTC_VRTC_H

#include <stdbool.h>
#include <stdint.h>

#include "lock/lock.h"
#include "mmio/mmio.h"

#define VRTC_SIZE  UINT64_C(0x1000)
#define VRTC_NEVER UINT64_MAX

struct vrtc_ops {
	/* The interrupt line's new level; called on changes alone. */
	void (*set_line)(void *ctx, bool level);
	/* Call vrtc_alarm() when CNTPCT_EL0 has reached `deadline`; replaces the deadline before;
	 * VRTC_NEVER: none. An early or late call is harmless. */
	void (*arm)(void *ctx, uint64_t deadline);
};

struct vrtc {
	struct lock lock;
	const struct vrtc_ops *ops; /* constant after vrtc_init(), as is ctx */
	void *ctx;
	uint32_t offset; /* the guest's clock minus the host's, in seconds, modulo 2^32 */
	uint32_t match;
	uint32_t load;
	uint32_t imsc;
	uint32_t ris;
	uint64_t deadline; /* of the alarm, in CNTPCT ticks */
	bool waiting;	   /* match was written and has not come yet */
	bool line;
};

/* Once, on the boot CPU: reads the host's PL031, mapped at `rtc_va`. 0: there is none, and the
 * clock showed `seconds` when CNTPCT_EL0 was `count`; 0 and 0: guests' clocks start at 1970. */
void vrtc_boot(uintptr_t rtc_va, uint64_t seconds, uint64_t count);

/* The host's clock now: seconds since 1970 (until 2106) and the rest. False: it has none. No lock.
 */
bool vrtc_host_clock(uint64_t *seconds, uint32_t *microseconds);

void vrtc_init(struct vrtc *rtc, const struct vrtc_ops *ops, void *ctx);

/* Interrupt and alarm as after reset; the time that the guest has set stays, as with a battery. */
void vrtc_reset(struct vrtc *rtc);

/* The VM's clock by other ways than its registers: seconds since 1970, and how far it has been set
 * from the host's, modulo 2^32. Setting acts on the alarm as a write to RTCLR does. */
uint32_t vrtc_seconds(struct vrtc *rtc);
void vrtc_set_seconds(struct vrtc *rtc, uint32_t seconds);
uint32_t vrtc_offset(struct vrtc *rtc);
void vrtc_set_offset(struct vrtc *rtc, uint32_t offset);

/* mmio_handler_fn for a region of VRTC_SIZE; ctx is the struct vrtc. 1, 2 and 4 bytes are
 * answered, 8 get MMIO_FAULT; registers that are not there read as 0. */
enum mmio_result vrtc_mmio(void *ctx, struct mmio_access *access);

/* The deadline given to ops->arm() has come. The lock must not be held. */
void vrtc_alarm(struct vrtc *rtc);

#endif
