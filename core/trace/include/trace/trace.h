/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What EL2 did last, for the monitor's `trace` and for panics. Each CPU writes a ring of its own
 * without a lock; any CPU may read all of them, and skips a record that is being overwritten.
 * While tracing is off, a trace point costs one load and one branch.
 */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/types.h"

enum trace_kind {
	TRACE_EXIT,   /* a: ESR_EL2, b: the guest's PC */
	TRACE_ENTER,  /* a: the guest's PC */
	TRACE_IRQ,    /* a: INTID */
	TRACE_MMIO,   /* a: IPA, b: value; reads have their result */
	TRACE_FAULT,  /* a: IPA, b: ESR_EL2 */
	TRACE_CALL,   /* a: function of an HVC or SMC, b: its result */
	TRACE_SYSREG, /* a: ISS, b: value */
	TRACE_INJECT, /* a: INTID, b: level */
	TRACE_SCHED,  /* a: the vCPU's new state */
	TRACE_VM,     /* a: the VM's new state */
	TRACE_NOTE,   /* whatever a developer wants to see */
	TRACE_KIND_COUNT,
};

#define TRACE_NO_VM   UINT32_C(0xfff)
#define TRACE_RECORDS 128U /* a ring is one page */

struct trace_record {
	uint64_t time; /* CNTPCT_EL0 */
	uint64_t meta; /* kind, VM, vCPU and the number of the record: trace.c packs them */
	uint64_t a;
	uint64_t b;
};

struct trace_ring {
	struct trace_record record[TRACE_RECORDS];
};

/* A record as a reader gets it. */
struct trace_event {
	uint64_t time;
	enum trace_kind kind;
	cpu_id_t cpu;
	vm_id_t vm; /* TRACE_NO_VM: none */
	vcpu_id_t vcpu;
	uint64_t a;
	uint64_t b;
};

/* Gives `cpu` (below CPU_MAX) its ring, zeroed; before that CPU's first trace point. */
void trace_init_cpu(cpu_id_t cpu, struct trace_ring *ring);

void trace_enable(bool on);

/* Read and written with relaxed order: a trace point may miss the change for a moment. */
extern uint32_t trace_enabled;

/* The part of trace() that runs while tracing is on. Without a ring it does nothing. */
void trace_write(enum trace_kind kind, vm_id_t vm, vcpu_id_t vcpu, uint64_t a, uint64_t b);

/* vm and vcpu are cut to 12 bits. */
static inline void trace(enum trace_kind kind, vm_id_t vm, vcpu_id_t vcpu, uint64_t a, uint64_t b)
{
	if (UNLIKELY(load_relaxed(&trace_enabled) != 0U)) {
		trace_write(kind, vm, vcpu, a, b);
	}
}

typedef void trace_visit_fn(void *ctx, const struct trace_event *event);

/* Visits the newest `max` records of all CPUs, in the order of their times. Takes no lock, so it
 * works in a panic. Returns how many it visited; 0 also while another CPU is reading. visit() must
 * not call it again. */
size_t trace_for_each(size_t max, trace_visit_fn *visit, void *ctx);

/* The oldest record kept of `cpu` (below CPU_MAX) whose number is at least *number; *number becomes
 * the one after it. False: there is none yet. Any CPU, no lock. */
bool trace_next(cpu_id_t cpu, uint64_t *number, struct trace_event *event);

/* "exit" and so on; never NULL. */
const char *trace_kind_name(enum trace_kind kind);

#endif
