/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded on 2026-11-22 on QEMU 7.2.22 (TCG), cortex-a57, by the guests of tests/system/
 * test_detect.py: at EL0 under Debian's linux 6.1, at EL1 by the bare payload; Debian's linux 6.1
 * and qemu 7.2 as KVM, its xen 4.17 dom0less; on 2026-11-28 on max, and on 2026-11-29 KVM, Xen and
 * Plinth on cortex-a72 and neoverse-n1 as well. docs/detect.md has the rows as they came.
 *
 * PROFILE_VARIES where something else than the system decides: MDCCSR_EL0 at EL0 (refused where
 * MDSCR_EL1.TDCC works, but QEMU 7.2 has it not; Plinth refuses in its stead), MDCCSR_EL0 and
 * MDSCR_EL1 under KVM (not trapped while the guest is debugged), CTR_EL0 at EL0 (Linux traps it on
 * neoverse-n1 and max), WFE (QEMU traps none), features of the CPU (AMU, LOR, VHE), memory that was
 * executed before, caches that were off.
 */
#include "detect/profile.h"

/* Columns, in the order of enum detect_probe_id:
 *   mdccsr pmuserenr amuserenr first-fetch / ctr cntvct cntpct dc-cvau dc-civac wfe wfi pmcr pfr0 /
 *   actlr dc-cisw oslsr mdrar mdscr / lorc cntp-ctl revidr clidr contextidr */
#define ROW(first, second, third, fourth) first second third fourth

static const struct detect_profile profiles[PROFILE_COUNT] = {
	{"KVM", true,
		{[DETECT_EL0] = ROW("*T**", "*NRNN**RT", "*****", "*****"),
			[DETECT_EL1] = ROW("*T**", "NNNNN**TT", "TTTT*", "**NNN")}},
	{"Xen", true,
		{[DETECT_EL0] = ROW("*T*N", "*NRNN**RT", "*****", "*****"),
			[DETECT_EL1] = ROW("TT*N", "NNNNN**TT", "TTTTT", "*TNNN")}},
	{"Plinth", true,
		{[DETECT_EL0] = ROW("RR**", "*NRNN**RT", "*****", "*****"),
			[DETECT_EL1] = ROW("TR**", "NNTNN**RT", "TTTTT", "RTNN*")}},
	{"QEMU without EL2", false,
		{[DETECT_EL0] = ROW("*N*N", "*NRNNN*RT", "*****", "*****"),
			[DETECT_EL1] = ROW("NN*N", "NNNNN**NN", "NNNNN", "*NNNN")}},
};

const struct detect_profile *detect_profile(size_t index)
{
	return &profiles[index];
}
