/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/detect.h"

#include "base/compiler.h"
#include "detect/profile.h"

/* A refused instruction costs a signal each time, and is refused each time. */
#define REFUSALS_ENOUGH 4U

void detect_request_init(struct detect_request *request, enum detect_level level)
{
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		request->probes[i] =
			detect_probe((enum detect_probe_id)i)->role[level] >= ROLE_PROFILE;
	}
	request->runs = DETECT_RUNS_DEFAULT;
}

/* Sparse probes find a trap only where memory was not executed before. Few runs settle it while
 * most of it is such; else there are more looks. Four of them make an accident at most four times
 * as likely: two bits. Where the last but one finds nothing cleared, the last would find nothing
 * either (if an eighth of the memory were left: 0.5 %). */
static const uint32_t sparse_looks[] = {10, 20, 40, 80};
#define SPARSE_LOOK_BITS 2U
#define SPARSE_HOPELESS	 40U

/* Controls for each run: many, for the first few runs to be enough. */
#define SPARSE_CONTROLS	      16U
#define SPARSE_CONTROLS_LATER 4U
#define SPARSE_LATER	      20U

static void count_run(struct detect_evidence *evidence, enum detect_outcome outcome)
{
	evidence->runs++;
	if (outcome == DETECT_FAULTED) {
		evidence->faulted++;
	} else if (outcome == DETECT_CLEARED) {
		evidence->cleared++;
	}
}

/* A control that faults has no monitor to keep either. */
static void count_control(struct detect_evidence *evidence, enum detect_outcome outcome)
{
	evidence->control_runs++;
	if (outcome != DETECT_STORED) {
		evidence->control_cleared++;
	}
}

/* How surely the instruction is trapped; 0: not often enough. */
static uint32_t trapped_bits(const struct stats_table *table, const struct detect_probe *probe,
	const struct detect_evidence *evidence)
{
	struct stats_sample cleared = {evidence->runs, evidence->cleared};
	struct stats_sample control = {evidence->control_runs, evidence->control_cleared};
	uint32_t share = probe->is_sparse ? 8U : 2U;
	uint32_t price = probe->is_sparse ? SPARSE_LOOK_BITS : 0U;
	uint32_t bits;

	if (evidence->cleared * share <= evidence->runs) {
		return 0;
	}
	bits = stats_fisher_bits(table, cleared, control);
	return bits > price ? bits - price : 0U;
}

/* How surely it is not. */
static uint32_t untrapped_bits(
	const struct stats_table *table, const struct detect_evidence *evidence)
{
	struct stats_sample stored = {evidence->runs, evidence->runs - evidence->cleared};

	if (stored.hits * 2U <= stored.runs) {
		return 0;
	}
	return stats_binomial_bits(table, stored, DETECT_LEAK_BITS);
}

static struct detect_finding judge_probe(const struct stats_table *table,
	const struct detect_probe *probe, const struct detect_evidence *evidence)
{
	struct detect_finding finding = {DETECT_UNCLEAR, *evidence};
	uint32_t trapped;
	uint32_t untrapped;

	if (evidence->faulted != 0U) {
		finding.verdict =
			evidence->faulted == evidence->runs ? DETECT_REFUSED : DETECT_UNCLEAR;
		return finding;
	}
	trapped = trapped_bits(table, probe, evidence);
	untrapped = untrapped_bits(table, evidence);
	if (trapped >= DETECT_DOUBT_BITS) {
		finding.verdict = DETECT_TRAPPED;
		finding.evidence.doubt_bits = trapped;
	} else if (untrapped >= DETECT_DOUBT_BITS) {
		finding.verdict = DETECT_NOT_TRAPPED;
		finding.evidence.doubt_bits = untrapped;
	}
	return finding;
}

static bool is_refused(const struct detect_evidence *evidence)
{
	return evidence->faulted == REFUSALS_ENOUGH && evidence->runs == REFUSALS_ENOUGH;
}

static bool is_clear_early(const struct stats_table *table, const struct detect_probe *probe,
	const struct detect_evidence *evidence)
{
	if (!probe->is_sparse) {
		return false;
	}
	if (evidence->runs == SPARSE_HOPELESS && evidence->cleared == 0U) {
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sparse_looks); i++) {
		if (evidence->runs == sparse_looks[i]) {
			return trapped_bits(table, probe, evidence) >= DETECT_DOUBT_BITS;
		}
	}
	return false;
}

static uint32_t controls_for(const struct detect_probe *probe, uint32_t run)
{
	if (!probe->is_sparse) {
		return 1;
	}
	return run < SPARSE_LATER ? SPARSE_CONTROLS : SPARSE_CONTROLS_LATER;
}

struct detect_finding detect_run_probe(const struct detect_backend *backend,
	const struct stats_table *table, enum detect_probe_id id, uint32_t runs)
{
	const struct detect_probe *probe = detect_probe(id);
	struct detect_evidence evidence = {0};

	if (probe->runs_max != 0U && runs > probe->runs_max) {
		runs = probe->runs_max;
	}
	while (evidence.runs < runs && !is_refused(&evidence) &&
		!is_clear_early(table, probe, &evidence)) {
		uint32_t controls = controls_for(probe, evidence.runs);
		enum detect_outcome outcome = backend->run(backend->ctx, id, false);

		count_run(&evidence, outcome);
		for (uint32_t i = 0; i < controls && outcome != DETECT_FAULTED; i++) {
			count_control(&evidence, backend->run(backend->ctx, id, true));
		}
	}
	return judge_probe(table, probe, &evidence);
}

void detect_run(const struct detect_backend *backend, const struct stats_table *table,
	const struct detect_request *request, struct detect_report *report)
{
	*report = (struct detect_report){.level = backend->level};
	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		enum detect_probe_id id = (enum detect_probe_id)i;

		if (request->probes[i] && detect_probe(id)->role[backend->level] != ROLE_NONE) {
			report->findings[i] = detect_run_probe(backend, table, id, request->runs);
		}
	}
	detect_judge(report);
}

/* The strongest finding with this answer among the probes that may support a verdict; 0: none. */
static uint32_t strongest(const struct detect_report *report, enum detect_answer answer)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < PROBE_COUNT; i++) {
		const struct detect_finding *finding = &report->findings[i];
		enum detect_probe_id id = (enum detect_probe_id)i;
		bool is_decisive = detect_probe(id)->role[report->level] == ROLE_DECISIVE;
		bool supports =
			answer == DETECT_TRAPPED || detect_profile_all_trap(report->level, id);

		if (is_decisive && supports && finding->verdict == answer &&
			finding->evidence.doubt_bits > bits) {
			bits = finding->evidence.doubt_bits;
		}
	}
	return bits;
}

void detect_judge(struct detect_report *report)
{
	report->verdict = DETECT_PRESENT;
	report->doubt_bits = strongest(report, DETECT_TRAPPED);
	if (report->doubt_bits != 0U) {
		return;
	}
	report->verdict = DETECT_ABSENT;
	report->doubt_bits = strongest(report, DETECT_NOT_TRAPPED);
	if (report->doubt_bits == 0U) {
		report->verdict = DETECT_UNDECIDED;
	}
}

enum detect_verdict detect_verdict_without(
	const struct detect_report *report, enum detect_probe_id probe)
{
	struct detect_report rest = *report;

	rest.findings[probe].verdict = DETECT_NOT_RUN;
	detect_judge(&rest);
	return rest.verdict;
}

enum detect_verdict detect_verdict_of_both(enum detect_verdict a, enum detect_verdict b)
{
	return a == b ? a : DETECT_UNDECIDED;
}
