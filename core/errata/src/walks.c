/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/barrier.h"
#include "arch/sysreg.h"
#include "base/compiler.h"
#include "errata/errata.h"

void errata_walks_stop(struct errata_walks *was)
{
	if (UNLIKELY(errata_needs(ERRATA_SPECULATIVE_AT))) {
		was->tcr = read_tcr_el1();
		was->sctlr = read_sctlr_el1();
		/* Walks first: M with the guest's old tables would be one of them. */
		write_tcr_el1(was->tcr | ERRATA_WALKS_TCR);
		arch_isb();
		write_sctlr_el1(was->sctlr | ERRATA_WALKS_SCTLR);
		arch_isb();
	}
}

void errata_walks_resume(const struct errata_walks *was)
{
	arch_isb();
	write_sctlr_el1(was->sctlr);
	arch_isb();
	write_tcr_el1(was->tcr);
}
