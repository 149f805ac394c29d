/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Detection of software at a higher privilege level by the exclusive monitor (DDI 0487, B2.12):
 * an exception return clears the local monitor, so a store-exclusive fails if the instruction
 * between it and its load-exclusive was trapped. Each probe is run beside a control, the same
 * sequence with a NOP in the middle, alternately. (The first fetch's control executes the same code
 * again, written anew: what is costly about new code is the same.)
 *
 * The library reads nothing that names a hypervisor. It uses no libc, no floating point and no
 * memory but its arguments; one battery at a time for each struct.
 */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include <stdbool.h>
#include <stdint.h>

#include "detect/probe.h"
#include "detect/stats.h"

#define DETECT_RUNS_DEFAULT 256U
#define DETECT_RUNS_MIN	    16U
#define DETECT_RUNS_MAX	    STATS_RUNS_MAX

/* A finding is beyond doubt if accident has at most a chance of 2^-40: with the whole battery and
 * one battery a second, a wrong one in more than a thousand years. */
#define DETECT_DOUBT_BITS 40U

/* A hypervisor that traps an instruction may let it through now and then (KVM: while its guest is
 * being debugged). We call an instruction untrapped if that many stores can't be explained by one
 * in 2^4. */
#define DETECT_LEAK_BITS 4U

/* What became of one sequence. */
enum detect_outcome {
	DETECT_STORED,	/* the store succeeded: the monitor was kept */
	DETECT_CLEARED, /* it failed: there was an exception return, or something else cleared it */
	DETECT_FAULTED, /* the instruction was refused */
};

/* Runs sequences at one level. run() is called with probes that have a role there; one or more
 * controls follow each probe. */
struct detect_backend {
	enum detect_level level;
	enum detect_outcome (*run)(void *ctx, enum detect_probe_id probe, bool is_control);
	void *ctx;
};

enum detect_answer {
	DETECT_NOT_RUN,	    /* no role at this level, or not asked for */
	DETECT_TRAPPED,	    /* cleared more often than its control, beyond doubt, and in more than
			     * half of its runs (sparse probes: an eighth) */
	DETECT_NOT_TRAPPED, /* mostly stored: no trap, beyond doubt */
	DETECT_REFUSED,	    /* faults: who refused it is not known */
	DETECT_UNCLEAR,	    /* none of these beyond doubt */
};

struct detect_evidence {
	uint32_t runs;
	uint32_t cleared; /* of `runs` */
	uint32_t faulted; /* of `runs` */
	uint32_t control_runs;
	uint32_t control_cleared; /* of `control_runs` */
	uint32_t doubt_bits;	  /* the answer by accident: at most 2^-doubt_bits */
};

struct detect_finding {
	enum detect_answer verdict;
	struct detect_evidence evidence;
};

enum detect_verdict {
	DETECT_PRESENT,	  /* a decisive probe is trapped */
	DETECT_ABSENT,	  /* none is, and one passes that every recorded hypervisor traps */
	DETECT_UNDECIDED, /* anything else */
};

struct detect_request {
	bool probes[PROBE_COUNT]; /* to be run, where they have a role at the level */
	uint32_t runs;		  /* DETECT_RUNS_MIN to DETECT_RUNS_MAX */
};

struct detect_report {
	enum detect_level level;
	enum detect_verdict verdict;
	uint32_t doubt_bits; /* of the verdict; 0 where it is undecided */
	struct detect_finding findings[PROBE_COUNT];
};

/* The default: all probes that are not run on request alone, DETECT_RUNS_DEFAULT times. */
void detect_request_init(struct detect_request *request, enum detect_level level);

/* Runs one probe and judges it. request->runs and the row's runs_max bound the time. */
struct detect_finding detect_run_probe(const struct detect_backend *backend,
	const struct stats_table *table, enum detect_probe_id id, uint32_t runs);

/* Runs the battery and draws the verdict; *report is written whole. */
void detect_run(const struct detect_backend *backend, const struct stats_table *table,
	const struct detect_request *request, struct detect_report *report);

/* The pure half: fills verdict and doubt_bits from level and findings. */
void detect_judge(struct detect_report *report);

/* The verdict that the report would have if this probe had not been run: whether it rests on that
 * one alone. Each finding comes from its probe's own runs, so leaving one out changes no other. */
enum detect_verdict detect_verdict_without(
	const struct detect_report *report, enum detect_probe_id probe);

/* What two batteries say together: undecided where they differ. */
enum detect_verdict detect_verdict_of_both(enum detect_verdict a, enum detect_verdict b);

#endif
