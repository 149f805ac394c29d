/* SPDX-License-Identifier: Apache-2.0 */
#include "el2count/el2count.h"

#include "arch/barrier.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "percpu/percpu.h"

#define DFR0_PMUVER_SHIFT  8U
#define DFR0_PMUVER_WIDTH  4U
#define PMUVER_NONE	   0U
#define PMUVER_IMPDEF	   15U
#define PMCR_N_SHIFT	   11U
#define PMCR_N_WIDTH	   5U
#define PMCR_E		   BIT(0)
#define MDCR_HPME	   BIT(7)
#define EVENT_INST_RETIRED UINT64_C(8)
/* PMEVTYPER0_EL0: not at EL1 (P), not at EL0 (U), at EL2 (NSH). */
#define FILTER_EL2_ALONE (BIT(31) | BIT(30) | BIT(27))

/* CCSIDR_EL1, in its two formats (FEAT_CCIDX); numbers are one less than what they count. */
#define MMFR2_CCIDX_SHIFT	   20U
#define MMFR2_CCIDX_WIDTH	   4U
#define CSSELR_LEVEL1_INSTRUCTIONS UINT64_C(1)
#define CCSIDR_WAYS_SHIFT	   3U
#define CCSIDR_WAYS_WIDTH	   10U
#define CCSIDR_SETS_SHIFT	   13U
#define CCSIDR_SETS_WIDTH	   15U
#define CCSIDR_WIDE_WAYS_SHIFT	   3U
#define CCSIDR_WIDE_WAYS_WIDTH	   21U
#define CCSIDR_WIDE_SETS_SHIFT	   32U
#define CCSIDR_WIDE_SETS_WIDTH	   24U

/* Written by each CPU for itself, read by all. */
static struct {
	uint64_t sum;
	uint64_t scrub;
	struct el2count_caches caches;
	uint32_t last;
	bool counts;
} counter[CPU_MAX];

void el2count_cpu_init(void)
{
	uint64_t version = FIELD_GET(read_id_aa64dfr0_el1(), DFR0_PMUVER);

	if (version == PMUVER_NONE || version == PMUVER_IMPDEF ||
		FIELD_GET(read_pmcr_el0(), PMCR_N) == 0U) {
		return;
	}
	write_pmevtyper0_el0(FILTER_EL2_ALONE | EVENT_INST_RETIRED);
	write_pmevcntr0_el0(0);
	write_pmcntenset_el0(BIT(0));
	write_pmcr_el0(read_pmcr_el0() | PMCR_E);
	write_mdcr_el2(read_mdcr_el2() | MDCR_HPME);
	arch_isb();
	counter[cpu_this()].counts = true;
}

uint32_t el2count_now(void)
{
	return counter[cpu_this()].counts ? (uint32_t)read_pmevcntr0_el0() : 0U;
}

void el2count_publish(void)
{
	cpu_id_t cpu = cpu_this();
	uint32_t now;

	if (!counter[cpu].counts) {
		return;
	}
	now = (uint32_t)read_pmevcntr0_el0();
	/* Alone in writing it; readers take what they find. */
	store_relaxed(&counter[cpu].sum, counter[cpu].sum + (uint32_t)(now - counter[cpu].last));
	counter[cpu].last = now;
}

uint64_t el2count_total(void)
{
	uint64_t total = 0;

	el2count_publish();
	for (uint32_t i = 0; i < percpu_count; i++) {
		total += load_relaxed(&counter[i].sum);
	}
	return total;
}

void el2count_add_scrub(uint32_t instructions)
{
	cpu_id_t cpu = cpu_this();

	store_relaxed(&counter[cpu].scrub, counter[cpu].scrub + instructions);
}

uint64_t el2count_scrub(void)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < percpu_count; i++) {
		total += load_relaxed(&counter[i].scrub);
	}
	return total;
}

void el2count_add_caches(uint64_t data_lines, uint64_t icache_all)
{
	struct el2count_caches *own = &counter[cpu_this()].caches;

	store_relaxed(&own->data_lines, own->data_lines + data_lines);
	store_relaxed(&own->icache_all, own->icache_all + icache_all);
}

struct el2count_caches el2count_caches(void)
{
	struct el2count_caches total = {0, 0};

	for (uint32_t i = 0; i < percpu_count; i++) {
		total.data_lines += load_relaxed(&counter[i].caches.data_lines);
		total.icache_all += load_relaxed(&counter[i].caches.icache_all);
	}
	return total;
}

uint32_t el2count_icache_lines(void)
{
	bool wide = FIELD_GET(read_id_aa64mmfr2_el1(), MMFR2_CCIDX) != 0U;
	uint64_t guests = read_csselr_el1();
	uint64_t ccsidr;

	write_csselr_el1(CSSELR_LEVEL1_INSTRUCTIONS);
	arch_isb();
	ccsidr = read_ccsidr_el1();
	write_csselr_el1(guests);
	if (wide) {
		return (uint32_t)((FIELD_GET(ccsidr, CCSIDR_WIDE_WAYS) + 1U) *
				  (FIELD_GET(ccsidr, CCSIDR_WIDE_SETS) + 1U));
	}
	return (uint32_t)((FIELD_GET(ccsidr, CCSIDR_WAYS) + 1U) *
			  (FIELD_GET(ccsidr, CCSIDR_SETS) + 1U));
}
