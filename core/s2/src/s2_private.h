/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of core/s2 share.
 */
#ifndef S2_PRIVATE_H
#define S2_PRIVATE_H

#include "arch/barrier.h"
#include "arch/cache.h"
#include "arch/copy.h"
#include "arch/tlb.h"
#include "base/atomic.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "errata/errata.h"
#include "hypmap/hypmap.h"
#include "s2/s2.h"

#define S2_ENTRIES 512U /* of a table that is not the root */

/* VTTBR_EL2 (DDI 0487, D19.2): BADDR low, VMID from bit 48. */
#define VTTBR_EL2_VMID_SHIFT 48U

/* A VMID with its generation: the low 16 bits are the VMID. */
#define VMID_BITS_MAX 16U

/* From two entries on, one invalidation of the whole VMID: what both stages combined have made of
 * it goes in any case, and each invalidation is a message to every CPU. */
#define S2_FLUSH_BY_IPA_MAX 1U

/* Of tests alone: else the instructions are meant. */
extern const struct s2_tlb_ops *s2_tlb;

/* Who is told of removed leaves. */
struct s2_leaf_visitor {
	s2_leaf_fn *fn;
	void *ctx;
};

/* How many entries the table has from this entry on, the entry itself with it. */
unsigned s2_entries_left(ipa_t ipa, unsigned level);

/* First address behind the IPA size. */
uint64_t s2_ipa_end(void);

/* What the entry at `ipa` (rounded down to its start) says. */
struct s2_leaf s2_leaf_of(s2_pte_t *entry, ipa_t ipa, unsigned level);

/* The one place that writes entries that a walker may see: one 64-bit store each. The walkers of
 * other CPUs are sure to see it only after s2_publish(). */
static inline void s2_entry_write(s2_pte_t *entry, s2_pte_t pte)
{
	store_relaxed(&entry->v, pte.v); /* pairs with the walkers of all CPUs */
}

/* Four that map consecutive pages, from `pte` on. */
static inline void s2_entry_write_run(s2_pte_t *entry, s2_pte_t pte)
{
	arch_store_run(&entry->v, pte.v, PAGE_SIZE);
}

/* The instruction; in host builds what a test has put in its place. */
#define S2_OP(operation, instruction, parameters, arguments)                                       \
	static inline void s2_##operation parameters                                               \
	{                                                                                          \
		if (PLINTH_HOST_BUILD) {                                                           \
			s2_tlb->operation arguments;                                               \
		} else {                                                                           \
			instruction arguments;                                                     \
		}                                                                                  \
	}

S2_OP(dsb_ishst, arch_dsb_ishst, (void), ())
S2_OP(dsb_ish, arch_dsb_ish, (void), ())
S2_OP(isb, arch_isb, (void), ())
S2_OP(ic_iallu, arch_ic_iallu, (void), ())
S2_OP(vmalle1, arch_tlbi_vmalle1, (void), ())
S2_OP(ipas2e1is, arch_tlbi_ipas2e1is, (uint64_t ipa), (ipa))
S2_OP(vmalle1is, arch_tlbi_vmalle1is, (void), ())
S2_OP(vmalls12e1is, arch_tlbi_vmalls12e1is, (void), ())
S2_OP(alle1is, arch_tlbi_alle1is, (void), ())

#undef S2_OP

/* An invalidation on all CPUs. ERRATA_REPEAT_TLBI: once may leave entries that a CPU was about to
 * use. */
#define S2_ON_ALL_CPUS(invalidation)                                                               \
	do {                                                                                       \
		invalidation;                                                                      \
		if (UNLIKELY(errata_needs(ERRATA_REPEAT_TLBI))) {                                  \
			s2_dsb_ish();                                                              \
			invalidation;                                                              \
		}                                                                                  \
	} while (0)

/* Completes entries' stores before what follows: a TLBI (else a walk could fill the TLB again
 * from the old entry behind it), or an entry that leads to them. */
static inline void s2_publish(void)
{
	s2_dsb_ishst();
}

/* Removes the translations of `count` entries, the first of which is at `ipa`, from all TLBs, of
 * stage 2 and of both stages combined, complete on return. The entries are changed and published.
 */
void s2_tlb_flush(const struct s2_space *space, ipa_t ipa, unsigned count);

/* Removes everything that TLBs and walk caches hold of this space. */
void s2_tlb_flush_all(const struct s2_space *space);

/* Break-before-make (DDI 0487, D8.14.1): makes `count` entries invalid and removes them from the
 * TLBs. The only way from one valid entry to another with a different address, size or type. */
void s2_break(const struct s2_space *space, s2_pte_t *entry, ipa_t ipa, unsigned count);

void s2_vmid_setup(unsigned bits);
static inline uint64_t s2_vttbr(const struct s2_space *space, uint64_t vmid)
{
	return space->root.v | (vmid & MASK_BELOW(VMID_BITS_MAX)) << VTTBR_EL2_VMID_SHIFT;
}

#endif
