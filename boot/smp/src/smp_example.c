/* SPDX-License-Identifier: Apache-2.0 */
/* The worked example of a vendor's own protocol, made up (tests/payload/example_pen is its
 * firmware): all CPUs poll one pair of device-like words. WHO takes a CPU's MPIDR with bit 63 set;
 * that CPU reads WHERE, writes 0 to WHO and jumps. */
#include "arch/cpu.h"
#include "arch/mmio.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/patience.h"
#include "smp/smp.h"

#define WHO	  0U
#define WHERE	  8U
#define WORDS	  16U
#define WHO_VALID BIT(63)

static enum plinth_status start_by_example(const struct smp_start *start, int64_t *answer)
{
	uint64_t words = start->cpu->address;
	struct patience patience = patience_of(read_cntpct_el0(), start->frequency, SMP_ANSWER_MS);

	(void)answer;
	if (words == 0U || !is_aligned(words, WORDS)) {
		return PLINTH_EFAULT;
	}
	arch_mmio_write64(words + WHERE, start->entry);
	arch_mmio_write64(words + WHO, start->cpu->mpidr | WHO_VALID);
	while (arch_mmio_read64(words + WHO) != 0U) {
		if (patience_is_over(&patience, read_cntpct_el0())) {
			arch_mmio_write64(words + WHO, 0); /* the next CPU's turn */
			return PLINTH_ETIMEDOUT;
		}
		arch_yield();
	}
	return PLINTH_OK;
}

const struct smp_method smp_example = {
	.id = MACHINE_CPU_EXAMPLE,
	.name = "plinth,example-pen",
	.start = start_by_example,
};
