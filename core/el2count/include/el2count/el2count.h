/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many instructions EL2 executes: event counter 0 of each CPU's PMU, event 8 (INST_RETIRED),
 * filtered to EL2 (DDI 0487, D11). Guests have no PMU, so nobody else uses it. Where there is no
 * PMU everything reads 0. Counters have 32 bits and are added up modulo 2^64 at each look, which
 * must come more often than they wrap.
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

#endif
