/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/output.h"

#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"
#include "detect/profile.h"

PRINTF_LIKE(2, 3) static void print(const struct detect_sink *sink, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)fmt_vprint(sink->put, sink->ctx, format, args);
	va_end(args);
}

const char *detect_verdict_name(enum detect_verdict verdict)
{
	switch (verdict) {
	case DETECT_PRESENT:
		return "present";
	case DETECT_ABSENT:
		return "absent";
	case DETECT_UNDECIDED:
		break;
	}
	return "undecided";
}

const char *detect_answer_name(enum detect_answer answer)
{
	switch (answer) {
	case DETECT_TRAPPED:
		return "trapped";
	case DETECT_NOT_TRAPPED:
		return "not trapped";
	case DETECT_REFUSED:
		return "refused";
	case DETECT_UNCLEAR:
		return "unclear";
	case DETECT_NOT_RUN:
		break;
	}
	return "not run";
}

static const char *role_name(enum detect_role role)
{
	switch (role) {
	case ROLE_DECISIVE:
		return "decides";
	case ROLE_PROFILE:
		return "profile";
	case ROLE_REQUEST:
		return "on request";
	case ROLE_NONE:
		break;
	}
	return "-";
}

static const char *level_name(enum detect_level level)
{
	return level == DETECT_EL0 ? "EL0" : "EL1";
}

static void print_verdict(const struct detect_sink *sink, const struct detect_report *report)
{
	static const char *const meaning[] = {
		[DETECT_PRESENT] = "software runs at a higher level and traps instructions",
		[DETECT_ABSENT] = "nothing traps what all known hypervisors trap",
		[DETECT_UNDECIDED] = "nothing that was seen decides it",
	};

	print(sink, "%s: %s", detect_verdict_name(report->verdict), meaning[report->verdict]);
	if (report->doubt_bits != 0U) {
		print(sink, " (by accident: below 2^-%u)", report->doubt_bits);
	}
	print(sink, "\n");
}

/* Whether leaving out this probe is a question at all. */
static bool may_decide(const struct detect_report *report, enum detect_probe_id id)
{
	return report->findings[id].verdict != DETECT_NOT_RUN &&
	       detect_probe(id)->role[report->level] == ROLE_DECISIVE;
}

/* A line for each probe that the verdict rests on alone. */
static void print_support(const struct detect_sink *sink, const struct detect_report *report)
{
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		enum detect_probe_id id = (enum detect_probe_id)i;
		enum detect_verdict without = detect_verdict_without(report, id);

		if (may_decide(report, id) && without != report->verdict) {
			print(sink, "without %s: %s\n", detect_probe(id)->name,
				detect_verdict_name(without));
		}
	}
}

static void print_likely(const struct detect_sink *sink, const struct detect_report *report)
{
	struct detect_likely likely = detect_profile_match(report);
	const char *separator = "looks like: ";

	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		if (likely.is_likely[i]) {
			print(sink, "%s%s", separator, detect_profile(i)->name);
			separator = " or ";
		}
	}
	print(sink, " (answers that differ from its profile: %u)\n", likely.contradictions);
}

static void print_finding(
	const struct detect_sink *sink, enum detect_probe_id id, const struct detect_report *report)
{
	const struct detect_probe *probe = detect_probe(id);
	const struct detect_finding *finding = &report->findings[id];
	const struct detect_evidence *seen = &finding->evidence;

	print(sink, "%-12s %-11s %-8s", probe->name, detect_answer_name(finding->verdict),
		role_name(probe->role[report->level]));
	if (finding->verdict == DETECT_REFUSED) {
		print(sink, " %4u of %-4u faulted                     ", seen->faulted, seen->runs);
	} else {
		print(sink, " %4u of %-4u cleared, control %4u of %-4u", seen->cleared, seen->runs,
			seen->control_cleared, seen->control_runs);
	}
	print(sink, " %-24s %s\n", probe->instruction, probe->trap);
}

static void print_explanation(const struct detect_sink *sink, enum detect_probe_id id)
{
	print(sink, "             %s\n", detect_probe(id)->explanation);
}

