/* SPDX-License-Identifier: Apache-2.0 */
/* Records of CONTROL_TRACE. */
#ifndef ABI_CONTROL_TRACE_H
#define ABI_CONTROL_TRACE_H

#include <stdint.h>

/* What a and b are, each kind says: core/trace's trace.h. */
enum control_trace_kind {
	CONTROL_TRACE_KIND_EXIT = 0,
	CONTROL_TRACE_KIND_ENTER = 1,
	CONTROL_TRACE_KIND_IRQ = 2,
	CONTROL_TRACE_KIND_MMIO = 3,
	CONTROL_TRACE_KIND_FAULT = 4,
	CONTROL_TRACE_KIND_CALL = 5,
	CONTROL_TRACE_KIND_SYSREG = 6,
	CONTROL_TRACE_KIND_INJECT = 7,
	CONTROL_TRACE_KIND_SCHED = 8,
	CONTROL_TRACE_KIND_VM = 9,
	CONTROL_TRACE_KIND_NOTE = 10,
};

struct control_trace {
	uint64_t time;
	uint32_t kind; /* enum control_trace_kind */
	uint32_t vm;   /* or CONTROL_NO_VM */
	uint32_t vcpu;
	uint32_t cpu;
	uint64_t a;
	uint64_t b;
};

#endif
