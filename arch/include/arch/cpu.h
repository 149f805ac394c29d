/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CPU that we run on: waiting, and identity.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include "arch_impl/cpu.h"

/* void arch_wfe(void);    until an event; under QEMU's icount a yield. Every spin loop has one */
/* void arch_wfi(void);    until an interrupt is pending, masked or not */
/* void arch_sev(void);    after the store that a waiter polls, and a DSB */
/* void arch_yield(void);  hint in spin loops that no SEV ends */
/* struct percpu *arch_percpu(void);  this CPU's private state (TPIDR_EL2) */
/* void arch_percpu_set(struct percpu *);  */

#endif
