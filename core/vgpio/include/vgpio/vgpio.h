/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PL061 that a VM with `control` sees (Arm DDI 0190). Its lines are inputs that Plinth drives:
 * all of VGPIO_EVENT_LINES rise together when something has happened. There are several of them
 * because Linux gives each line to one process. What the guest drives as outputs goes nowhere.
 *
 * All state is behind the lock (LOCK_RANK_DEVICE); ops are called with it held.
 */
#ifndef VGPIO_VGPIO_H
#define VGPIO_VGPIO_H

#include <stdbool.h>
#include <stdint.h>

#include "lock/lock.h"
#include "mmio/mmio.h"

#define VGPIO_SIZE UINT64_C(0x1000)
#define VGPIO_EVENT_LINES                                                                          \
	0xf7U /* line 3 is the power button on the board that this one is like                     \
	       */

struct vgpio_ops {
	/* The interrupt's new level; called on changes alone. */
	void (*set_line)(void *ctx, bool level);
};

struct vgpio {
	struct lock lock;
	const struct vgpio_ops *ops; /* constant after vgpio_init(), as is ctx */
	void *ctx;
	/* a bit for each line */
	uint8_t input; /* levels that Plinth drives */
	uint8_t output;
	uint8_t dir; /* 1: output */
	uint8_t is;  /* sense: 1 level, 0 edge */
	uint8_t ibe; /* both edges */
	uint8_t iev; /* 1: rising edge or high level */
	uint8_t ie;
	uint8_t ris;
	bool line;
};

void vgpio_init(struct vgpio *gpio, const struct vgpio_ops *ops, void *ctx);

/* As after the machine's reset; the inputs stay. */
void vgpio_reset(struct vgpio *gpio);

/* mmio_handler_fn for a region of VGPIO_SIZE; ctx is the struct vgpio. 1, 2 and 4 bytes are
 * answered, 8 get MMIO_FAULT; registers that are not there read as 0. */
enum mmio_result vgpio_mmio(void *ctx, struct mmio_access *access);

/* The level of the lines of VGPIO_EVENT_LINES. The lock must not be held. */
void vgpio_set_events(struct vgpio *gpio, bool high);

#endif
