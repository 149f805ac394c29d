/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the features payload. Each runs its checks on CPU 0, and leaves other CPUs off. */
#ifndef PAYLOAD_FEATURES_H
#define PAYLOAD_FEATURES_H

#include <stdint.h>

#define FEATURES_CPUS 4U

void test_switch(void); /* registers while vCPUs take turns */
void test_memory(void); /* fresh memory, cache maintenance, code that changes */
void test_id(void);	/* what ID registers hide, and that it is UNDEFINED */
void test_pvtime(void);

/* The end of a CPU's function, and waiting for it. */
__attribute__((noreturn)) void features_cpu_off(void);
void features_wait_off(uint32_t cpu);

/* Where PV_TIME_ST says that this CPU's structure is; its stolen time. */
uint64_t pvtime_at(void);
uint64_t pvtime_stolen_ns(void);

/* All of FP/SIMD; offsets are features_fp.S's. */
struct fp_state {
	uint64_t q[32][2];
	uint64_t fpsr;
	uint64_t fpcr;
};

void fp_load(const struct fp_state *fp);
void fp_save(struct fp_state *fp);

#endif
