/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Instruction profiles: which probes known systems trap, recorded by our own runs
 * (docs/detect.md says how). Used for two things: `absent` rests on a probe that all recorded
 * hypervisors trap, and a report names the systems that it looks like.
 */
#ifndef DETECT_PROFILE_H
#define DETECT_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "detect/detect.h"

/* What is known of a probe under a system. */
#define PROFILE_TRAPPED	    'T' /* and answered */
#define PROFILE_REFUSED	    'R' /* trapped by the hypervisor, which then refuses it */
#define PROFILE_NOT_TRAPPED 'N'
#define PROFILE_VARIES	    '*' /* with CPU, configuration or what went before; or not recorded */

struct detect_profile {
	const char *name;
	bool is_hypervisor;
	char probes[DETECT_LEVELS][PROBE_COUNT];
};

#define PROFILE_COUNT 4U

/* index < PROFILE_COUNT. Never NULL. */
const struct detect_profile *detect_profile(size_t index);

/* Does no recorded hypervisor let this probe through at this level? */
bool detect_profile_all_trap(enum detect_level level, enum detect_probe_id probe);

/* How many answers of the report contradict the profile; PROFILE_VARIES, unclear ones and those
 * that were not run don't. */
unsigned detect_profile_contradictions(
	const struct detect_profile *profile, const struct detect_report *report);

/* How many answers are as the profile says; what varies is neither. */
unsigned detect_profile_agreements(
	const struct detect_profile *profile, const struct detect_report *report);

struct detect_likely {
	bool is_likely[PROFILE_COUNT]; /* the fewest contradictions; of those, the most agreements
					*/
	unsigned contradictions;       /* how many these have */
};

/* The profiles that the report looks like, of those that agree with its verdict; with an undecided
 * one, of all. At least one. */
struct detect_likely detect_profile_match(const struct detect_report *report);

#endif
