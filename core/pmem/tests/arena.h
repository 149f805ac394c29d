/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host memory that stands for the machine's RAM, aligned to 1 GiB, and a CPU to run on.
 */
#ifndef PMEM_ARENA_H
#define PMEM_ARENA_H

#include <stdint.h>
#include <sys/mman.h>

#include "arch/cpu.h"
#include "base/bits.h"
#include "percpu/percpu.h"
#include "pmem/pmem.h"

static inline uint64_t arena_map(uint64_t size)
{
	void *p = mmap(NULL, size + BLOCK_1G, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? 0U : align_up((uint64_t)(uintptr_t)p, BLOCK_1G);
}

static inline void arena_use_cpu(struct percpu *cpu, cpu_id_t id)
{
	cpu->id = id;
	cpu->held_ranks = 0;
	arch_percpu_set(cpu);
}

/* Is every byte of the block zero? */
static inline bool arena_is_zero(pa_t pa, unsigned order)
{
	const uint64_t *word = (const uint64_t *)(uintptr_t)pa.v;
	uint64_t seen = 0;

	for (uint64_t i = 0; i < (PAGE_SIZE << order) / sizeof(*word); i++) {
		seen |= word[i];
	}
	return seen == 0U;
}

#endif
