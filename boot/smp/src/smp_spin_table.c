/* SPDX-License-Identifier: Apache-2.0 */
/* The devicetree's spin table (Linux, Documentation/arch/arm64/booting.rst): the CPU polls a word
 * with its MMU off, and jumps to what is in it. Several CPUs may share one word: the first start
 * brings all of them into the pen. */
#include "arch/cpu.h"
#include "arch/mmio.h"
#include "base/bits.h"
#include "cache/cache.h"
#include "smp/smp.h"

static enum plinth_status start_by_spin_table(const struct smp_start *start, int64_t *answer)
{
	uint64_t word = start->cpu->address;

	(void)answer;
	if (word == 0U || !is_aligned(word, sizeof(uint64_t)) ||
		!machine_is_memory(start->machine, word, sizeof(uint64_t))) {
		return PLINTH_EFAULT;
	}
	arch_mmio_write64(word, start->entry);
	cache_clean((const void *)(uintptr_t)word, sizeof(uint64_t));
	arch_sev();
	return PLINTH_OK;
}

const struct smp_method smp_spin_table = {
	.id = MACHINE_CPU_SPIN_TABLE,
	.name = "spin-table",
	.start = start_by_spin_table,
};
