/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hostile guest: each CPU throws random attacks at what it is given, and must be answered,
 * refused or given an exception. What it finds wrong it reports with check(); the rest is for the
 * system test to see: Plinth and the guest beside it go on.
 */
#ifndef PAYLOAD_HOSTILE_H
#define PAYLOAD_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>

#include "attempt.h"

struct hostile {
	uint64_t random; /* state of random_next() */
	uint32_t cpu;
	uint64_t rounds;     /* attacks done */
	uint64_t exceptions; /* attempts that ended in one (not BRK, not an interrupt) */
	uint64_t interrupts;
	uint64_t serrors;
};

typedef void hostile_attack_fn(struct hostile *h);

uint64_t hostile_random(struct hostile *h);
uint64_t hostile_below(struct hostile *h, uint64_t limit);
bool hostile_one_in(struct hostile *h, uint64_t n);

/* The first address behind RAM. */
uint64_t hostile_ram_end(void);

/* An address without memory of ours: devices, holes of the map, beyond RAM, or wild. Not nearer to
 * RAM than an immediate offset reaches. */
uint64_t hostile_address(struct hostile *h);

/* A value that registers and devices may mistake: all ones, one bit, an address, random. */
uint64_t hostile_value(struct hostile *h);

/* Fills x0 to x30 with values; SP with an address. */
void hostile_registers(struct hostile *h, struct attempt *a);

/* attempt_run(), counted; takes the interrupt if that is what ended it. */
void hostile_run(struct hostile *h, struct attempt *a);
void hostile_take_interrupt(void);

/* This CPU's interrupts on, whatever the attacks have done to the GIC. */
void hostile_gic_start(void);

/* Is the GIC a GICv2 (option gic=2)? */
bool hostile_has_gicv2(void);

/* The attacks */
hostile_attack_fn attack_accesses; /* hostile_access.c: loads and stores in every form */
hostile_attack_fn attack_fetch;
hostile_attack_fn attack_sysregs; /* hostile_sysreg.c: a page of random encodings */
hostile_attack_fn attack_mmu_off;
hostile_attack_fn attack_calls; /* hostile_calls.c: HVC, SMC, PSCI */
hostile_attack_fn attack_backdoor;
hostile_attack_fn attack_gic; /* hostile_storm.c */
hostile_attack_fn attack_sgi_storm;
hostile_attack_fn attack_timer_storm;
hostile_attack_fn attack_wfi_storm;
hostile_attack_fn attack_tables; /* hostile_tables.c: stage 1 */
hostile_attack_fn attack_eret;	 /* hostile_access.c */

/* Every encoding of op0 1, 2 and 3, read and written, but those of `hostile_spared`; this CPU's
 * share of them. Counts what is neither done nor UNDEFINED. */
uint64_t hostile_sweep_sysregs(struct hostile *h, uint32_t cpu_count);

#endif
