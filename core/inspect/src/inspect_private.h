/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request under way, and what each kind of request does in a step.
 */
#ifndef INSPECT_PRIVATE_H
#define INSPECT_PRIVATE_H

#include "base/compiler.h"
#include "inspect/inspect.h"

/* What a step ended in. */
enum task_result {
	TASK_MORE,	/* there is more to do */
	TASK_LINE,	/* job->line is to be shown, then there is more to do */
	TASK_WAIT,	/* more to do, but not just now */
	TASK_NEXT_VCPU, /* the same, and by another vCPU if that is left to us */
	TASK_DONE,
};

/* Instructions, the longest since a scan has told them last: requests of other kinds have no place
 * to tell them. */
struct longest {
	uint32_t step;
	uint32_t line; /* showing one: the console's work */
};

extern struct longest inspect_longest; /* written by steps alone */

/* For find-kernel: bytes looked through in a step. */
#define FIND_CHUNK  2048U
#define BANNER_SIZE INSPECT_LINE_SIZE

struct find_state {
	struct libscan_range range;
	uint64_t offset; /* into it */
	uint32_t looks;
	bool in_range;
	bool has_banner;
	union {
		uint8_t bytes[FIND_CHUNK];
		uint64_t words[FIND_CHUNK / sizeof(uint64_t)];
	} chunk;
	char banner[BANNER_SIZE];
};

struct job {
	struct inspect_request request;
	struct inspect_user user;
	struct vm *vm;
	struct vcpu *vcpu;
	const char *name;
	unsigned phase; /* of the task: 0 first */
	char line[INSPECT_LINE_SIZE];
	struct libscan_range range;
	bool has_range; /* `line` is to be that of `range`: made when it is shown */
	bool has_line;
	bool is_over;
	bool in_page;	/* inspect_page() is to go on */
	uint32_t waits; /* steps in a row that found another address space */
	uint64_t ranges;
	uint64_t steps;
	uint64_t insns; /* all steps that asked for addresses */
	uint64_t ttbr[2];
	uint64_t pstate; /* of the vCPU, when the step began */
	struct scan scan;
	struct find_state find;
};

typedef enum task_result task_fn(struct job *job);

task_fn inspect_scan_step;
task_fn inspect_find_step;
task_fn inspect_translate_step;
task_fn inspect_read_step;

/* job->line; TASK_LINE. */
enum task_result inspect_say(struct job *job, const char *format, ...) PRINTF_LIKE(2, 3);

/* The same for the line of a range. */
enum task_result inspect_show(struct job *job, const struct libscan_range *range);

/* task_scan.c: scan_begin() with the live registers, for [from, to]. */
void inspect_begin(struct job *job, const struct scan_request *request);

/* Is the half that the scan is in still translated by the tables that it began with? */
bool inspect_is_same_space(const struct job *job);

/* One page of the live address space, in steps: after SCAN_MORE call again with the same.
 * SCAN_RANGE: it is `range`. SCAN_DONE: nothing is mapped there. */
enum scan_result inspect_page(
	struct job *job, uint64_t gva, enum scan_view view, struct libscan_range *range);

/* live.c: a vCPU's stage 1 and stage 2 in this CPU's registers, for a step. */
struct stage1 {
	uint64_t sctlr;
	uint64_t tcr;
	uint64_t ttbr0;
	uint64_t ttbr1;
	uint64_t mair;
	uint64_t amair;
};

struct live {
	struct vcpu *vcpu;
	struct vcpu *current; /* whose registers were borrowed over, if any */
	bool is_borrowed;
	uint64_t pstate;
	uint64_t par;
	uint64_t hcr;
	struct stage1 stage1;
};

enum live_result {
	LIVE_OK,
	LIVE_ELSEWHERE, /* go to *where, or try again later if that is this CPU */
	LIVE_OFF,	/* powered off: what its registers point at may be anything by now */
};

/* vm->lock held. On LIVE_OK live_leave() must follow. */
enum live_result live_enter(struct live *live, struct vcpu *vcpu, cpu_id_t *where);
void live_leave(const struct live *live);

#endif
