/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A GIC as far as its registers go: what is written is kept and noted in order, and a few bits
 * answer as the hardware's do. Devices that the driver must not touch are not there: an access to
 * them panics (fake/mmio.h).
 */
#ifndef GIC_MODEL_H
#define GIC_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_DIST     UINT64_C(0x08000000)
#define MODEL_REDIST   UINT64_C(0x080a0000)
#define MODEL_CPU_IF   UINT64_C(0x08010000)
#define MODEL_LOG_SIZE 8192U

struct model_write {
	uint64_t address;
	unsigned size;
	uint64_t value;
};

struct gic_model {
	struct model_write log[MODEL_LOG_SIZE];
	unsigned log_count;
	bool stuck_dist;   /* GICD_CTLR.RWP never clears */
	bool stuck_redist; /* GICR_WAKER.ChildrenAsleep never clears */
};

extern struct gic_model gic_model;

/* Forgets all devices and all that was noted. */
void gic_model_reset(void);

/* A frame of registers that keep what is written. GICD at MODEL_DIST, redistributors at or above
 * MODEL_REDIST have their special bits. The frame lives until gic_model_reset(). */
void gic_model_add(uint64_t base, uint64_t size);

/* Presets a register, or looks at it. */
void gic_model_set(uint64_t address, uint32_t value);
uint32_t gic_model_get(uint64_t address);

/* How often, when last (index in the log, or -1) and what was written to this address. */
unsigned gic_model_count(uint64_t address);
int gic_model_last(uint64_t address);
bool gic_model_wrote(uint64_t address, uint64_t value);

#endif
