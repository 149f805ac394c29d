/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM whose vCPU 0 is loaded on the CPU of vm_rig, with a device whose accesses are noted and an
 * AT that maps virtual addresses onto themselves.
 */
#ifndef EXITS_RIG_H
#define EXITS_RIG_H

#include "arch/esr.h"
#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "exits_private.h"
#include "vm_rig.h"

#define RIG_DEVICE	UINT64_C(0x0a000000)
#define RIG_DEVICE_SIZE UINT64_C(0x1000)
#define RIG_FAULTS	UINT64_C(0x800) /* from this offset on the device refuses */
#define RIG_HOLE	UINT64_C(0x0b000000)
#define RIG_UNMAPPED	UINT64_C(0x0f000000) /* AT fails from here to RIG_UNMAPPED + 4 KiB */
#define RIG_CODE	(VM_RAM_BASE + UINT64_C(0x1000))
#define RIG_VBAR	(VM_RAM_BASE + UINT64_C(0x8000))
#define RIG_LOG_MAX	16U

struct rig {
	struct vm *vm;
	struct vcpu *vcpu;
	struct mmio_access access[RIG_LOG_MAX]; /* as the device got them */
	unsigned access_count;
	uint8_t bytes[RIG_DEVICE_SIZE]; /* what the device holds */
	unsigned at_count;
	unsigned at_el;
	bool at_write;
};

extern struct rig rig;

/* Group set-up: the machine. */
int rig_group_setup(void **state);

/* A fresh VM with `flags`, running at RIG_CODE, EL1h. */
void rig_start(uint32_t flags);

/* The same with an image. */
void rig_start_with(uint32_t flags, const struct vm_image *image);

/* Promises all that is free to nobody, and takes that back: what is not guaranteed finds no memory
 * in between. */
void rig_starve(void);
void rig_feed(void);

/* The VM goes off. */
void rig_stop(void);

/* Test set-up and tear-down: rig_start(0), rig_stop(). */
int rig_setup(void **state);
int rig_teardown(void **state);

/* Puts an instruction at RIG_CODE, and the PC there. */
void rig_put_instruction(uint32_t instruction);

/* The guest took an exception from EL1h with this ESR_EL1, and nothing else changed. */
void rig_check_injected(uint64_t esr);

/* The instruction was done: PC behind it. */
void rig_check_done(void);

/* ESR_EL2 of a data abort by a 4-byte instruction. */
#define RIG_ABORT(iss) (((uint64_t)EC_DABT_LOWER << ESR_EC_SHIFT) | ESR_IL | (iss))
#define RIG_SAME(iss)  (((uint64_t)EC_DABT_SAME << ESR_EC_SHIFT) | ESR_IL | (iss))

#endif
