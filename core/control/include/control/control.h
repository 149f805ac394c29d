/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control calls (abi/control.h): what a process in a VM with `control` asks of Plinth. One call at
 * a time on the whole machine; none waits, none takes more than CONTROL_CALL_INSTRUCTIONS.
 *
 * Lock: LOCK_RANK_CALL, taken inside: no lock may be held.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <stdint.h>

#include "backdoor/backdoor.h"
#include "caller/caller.h"
#include "vm/vm.h"

#define CONTROL_CALL_INSTRUCTIONS 10000U

/* Boot CPU, before any VM runs. */
void control_init(void);

/*
 * Serves the call in X0 to X6 of a vCPU of `vm`, for which backdoor_call() said BACKDOOR_CONTROL.
 * BACKDOOR_FAULT: a page of its buffer does not translate; nothing has happened. The VM may have
 * been stopped or paused by it: ask the scheduler before the guest goes on.
 */
enum backdoor_result control_call(
	struct vm *vm, uint64_t x[BACKDOOR_REGS], const struct caller *caller);

#endif
