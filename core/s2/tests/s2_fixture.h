/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for tables that counts and can fail, and a CPU to run on.
 */
#ifndef S2_FIXTURE_H
#define S2_FIXTURE_H

#include "percpu/percpu.h"
#include "s2/s2.h"

#define FIXTURE_CPUS 4U

struct s2_fixture {
	struct percpu cpu[FIXTURE_CPUS];
	unsigned live;	  /* pages of tables */
	unsigned allocs;  /* calls so far */
	unsigned fail_at; /* the call that fails, from 1; 0: none */
};

extern const struct s2_ops fixture_ops;

void fixture_init(struct s2_fixture *f, unsigned vmid_bits);
void fixture_on_cpu(struct s2_fixture *f, cpu_id_t cpu);

#endif
