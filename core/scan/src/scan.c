/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/scan.h"

#include "base/compiler.h"
#include "scan_private.h"

/* What a step may spend, in addresses of the quick loop: docs/design/scan.md. */
#define CREDIT	  680
#define COST_LOOK 56
#define COST_WALK 200 /* its reads are long */
#define COST_READ 3   /* a page that may be read alone */

/* What the next answers are to be. */
struct run {
	uint64_t write_fault; /* pages that may not be written: what that says. 0: they may */
	uint64_t expected;    /* PAR_EL1 */
	uint64_t relevant;    /* the bits of it that count: all, or not where the page lies */
	uint64_t step;	      /* from one answer to the next; 0: holes */
	uint64_t span;	      /* from one address to the next */
	bool may_jump;	      /* pages that lie elsewhere belong to the range all the same */
};

/* Everything up to `last` is done. */
static void go_on_after(struct scan *scan, uint64_t last)
{
	if (last >= scan->request.to) {
		scan->at_end = true;
		return;
	}
	scan->gva = last + 1U;
	scan->retried = false;
	if (scan->gva < scan->half->base || scan->gva > scan->half->last) {
		/* Between the halves, or behind the upper one (which ends with `to` at the latest).
		 */
		scan->half = &scan->regime.half[1];
		scan->gva = max_u64(scan->gva, scan->half->base);
		scan->at_end = scan->gva > scan->request.to;
	}
}

void scan_begin(
	struct scan *scan, const struct scan_regime *regime, const struct scan_request *request)
{
	const struct scan_half *half;

	*scan = (struct scan){.regime = *regime, .request = *request, .gva = request->from};
	scan->merge.split_gpa = request->split_gpa;
	half = scan_half_of(&scan->regime, request->from);
	if (half == NULL) {
		half = &scan->regime.half[1];
		scan->gva = half->base;
	}
	scan->half = half;
	scan->gva = align_down(scan->gva, BIT(half->page_shift));
	scan->at_end = scan->gva > request->to;
}

/* Execute permission and size of a leaf that AT has found. */
static void add_exec(struct scan *scan, struct scan_look *look)
{
	struct scan_leaf leaf;

	scan->credit -= COST_WALK;
	if (scan_walk(scan, scan->gva, &leaf) != WALK_LEAF) {
		/* It may have led through memory that nobody had touched. */
		scan->credit = 0;
		scan->counts.raced++;
		return;
	}
	look->level = leaf.level;
	look->piece.leaves = (uint32_t)scan_span(scan->half, leaf.level);
	look->piece.flags |= LIBSCAN_ASKED_X | scan_exec_of(scan, &leaf);
}

/* Stage 2 stopped the walk: reading the way makes it present, and AT is asked again. Where it is in
 * no memory, or AT still fails, all that the lost table would map is left out. To make memory
 * present takes long: it is the only thing that its step does. */
static void go_around(struct scan *scan)
{
	const struct scan_half *half = scan->half;
	struct scan_leaf leaf = {.level = LAST_LEVEL};
	bool is_first = scan->credit == CREDIT - COST_LOOK;
	enum scan_walk walk;

	scan->credit = 0;
	if (!is_first) {
		return;
	}
	scan->cache.base = 0;
	walk = scan_walk(scan, scan->gva, &leaf);
	if (walk != WALK_LOST && !scan->retried) {
		scan->retried = true;
		return;
	}
	scan->counts.lost++;
	go_on_after(scan, leaf.level == half->start_level
				  ? half->last
				  : scan_span_last(half, leaf.level - 1U, scan->gva));
}

/* How many whole spans of `span` bytes there are from scan->gva to `last`. */
static uint64_t spans_to(const struct scan *scan, uint64_t last, uint64_t span)
{
	uint64_t room = last - scan->gva;

	return room / span + (room % span == span - 1U ? 1U : 0U);
}

