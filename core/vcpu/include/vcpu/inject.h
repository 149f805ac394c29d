/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions that Plinth makes the loaded vCPU take at EL1, as hardware would have (DDI 0487,
 * D1.3). Owner CPU; they change ESR_EL1, ELR_EL1, SPSR_EL1, FAR_EL1, PC and PSTATE in the
 * hardware. The preferred return address is the current PC: skip nothing first.
 */
#ifndef VCPU_INJECT_H
#define VCPU_INJECT_H

#include <stdbool.h>
#include <stdint.h>

/* UNDEFINED: EC 0. il: the instruction had 4 bytes (ESR_EL2.IL). */
void vcpu_inject_undef(bool il);

/* Any synchronous exception by its ESR_EL1 value. FAR_EL1 is left alone. */
void vcpu_inject_sync(uint64_t esr);

/* A stage-1 abort with fault status `fsc` on an access at `far`, as if stage 1 had found it. */
void vcpu_inject_abort(bool is_fetch, unsigned fsc, uint64_t far, bool is_write, bool il);

#endif
