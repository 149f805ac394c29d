/* SPDX-License-Identifier: Apache-2.0 */
#include "s2_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "arch/cpu.h"
#include "arch/sysreg.h"

static enum plinth_status alloc(void *ctx, unsigned order, pa_t *table)
{
	struct s2_fixture *f = ctx;
	size_t size = PAGE_SIZE << order;
	void *memory;

	if (++f->allocs == f->fail_at) {
		return PLINTH_ENOMEM;
	}
	memory = aligned_alloc(size, size);
	memset(memory, 0, size);
	f->live += 1U << order;
	*table = pa_init((uint64_t)(uintptr_t)memory);
	return PLINTH_OK;
}

static void release(void *ctx, pa_t table, unsigned order)
{
	struct s2_fixture *f = ctx;

	f->live -= 1U << order;
	free((void *)(uintptr_t)table.v);
}

const struct s2_ops fixture_ops = {.alloc = alloc, .free = release};

void fixture_on_cpu(struct s2_fixture *f, cpu_id_t cpu)
{
	arch_percpu_set(&f->cpu[cpu]);
}

void fixture_init(struct s2_fixture *f, unsigned vmid_bits)
{
	const struct s2_features features = {
		.pa_bits = 48, .ipa_bits = 40, .vmid_bits = (uint8_t)vmid_bits};

	memset(f, 0, sizeof(*f));
	for (cpu_id_t cpu = 0; cpu < FIXTURE_CPUS; cpu++) {
		f->cpu[cpu].id = cpu;
	}
	fixture_on_cpu(f, 0);
	write_vttbr_el2(0);
	s2_setup(&features);
}