/* From here on it does not matter where pages lie. */
static void let_jump(struct run *run)
{
	run->relevant = ~PAR_PA;
	run->step = 0;
}

/* Takes `par` where `expected` was expected, if the run allows it. */
static bool takes_jump(struct run *run, uint64_t expected, uint64_t par)
{
	if (!run->may_jump || ((par ^ expected) & ~PAR_PA) != 0U) {
		return false;
	}
	let_jump(run);
	return true;
}

/* Holes, and pages that may be written: one AT each. Most of a scan is in here. Returns how many of
 * `most` gave what was expected. */
static uint64_t run_by_writes(struct scan *scan, struct run *run, uint64_t most)
{
	scan_at_run_fn *ask = scan_write_run(scan);
	uint64_t gva = scan->gva;
	uint64_t left = most;

	while (left != 0U) {
		struct arch_at_answer answer =
			ask(gva, left, run->expected, run->step, run->span, run->relevant);
		uint64_t done = left - answer.left;

		left = answer.left;
		if (left == 0U) {
			break;
		}
		if (!takes_jump(run, run->expected + done * run->step, answer.par)) {
			scan_told(scan, answer.par);
			scan->counts.at++;
			break;
		}
		gva += (done + 1U) * run->span;
		left--;
	}
	scan->credit -= (int32_t)(most - left);
	scan->counts.at += most - left;
	return most - left;
}

/* Pages that may be read alone: two. */
static uint64_t run_by_reads(struct scan *scan, struct run *run, uint64_t most)
{
	scan_at_fn *write = scan_write_form(scan);
	scan_at_fn *read = scan_read_form(scan);
	const uint64_t fault = run->write_fault;
	uint64_t expected = run->expected;
	uint64_t gva = scan->gva;
	uint64_t left = most;

	for (; left != 0U; left--) {
		uint64_t par = write(gva);

		scan->counts.at++;
		if (par != fault) {
			scan_told(scan, par);
			break;
		}
		par = read(gva);
		scan->counts.at++;
		if (((par ^ expected) & run->relevant) != 0U && !takes_jump(run, expected, par)) {
			break;
		}
		expected = par + run->step;
		gva += run->span;
	}
	scan->credit -= (int32_t)(most - left) * COST_READ;
	return most - left;
}

/* From scan->gva on, as long as each answer is the one that the last lets expect; how many were. */
static uint64_t run_on(struct scan *scan, struct run *run, uint64_t most)
{
	uint64_t count = min_u64(most, scan->credit > 0 ? (uint64_t)scan->credit : 0U);

	count = run->write_fault == 0U
			? run_by_writes(scan, run, count)
			: run_by_reads(scan, run, (count + COST_READ - 1U) / COST_READ);
	if (count != 0U) {
		go_on_after(scan, scan->gva + count * run->span - 1U);
	}
	return count;
}

/* More holes like this one, each as far as an entry of its level reaches. */
static void run_over_holes(struct scan *scan, const struct scan_look *look)
{
	struct run run = {
		.expected = look->par,
		.relevant = UINT64_MAX,
		.span = scan_span(scan->half, look->level),
	};
	uint64_t last = min_u64(scan->request.to, scan->half->last);

	if (!scan->at_end && !look->whole_half && scan_is_plain_hole(look->par) &&
		(scan->gva & (run.span - 1U)) == 0U && scan->gva < last) {
		(void)run_on(scan, &run, spans_to(scan, last, run.span));
	}
}

/* More pages like this one, with which the range ends so far. Up to where a block could begin:
 * scan_look() is to find its size. */
