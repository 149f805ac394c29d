/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/profile.h"

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

unsigned detect_profile_contradictions(
	const struct detect_profile *profile, const struct detect_report *report)
{
	unsigned count = 0;

	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		char known = profile->probes[report->level][i];
		char seen = answer_letter(report->findings[i].verdict);

		if (known != PROFILE_VARIES && seen != PROFILE_VARIES && known != seen) {
			count++;
		}
	}
	return count;
}

/* An undecided report may look like anything. */
static bool agrees(const struct detect_profile *profile, enum detect_verdict verdict)
{
	return verdict == DETECT_UNDECIDED || profile->is_hypervisor == (verdict == DETECT_PRESENT);
}

struct detect_likely detect_profile_match(const struct detect_report *report)
{
	unsigned counts[PROFILE_COUNT];
	struct detect_likely likely = {.contradictions = PROBE_COUNT};

	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		counts[i] = detect_profile_contradictions(detect_profile(i), report);
		if (agrees(detect_profile(i), report->verdict) &&
			counts[i] < likely.contradictions) {
			likely.contradictions = counts[i];
		}
	}
	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		likely.is_likely[i] = agrees(detect_profile(i), report->verdict) &&
				      counts[i] == likely.contradictions;
	}
	return likely;
}