void detect_print_text(
	const struct detect_sink *sink, const struct detect_report *report, bool explain)
{
	print_verdict(sink, report);
	print_support(sink, report);
	print_likely(sink, report);
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		if (report->findings[i].verdict != DETECT_NOT_RUN) {
			print_finding(sink, (enum detect_probe_id)i, report);
			if (explain) {
				print_explanation(sink, (enum detect_probe_id)i);
			}
		}
	}
	if (explain) {
		print(sink,
			"\nEach probe runs a load-exclusive, its instruction and a "
			"store-exclusive; its "
			"control the\nsame with a NOP. An exception return clears the monitor, so "
			"where "
			"the instruction is\ntrapped the store fails. \"decides\": at %s only a "
			"higher "
			"level than EL1 can be the\ncause. An answer counts if accident explains "
			"it with "
			"at most 2^-%u.\n",
			level_name(report->level), DETECT_DOUBT_BITS);
	}
}

static void print_json_support(const struct detect_sink *sink, const struct detect_report *report)
{
	const char *separator = "";

	print(sink, "\"without\":{");
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		enum detect_probe_id id = (enum detect_probe_id)i;

		if (may_decide(report, id)) {
			print(sink, "%s\"%s\":\"%s\"", separator, detect_probe(id)->name,
				detect_verdict_name(detect_verdict_without(report, id)));
			separator = ",";
		}
	}
	print(sink, "},");
}

static void print_json_likely(const struct detect_sink *sink, const struct detect_report *report)
{
	struct detect_likely likely = detect_profile_match(report);
	const char *separator = "";

	print(sink, "\"likely\":[");
	for (size_t i = 0; i < PROFILE_COUNT; i++) {
		if (likely.is_likely[i]) {
			print(sink, "%s\"%s\"", separator, detect_profile(i)->name);
			separator = ",";
		}
	}
	print(sink, "],\"contradictions\":%u", likely.contradictions);
}

static void print_json_finding(
	const struct detect_sink *sink, enum detect_probe_id id, const struct detect_report *report)
{
	const struct detect_finding *finding = &report->findings[id];
	const struct detect_evidence *seen = &finding->evidence;
	bool is_decisive = detect_probe(id)->role[report->level] == ROLE_DECISIVE;

	print(sink,
		"{\"name\":\"%s\",\"verdict\":\"%s\",\"decisive\":%s,\"runs\":%u,\"cleared\":%u,"
		"\"faulted\":%u,\"control_runs\":%u,\"control_cleared\":%u,\"doubt_bits\":%u}",
		detect_probe(id)->name, detect_answer_name(finding->verdict),
		is_decisive ? "true" : "false", seen->runs, seen->cleared, seen->faulted,
		seen->control_runs, seen->control_cleared, seen->doubt_bits);
}

void detect_print_json(const struct detect_sink *sink, const struct detect_report *report)
{
	const char *separator = "";

	print(sink, "{\"verdict\":\"%s\",", detect_verdict_name(report->verdict));
	print_json_support(sink, report);
	print(sink, "\"level\":\"%s\",\"doubt_bits\":%u,", level_name(report->level),
		report->doubt_bits);
	print_json_likely(sink, report);
	print(sink, ",\"probes\":[");
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		if (report->findings[i].verdict != DETECT_NOT_RUN) {
			print(sink, "%s", separator);
			print_json_finding(sink, (enum detect_probe_id)i, report);
			separator = ",";
		}
	}
	print(sink, "]}\n");
}

void detect_print_list(const struct detect_sink *sink)
{
	print(sink, "%-12s %-10s %-10s %-24s %s\n", "name", "EL0", "EL1", "instruction",
		"trapped by");
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		const struct detect_probe *probe = detect_probe((enum detect_probe_id)i);

		print(sink, "%-12s %-10s %-10s %-24s %s\n", probe->name,
			role_name(probe->role[DETECT_EL0]), role_name(probe->role[DETECT_EL1]),
			probe->instruction, probe->trap);
	}
}
