/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/barrier.h"
#include "arch/cache.h"
#include "arch/sysreg.h"
#include "arch/tlb.h"
#include "base/atomic.h"
#include "base/compiler.h"
#include "errata/errata.h"
#include "percpu/percpu.h"
#include "s2_private.h"

const struct s2_tlb_ops s2_tlb_arch = {
	.dsb_ishst = arch_dsb_ishst,
	.dsb_ish = arch_dsb_ish,
	.ipas2e1is = arch_tlbi_ipas2e1is,
	.vmalle1is = arch_tlbi_vmalle1is,
	.vmalls12e1is = arch_tlbi_vmalls12e1is,
	.alle1is = arch_tlbi_alle1is,
	.vmalle1 = arch_tlbi_vmalle1,
	.ic_iallu = arch_ic_iallu,
	.isb = arch_isb,
};

const struct s2_tlb_ops *s2_tlb = &s2_tlb_arch;

void s2_set_tlb_ops(const struct s2_tlb_ops *ops)
{
	s2_tlb = ops != NULL ? ops : &s2_tlb_arch;
}

static void flush_ipa(ipa_t ipa)
{
	S2_ON_ALL_CPUS(s2_ipas2e1is(ipa.v));
	/* Entries of both stages combined are found by virtual address alone, which we don't know:
	 * all of the VMID go. They must go after stage 2's, or they could be made from them again
	 * (DDI 0487, D8.14.5). */
	s2_dsb_ish();
	S2_ON_ALL_CPUS(s2_vmalle1is());
	s2_dsb_ish(); /* other CPUs are done with accesses by the old entry */
}

/* What the entry at ipa translated or, if not `one`, all of the VMID that is in VTTBR_EL2. */
static inline void flush_loaded(ipa_t ipa, bool one)
{
	if (one) {
		flush_ipa(ipa);
	} else {
		S2_ON_ALL_CPUS(s2_vmalls12e1is());
		s2_dsb_ish();
	}
}

/* The TLBIs act on the VMID in VTTBR_EL2, and the space may be another VM's than the one that runs
 * here. */
static void flush_other(uint64_t vttbr, uint64_t wanted, ipa_t ipa, bool one)
{
	struct errata_walks walks;

	errata_walks_stop(&walks);
	write_vttbr_el2(wanted);
	s2_isb(); /* else the TLBI could still use the old VMID */
	flush_loaded(ipa, one);
	write_vttbr_el2(vttbr);
	if (UNLIKELY(errata_needs(ERRATA_SPECULATIVE_AT))) {
		errata_walks_resume(&walks);
	}
	s2_isb();
}

static inline void flush(const struct s2_space *space, ipa_t ipa, bool one)
{
	uint64_t vmid = load_relaxed(&space->vmid);
	uint64_t wanted = s2_vttbr(space, vmid);
	uint64_t vttbr = read_vttbr_el2();

	if (LIKELY(vttbr == wanted)) {
		flush_loaded(ipa, one);
	} else if (vmid != 0U) {
		flush_other(vttbr, wanted, ipa, one);
	}
	/* Without a VMID no TLB can hold any of the space. If it gets its first one on another CPU
	 * meanwhile, that CPU's DSB (s2_vmid_load) and ours (s2_publish) make sure that either we
	 * see the VMID or its walks see our entries. */
}

void s2_tlb_flush(const struct s2_space *space, ipa_t ipa, unsigned count)
{
	flush(space, ipa, count <= S2_FLUSH_BY_IPA_MAX);
}

void s2_tlb_flush_all(const struct s2_space *space)
{
	flush(space, ipa_init(0), false);
}

void s2_break(const struct s2_space *space, s2_pte_t *entry, ipa_t ipa, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		s2_entry_write(&entry[i], s2_pte_note(S2_PAGE_NONE));
	}
	s2_publish();
	s2_tlb_flush(space, ipa, count);
}

void s2_reset_vcpu(struct s2_space *space, vcpu_id_t vcpu)
{
	for (cpu_id_t cpu = 0; cpu < CPU_MAX; cpu++) {
		if (load_relaxed(&space->last_vcpu[cpu]) == vcpu + 1U) {
			store_relaxed(&space->last_vcpu[cpu], UINT16_C(0));
		}
	}
}

bool s2_enter_vcpu(struct s2_space *space, cpu_id_t cpu, vcpu_id_t vcpu)
{
	uint16_t mark = (uint16_t)(vcpu + 1U);

	if (load_relaxed(&space->last_vcpu[cpu]) == mark) {
		return false;
	}
	store_relaxed(&space->last_vcpu[cpu], mark);
	s2_vmalle1();
	s2_ic_iallu();
	s2_dsb_ish(); /* the ERET to the vCPU is the context synchronisation */
	return true;
}
