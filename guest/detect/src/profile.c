/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/profile.h"

#include <limits.h>

bool detect_profile_all_trap(enum detect_level level, enum detect_probe_id probe)
{
	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		const struct detect_profile *profile = detect_profile(i);
		char known = profile->probes[level][probe];

		if (profile->is_hypervisor && known != PROFILE_TRAPPED &&
			known != PROFILE_REFUSED) {
			return false;
		}
	}
	return true;
}

/* The answer as a profile writes it; PROFILE_VARIES where there is none. */
static char answer_letter(enum detect_answer answer)
{
	switch (answer) {
	case DETECT_TRAPPED:
		return PROFILE_TRAPPED;
	case DETECT_NOT_TRAPPED:
		return PROFILE_NOT_TRAPPED;
	case DETECT_REFUSED:
		return PROFILE_REFUSED;
	case DETECT_NOT_RUN:
	case DETECT_UNCLEAR:
		break;
	}
	return PROFILE_VARIES;
}

static unsigned count_answers(
	const struct detect_profile *profile, const struct detect_report *report, bool equal)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		char known = profile->probes[report->level][i];
		char seen = answer_letter(report->findings[i].verdict);

		if (known != PROFILE_VARIES && seen != PROFILE_VARIES && (known == seen) == equal) {
			count++;
		}
	}
	return count;
}

unsigned detect_profile_contradictions(
	const struct detect_profile *profile, const struct detect_report *report)
{
	return count_answers(profile, report, false);
}

unsigned detect_profile_agreements(
	const struct detect_profile *profile, const struct detect_report *report)
{
	return count_answers(profile, report, true);
}

/* An undecided report may look like anything. */
static bool agrees(const struct detect_profile *profile, enum detect_verdict verdict)
{
	return verdict == DETECT_UNDECIDED || profile->is_hypervisor == (verdict == DETECT_PRESENT);
}

/* The less, the likelier: contradictions first, then what does not agree. */
static unsigned distance(const struct detect_profile *profile, const struct detect_report *report)
{
	return detect_profile_contradictions(profile, report) * (PROBE_COUNT + 1U) + PROBE_COUNT -
	       detect_profile_agreements(profile, report);
}

struct detect_likely detect_profile_match(const struct detect_report *report)
{
	unsigned least = UINT_MAX;
	struct detect_likely likely = {0};

	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		const struct detect_profile *profile = detect_profile(i);

		if (agrees(profile, report->verdict) && distance(profile, report) < least) {
			least = distance(profile, report);
			likely.contradictions = detect_profile_contradictions(profile, report);
		}
	}
	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		likely.is_likely[i] = agrees(detect_profile(i), report->verdict) &&
				      distance(detect_profile(i), report) == least;
	}
	return likely;
}
