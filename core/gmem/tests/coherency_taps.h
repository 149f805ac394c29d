/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every maintenance operation, barrier and TLB invalidation that the engine makes passes here on
 * its way to the models, with what it is for: which call of core/s2, which reason of core/coh, and
 * which operation of that. So the list of what there is to leave out is made by running.
 *
 * core/coh and core/s2 are tapped at their operations tables and, by the linker's --wrap, at the
 * entry of their public functions, for the "what for"; core/pmem's own operations at the fake's
 * instructions.
 */
#ifndef COHERENCY_TAPS_H
#define COHERENCY_TAPS_H

#include <stdbool.h>
#include <stdint.h>

#include "fake/maintenance.h"

#define TAPS_MAX     256U
#define TAP_NONE     TAPS_MAX
#define TAP_NAME_MAX 64U

struct tap {
	char place[TAP_NAME_MAX]; /* what it is for */
	uint8_t op;		  /* enum fake_op; INV_I counts as the one that was used */
	uint8_t number;		  /* of the operations of this call, from 0 */
	uint64_t configs;	  /* bit n: was executed in configuration n */
	uint64_t count;
};

/* All that was executed since taps_forget(). */
extern struct tap taps[TAPS_MAX];
extern unsigned tap_count;

void taps_forget(void);

/* Which configuration runs, and what is left out (TAP_NONE: nothing). */
void taps_select(unsigned config, unsigned dropped);

void taps_install(fake_maintain_fn *on_instruction);
void taps_remove(void);

/* The hypervisor begins something. */
void taps_begin(void);

/* A barrier or maintenance instruction of the fake. */
void taps_instruction(enum fake_op op, uint64_t address);

const char *tap_op_name(unsigned op);

#endif