static void run_over_pages(struct scan *scan, const struct scan_look *look)
{
	uint64_t page = scan_span(scan->half, LAST_LEVEL);
	uint64_t last = min_u64(scan->request.to, scan->half->last);
	struct libscan_range *now = &scan->merge.now;
	uint64_t start = scan->gva;
	struct run run = {
		.write_fault = look->write_fault,
		.expected = look->par + page,
		.relevant = UINT64_MAX,
		.step = page,
		.span = page,
		.may_jump = !scan->request.split_gpa,
	};

	if (scan->at_end || look->level != LAST_LEVEL || scan->request.exec ||
		scan->request.view == SCAN_BOTH || scan->gva != now->last + 1U) {
		return;
	}
	last = min_u64(last, scan_span_last(scan->half, LAST_LEVEL - 1U, start - 1U));
	if (start > last) {
		return;
	}
	if ((now->flags & LIBSCAN_SCATTERED) != 0U) {
		let_jump(&run);
	}
	now->last += page * run_on(scan, &run, spans_to(scan, last, page));
	if (run.relevant != UINT64_MAX) {
		now->flags = (now->flags & ~LIBSCAN_GPA) | LIBSCAN_SCATTERED;
		now->gpa = 0;
	}
}

/* The map of a half without translation. */
static bool take_flat(struct scan *scan, struct libscan_range *range)
{
	uint32_t both = LIBSCAN_R1 | LIBSCAN_W1 | LIBSCAN_R0 | LIBSCAN_W0;
	uint32_t asked = (scan->request.view == SCAN_EL0 ? 0U : LIBSCAN_ASKED_1) |
			 (scan->request.view == SCAN_EL1 ? 0U : LIBSCAN_ASKED_0);
	struct libscan_range piece = {
		.gva = scan->gva,
		.last = min_u64(scan->request.to, scan->half->last),
		.gpa = scan->gva,
		.flags = (both & scan_shown(scan)) | asked | LIBSCAN_GPA,
		.share = SHARE_OUTER, /* Device-nGnRnE */
	};
	bool closed = libscan_add(&scan->merge, &piece, range);

	go_on_after(scan, piece.last);
	return closed;
}

static bool take_leaf(struct scan *scan, struct scan_look *look, struct libscan_range *range)
{
	bool closed;

	if (scan->request.exec && (look->piece.flags & LIBSCAN_GPA) != 0U) {
		add_exec(scan, look);
	}
	look->piece.gva = scan->gva;
	look->piece.last = min_u64(
		min_u64(scan_span_last(scan->half, look->level, scan->gva), scan->half->last),
		scan->request.to | (scan_span(scan->half, LAST_LEVEL) - 1U));
	closed = libscan_add(&scan->merge, &look->piece, range);
	go_on_after(scan, look->piece.last);
	if ((look->piece.flags & LIBSCAN_GPA) != 0U) {
		run_over_pages(scan, look);
	}
	return closed;
}

/* One look at scan->gva, and on. True: *range is finished. */
static bool advance(struct scan *scan, struct libscan_range *range)
{
	struct scan_look look;

	if (scan->half->is_flat) {
		return take_flat(scan, range);
	}
	if (scan->half->off) {
		go_on_after(scan, scan->half->last);
		return false;
	}
	scan->credit -= COST_LOOK;
	scan_look(scan, &look);
	switch (look.kind) {
	case KIND_LEAF:
		return take_leaf(scan, &look, range);
	case KIND_HOLE:
		go_on_after(scan, look.whole_half
					  ? scan->half->last
					  : scan_span_last(scan->half, look.level, scan->gva));
		run_over_holes(scan, &look);
		break;
	case KIND_ABSENT:
		go_around(scan);
		break;
	}
	return false;
}

enum scan_result scan_step(struct scan *scan, struct libscan_range *range)
{
	scan->credit = CREDIT;
	scan->has_told = false; /* by now something else may be there */
	scan->cache.base = 0;
	while (!scan->at_end) {
		if (scan->credit <= 0) {
			return SCAN_MORE;
		}
		if (advance(scan, range)) {
			return SCAN_RANGE;
		}
	}
	return libscan_finish(&scan->merge, range) ? SCAN_RANGE : SCAN_DONE;
}
