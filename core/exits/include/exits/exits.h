/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run loop: every exit of a guest comes here, is handled, and ends in the vCPU that this CPU
 * runs next. Nobody below includes this.
 */
#ifndef EXITS_EXITS_H
#define EXITS_EXITS_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/types.h"
#include "errata/errata.h"
#include "vcpu/context.h"

/* Interrupts of the machine that Plinth takes for itself. 0: there is none. */
struct exits_irqs {
	intid_t hyp_timer;
	intid_t virt_timer;
	intid_t maintenance;
	intid_t uart;
	void (*uart_handler)(void);
};

/* Boot CPU, before any CPU calls exits_run(). */
void exits_setup(const struct exits_irqs *irqs);

/* This CPU's vectors: from here on an exception at EL2 is reported. */
void exits_catch(void);

/* This CPU's traps and vectors, by what errata_add_cpu() said of it. Each CPU, before exits_run().
 */
void exits_cpu_init(const struct errata_predictors *predictors);

/* Schedules for ever on this CPU's EL2 stack. */
NORETURN void exits_run(void);

/* What the vectors call; each returns the context to resume. */
struct vcpu_context *exits_sync(struct vcpu_context *ctx);
struct vcpu_context *exits_irq(struct vcpu_context *ctx);
struct vcpu_context *exits_serror(struct vcpu_context *ctx);

/* An exception of EL2 itself, registers x0 to x30 in the frame. Returns where a fix-up was found,
 * or the host's firmware was running (its call fails then); else panics. */
struct exits_frame {
	uint64_t x[31];
	uint64_t pad;
};

void exits_el2_exception(uint64_t kind, struct exits_frame *frame);
NORETURN void exits_stack_overflow(uint64_t kind, uint64_t sp);

/* vectors.S: a table for each enum errata_defence. */
extern const char exits_vectors[];
extern const char exits_vectors_history[];
extern const char exits_vectors_firmware[];
NORETURN void guest_resume(struct vcpu_context *ctx);
NORETURN void exits_restart_stack(void (*fn)(void *arg), void *arg);

#endif
