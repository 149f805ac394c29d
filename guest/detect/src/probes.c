/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/probe.h"

#include "base/compiler.h"
#include "base/string.h"

#define EL0_AND_EL1(el0, el1)                                                                      \
	{                                                                                          \
		[DETECT_EL0] = (el0), [DETECT_EL1] = (el1)                                         \
	}

/* Below EL0 lies the operating system: DECISIVE there are rows which no control of EL1 traps, or
 * whose trap to EL1 a system refuses instead of answering. */
static const struct detect_probe probes[] = {
	[PROBE_MDCCSR] = {"mdccsr", "mrs x, MDCCSR_EL0", "MDCR_EL2.TDA",
		"Debug channel status. MDSCR_EL1.TDCC makes EL0's access a fault, which is no "
		"answer. "
		"KVM lets it through while the guest is being debugged.",
		EL0_AND_EL1(ROLE_DECISIVE, ROLE_DECISIVE), 0, false},
	[PROBE_PMUSERENR] = {"pmuserenr", "mrs x, PMUSERENR_EL0", "MDCR_EL2.TPM",
		"PMU user enable: EL0 may always read it, and no control of EL1 traps it. "
		"Hypervisors "
		"trap the PMU because they share or hide it. Refused where there is no PMU.",
		EL0_AND_EL1(ROLE_DECISIVE, ROLE_DECISIVE), 0, false},
	[PROBE_AMUSERENR] = {"amuserenr", "mrs x, AMUSERENR_EL0", "CPTR_EL2.TAM",
		"Activity monitors user enable, as pmuserenr. Refused where there are none.",
		EL0_AND_EL1(ROLE_DECISIVE, ROLE_DECISIVE), 0, false},
	[PROBE_FIRST_FETCH] = {"first-fetch", "blr to a page of new code", "stage 2, XN",
		"Executes code in memory that was only written so far; the control executes it "
		"again. "
		"Hypervisors that keep caches coherent at the first fetch see the first alone. "
		"Memory that was executed before, maybe by another program, shows nothing.",
		EL0_AND_EL1(ROLE_DECISIVE, ROLE_DECISIVE), 80, true},
	[PROBE_CTR] = {"ctr", "mrs x, CTR_EL0", "HCR_EL2.TID2",
		"Cache type. At EL0 an operating system may trap it (SCTLR_EL1.UCT) and answer.",
		EL0_AND_EL1(ROLE_PROFILE, ROLE_DECISIVE), 0, false},
	[PROBE_CNTVCT] = {"cntvct", "mrs x, CNTVCT_EL0", "CNTHCTL_EL2.EL1TVCT",
		"Virtual counter. At EL0 an operating system may trap it (timer errata) and "
		"answer.",
		EL0_AND_EL1(ROLE_PROFILE, ROLE_DECISIVE), 0, false},
	[PROBE_CNTPCT] = {"cntpct", "mrs x, CNTPCT_EL0", "CNTHCTL_EL2.EL1PCTEN",
		"Physical counter. At EL0 operating systems refuse it, or trap it and answer.",
		EL0_AND_EL1(ROLE_PROFILE, ROLE_DECISIVE), 0, false},
	[PROBE_CVAU] = {"dc-cvau", "dc cvau, x", "HCR_EL2.TPU",
		"Clean to the point of unification. At EL0 an operating system may trap it "
		"(SCTLR_EL1.UCI, errata) and do it.",
		EL0_AND_EL1(ROLE_PROFILE, ROLE_DECISIVE), 0, false},
	[PROBE_CIVAC] = {"dc-civac", "dc civac, x", "HCR_EL2.TPCP",
		"Clean and invalidate to the point of coherency, as dc-cvau.",
		EL0_AND_EL1(ROLE_PROFILE, ROLE_DECISIVE), 0, false},
	/* At EL1 it might wait for ever: nobody need send events. */
	[PROBE_WFE] = {"wfe", "wfe", "HCR_EL2.TWE",
		"Waits for up to a period of the event stream, in which interrupts come too: a "
		"profile "
		"alone. Hypervisors leave it alone while a CPU has nothing else to do.",
		EL0_AND_EL1(ROLE_PROFILE, ROLE_NONE), 64, false},
	[PROBE_WFI] = {"wfi", "wfi", "HCR_EL2.TWI",
		"Operating systems trap it at EL0 (SCTLR_EL1.nTWI), or it waits for an interrupt, "
		"which clears the monitor too.",
		EL0_AND_EL1(ROLE_REQUEST, ROLE_NONE), 64, false},
	[PROBE_PMCR] = {"pmcr", "mrs x, PMCR_EL0", "MDCR_EL2.TPM",
		"PMU control. At EL0 it is refused unless the system enables it.",
		EL0_AND_EL1(ROLE_PROFILE, ROLE_DECISIVE), 0, false},
	[PROBE_PFR0] = {"pfr0", "mrs x, ID_AA64PFR0_EL1", "HCR_EL2.TID3",
		"An ID register. At EL0 it always traps to EL1, where Linux answers: trapped, and "
		"still no word about EL2.",
		EL0_AND_EL1(ROLE_PROFILE, ROLE_DECISIVE), 0, false},
	[PROBE_ACTLR] = {"actlr", "mrs x, ACTLR_EL1", "HCR_EL2.TACR", "Auxiliary control.",
		EL0_AND_EL1(ROLE_NONE, ROLE_DECISIVE), 0, false},
	[PROBE_CISW] = {"dc-cisw", "dc cisw, x", "HCR_EL2.TSW",
		"Clean and invalidate by set and way, of set 0, way 0 of the first level.",
		EL0_AND_EL1(ROLE_NONE, ROLE_DECISIVE), 0, false},
	[PROBE_OSLSR] = {"oslsr", "mrs x, OSLSR_EL1", "MDCR_EL2.TDOSA", "Debug OS lock status.",
		EL0_AND_EL1(ROLE_NONE, ROLE_DECISIVE), 0, false},
	[PROBE_MDRAR] = {"mdrar", "mrs x, MDRAR_EL1", "MDCR_EL2.TDRA", "Debug ROM address.",
		EL0_AND_EL1(ROLE_NONE, ROLE_DECISIVE), 0, false},
	[PROBE_MDSCR] = {"mdscr", "mrs x, MDSCR_EL1", "MDCR_EL2.TDA", "Monitor debug control.",
		EL0_AND_EL1(ROLE_NONE, ROLE_DECISIVE), 0, false},
	[PROBE_LORC] = {"lorc", "mrs x, LORC_EL1", "HCR_EL2.TLOR",
		"Limited ordering regions. Refused where there are none.",
		EL0_AND_EL1(ROLE_NONE, ROLE_DECISIVE), 0, false},
	[PROBE_CNTP_CTL] = {"cntp-ctl", "mrs x, CNTP_CTL_EL0", "CNTHCTL_EL2.EL1PCEN",
		"Physical timer control.", EL0_AND_EL1(ROLE_NONE, ROLE_DECISIVE), 0, false},
	[PROBE_REVIDR] = {"revidr", "mrs x, REVIDR_EL1", "HCR_EL2.TID1", "Revision ID.",
		EL0_AND_EL1(ROLE_NONE, ROLE_DECISIVE), 0, false},
	[PROBE_CLIDR] = {"clidr", "mrs x, CLIDR_EL1", "HCR_EL2.TID2", "Cache level ID.",
		EL0_AND_EL1(ROLE_NONE, ROLE_DECISIVE), 0, false},
	[PROBE_CONTEXTIDR] = {"contextidr", "msr CONTEXTIDR_EL1, x", "HCR_EL2.TVM",
		"Writes back what is there. Trapped, if at all, until the caches are on.",
		EL0_AND_EL1(ROLE_NONE, ROLE_DECISIVE), 0, false},
};

STATIC_ASSERT(ARRAY_SIZE(probes) == PROBE_COUNT, "a row for each probe");

const struct detect_probe *detect_probe(enum detect_probe_id id)
{
	return &probes[id];
}

bool detect_probe_find(const char *name, enum detect_probe_id *id)
{
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		if (strcmp(probes[i].name, name) == 0) {
			*id = (enum detect_probe_id)i;
			return true;
		}
	}
	return false;
}
