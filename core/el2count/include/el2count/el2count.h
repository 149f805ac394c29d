/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What EL2 does, for the benches and the monitor. Instructions: event counter 0 of each CPU's PMU,
 * event 8 (INST_RETIRED), filtered to EL2 (DDI 0487, D11). Guests have no PMU, so nobody else uses
 * it. Where there is no PMU everything reads 0. Counters have 32 bits and are added up modulo 2^64
 * at each look, which must come more often than they wrap.
 */
#ifndef EL2COUNT_EL2COUNT_H
#define EL2COUNT_EL2COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Each CPU: starts its counter at 0. MDCR_EL2.HPMN is left as it is. */
void el2count_cpu_init(void);

/* Publishes this CPU's count; before it waits and when it changes vCPUs. */
void el2count_publish(void);

/* Instructions at EL2 on all CPUs: this one's up to now, the others' as published. */
uint64_t el2count_total(void);

/* This CPU's counter, for short differences on one CPU. */
uint32_t el2count_now(void);

/* Instructions that went into zeroing memory, counted apart: added by core/pmem. */
void el2count_add_scrub(uint32_t instructions);
uint64_t el2count_scrub(void);

/* Cache maintenance that is no VM's (core/coh counts theirs): what boot/ did, scrubbing, the start
 * of CPUs, vCPUs of one VM that share a CPU. */
struct el2count_caches {
	uint64_t data_lines; /* DC by line, whichever kind; DC ZVA is none */
	uint64_t icache_all; /* IC IALLU, IC IALLUIS */
};

void el2count_add_caches(uint64_t data_lines, uint64_t icache_all); /* this CPU's */
struct el2count_caches el2count_caches(void);			    /* of all CPUs */

/* Lines of this CPU's level-1 instruction cache, as CCSIDR_EL1 tells (DDI 0487, D19.2): what one IC
 * IALLU drops at most. Borrows CSSELR_EL1. */
uint32_t el2count_icache_lines(void);

#endif
