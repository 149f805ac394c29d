/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scan and translate.
 */
#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/string.h"
#include "gmem/gmem.h"
#include "inspect_private.h"

#define TTBR_TABLE UINT64_C(0x0000fffffffffffe) /* without ASID and CnP */
#define MODE_EL	   2U				/* PSTATE.M[3:2] */

/* Steps, LATER_HZ of them a second, that a scan waits for its address space to come back. */
#define WAITS_MAX 6000U

enum { BEGIN, RANGES, COUNTS, COSTS, NOTE_EXEC, NOTE_ACCESS, NOTE_RUNNING, END };

static enum plinth_status read_word(void *ctx, ipa_t ipa, uint64_t *value)
{
	struct gmem *gmem = &((struct job *)ctx)->vm->gmem;
	enum plinth_status status = gmem_bring(gmem, ipa, false); /* for AT; reading would not */

	return status == PLINTH_OK || status == PLINTH_EAGAIN
		       ? gmem_read(gmem, ipa, value, sizeof(*value))
		       : status;
}

void inspect_begin(struct job *job, const struct scan_request *request)
{
	const struct scan_regime regime = scan_regime_now();
	struct scan_request own = *request;

	own.read = read_word;
	own.read_ctx = job;
	job->ttbr[0] = read_ttbr0_el1() & TTBR_TABLE;
	job->ttbr[1] = read_ttbr1_el1() & TTBR_TABLE;
	scan_begin(&job->scan, &regime, &own);
}

bool inspect_is_same_space(const struct job *job)
{
	uint64_t now =
		job->scan.half == &job->scan.regime.half[0] ? read_ttbr0_el1() : read_ttbr1_el1();
	uint64_t then = job->ttbr[job->scan.half == &job->scan.regime.half[0] ? 0 : 1];

	return job->scan.half->is_flat || (now & TTBR_TABLE) == then;
}

enum scan_result inspect_page(
	struct job *job, uint64_t gva, enum scan_view view, struct libscan_range *range)
{
	const struct scan_request request = {.from = gva, .to = gva, .view = view};
	enum scan_result result;

	if (!job->in_page || !inspect_is_same_space(job)) {
		inspect_begin(job, &request);
	}
	result = scan_step(&job->scan, range);
	job->in_page = result == SCAN_MORE;
	return result;
}

/* All that an independent walk of the same tables needs. */
static enum task_result say_header(struct job *job)
{
	return inspect_say(job,
		"scan %s: vcpu %u at EL%u, sctlr %llx tcr %llx mair %llx ttbr0 %llx ttbr1 %llx",
		job->name, job->vcpu->id, (unsigned)(job->pstate >> MODE_EL) & 3U,
		(unsigned long long)read_sctlr_el1(), (unsigned long long)read_tcr_el1(),
		(unsigned long long)read_mair_el1(), (unsigned long long)read_ttbr0_el1(),
		(unsigned long long)read_ttbr1_el1());
}

static enum task_result begin(struct job *job)
{
	const struct scan_request request = {
		.from = job->request.from,
		.to = job->request.to,
		.view = job->request.view,
		.exec = job->request.exec || job->request.writable_and_exec,
		.split_gpa = job->request.split_gpa,
	};

	inspect_begin(job, &request);
	job->phase = RANGES;
	return say_header(job);
}

/* By the one or the other level. */
static bool is_writable_and_exec(const struct libscan_range *range)
{
	return ((range->flags & LIBSCAN_W1) != 0U && (range->flags & LIBSCAN_X1) != 0U) ||
	       ((range->flags & LIBSCAN_W0) != 0U && (range->flags & LIBSCAN_X0) != 0U);
}

static enum task_result look_on(struct job *job)
{
	struct libscan_range range;

