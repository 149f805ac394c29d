/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recorded on 2026-11-22 with QEMU 7.2.22 (TCG) and Debian's linux 6.1, xen 4.17 and qemu 7.2, on
 * cortex-a57, cortex-a72, neoverse-n1 and max, by tests/system/test_detect.py, whose long part
 * compares what it sees with this table. PROFILE_VARIES: these CPUs differ, or it depends on what
 * happened before (memory that was executed, a debugger in the guest).
 */
#include "detect/profile.h"

/* Columns, in the order of enum detect_probe_id:
 *   mdccsr pmuserenr amuserenr first-fetch / ctr cntvct cntpct dc-cvau dc-civac wfe wfi pmcr pfr0 /
 *   actlr dc-cisw oslsr mdrar mdscr / lorc cntp-ctl revidr clidr contextidr */
#define ROW(first, second, third, fourth) first second third fourth

static const struct detect_profile profiles[PROFILE_COUNT] = {
	{"KVM", true,
		{[DETECT_EL0] = ROW("*T**", "NN*NN**RT", "*****", "*****"),
			[DETECT_EL1] = ROW("*T**", "NN*NN**TT", "TT***", "*****")}},
	{"Xen", true,
		{[DETECT_EL0] = ROW("TT**", "NN*NN**RT", "*****", "*****"),
			[DETECT_EL1] = ROW("TT**", "NN*NN**TT", "TT***", "*****")}},
	{"Plinth", true,
		{[DETECT_EL0] = ROW("RR**", "NN*NN**RT", "*****", "*****"),
			[DETECT_EL1] = ROW("TR**", "NN*NN**RT", "TT***", "*****")}},
	{"QEMU without EL2", false,
		{[DETECT_EL0] = ROW("NN**", "NN*NN**RT", "*****", "*****"),
			[DETECT_EL1] = ROW("NN**", "NN*NN**NN", "NN***", "*****")}},
};

const struct detect_profile *detect_profile(size_t index)
{
	return &profiles[index];
}