	if (!job->scan.at_end && !inspect_is_same_space(job)) {
		job->waits++;
		if (job->waits < WAITS_MAX) {
			return TASK_WAIT;
		}
		job->phase = COUNTS;
		job->scan.counts.raced++;
		return inspect_say(job, "%s: the vCPU has left this address space, at %016llx",
			job->name, (unsigned long long)job->scan.gva);
	}
	job->waits = 0;
	switch (scan_step(&job->scan, &range)) {
	case SCAN_MORE:
		return TASK_MORE;
	case SCAN_DONE:
		job->phase = COUNTS;
		return TASK_MORE;
	case SCAN_RANGE:
		break;
	}
	if (job->request.writable_and_exec && !is_writable_and_exec(&range)) {
		return TASK_MORE;
	}
	job->ranges++;
	return inspect_show(job, &range);
}

static enum task_result say_counts(struct job *job)
{
	const struct scan_counts *c = &job->scan.counts;

	return inspect_say(job,
		"%llu ranges; AT %llu times, descriptors read %llu; tables not in memory %llu, "
		"raced %llu",
		(unsigned long long)job->ranges, (unsigned long long)c->at,
		(unsigned long long)c->reads, (unsigned long long)c->lost,
		(unsigned long long)c->raced);
}

static enum task_result say_costs(struct job *job)
{
	const struct longest longest = inspect_longest;

	inspect_longest = (struct longest){0};
	return inspect_say(job,
		"%llu steps, instructions: %llu in them, longest %u; showing a line %u",
		(unsigned long long)job->steps, (unsigned long long)job->insns, longest.step,
		longest.line);
}

/* The notes that apply, one after the other. */
static enum task_result say_note(struct job *job, unsigned note)
{
	if (note == NOTE_EXEC && (job->request.exec || job->request.writable_and_exec)) {
		return inspect_say(job,
			"execute permission and leaf sizes: read from the guest's own descriptors");
	}
	if (note == NOTE_ACCESS && job->scan.regime.sets_access_flag) {
		return inspect_say(job,
			"TCR_EL1.HA is set: AT may have set access flags in the guest's tables");
	}
	if (note == NOTE_RUNNING && job->vm->state == VM_RUNNING) {
		return inspect_say(job, "the VM ran meanwhile: each line is what was seen then");
	}
	return TASK_MORE;
}

enum task_result inspect_scan_step(struct job *job)
{
	unsigned phase = job->phase;

	switch (phase) {
	case BEGIN:
		return begin(job);
	case RANGES:
		return look_on(job);
	case END:
		return TASK_DONE;
	default:
		break;
	}
	job->phase++;
	if (phase == COUNTS) {
		return say_counts(job);
	}
	return phase == COSTS ? say_costs(job) : say_note(job, phase);
}

static enum task_result say_unmapped(struct job *job, uint64_t gva)
{
	static const char *const kinds[] = {
		"address size fault", "translation fault", "access flag", "permission fault"};
	uint64_t fst = (job->scan.first_fault >> 1) & MASK_BELOW(6);

	if (job->scan.counts.lost != 0U) {
		return inspect_say(job, "%016llx: a table on its way is in no memory",
			(unsigned long long)gva);
	}
	if (job->scan.first_fault == 0U || fst >= 16U) {
		return inspect_say(job, "%016llx: not mapped", (unsigned long long)gva);
	}
	return inspect_say(job, "%016llx: not mapped (%s, level %u)", (unsigned long long)gva,
		kinds[fst >> 2], (unsigned)fst & 3U);
}

enum task_result inspect_translate_step(struct job *job)
{
	struct libscan_range range;
	uint64_t gva = job->request.from;

	if (job->phase != 0U) {
		return TASK_DONE;
	}
	switch (inspect_page(job, gva, SCAN_BOTH, &range)) {
	case SCAN_MORE:
		return TASK_MORE;
	case SCAN_DONE:
		job->phase = 1;
		return say_unmapped(job, gva);
	case SCAN_RANGE:
		break;
	}
	job->phase = 1;
	if ((range.flags & LIBSCAN_GPA) != 0U) {
		range.gpa += gva - range.gva;
	}
	range.gva = gva;
	range.last = gva;
	return inspect_show(job, &range);
}
