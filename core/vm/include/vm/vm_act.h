/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an operator does to a VM, by the guest's own tools where they listen, else the hard way.
 */
#ifndef VM_VM_ACT_H
#define VM_VM_ACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "vm/vm.h"

/* What an operator wants of a VM. WAKE: out of SYSTEM_SUSPEND. */
enum vm_verb {
	VM_VERB_START,
	VM_VERB_STOP,
	VM_VERB_RESET,
	VM_VERB_PAUSE,
	VM_VERB_RESUME,
	VM_VERB_WAKE,
};

/* Asks the guest's tools to halt or restart it, or to run the scripts that go with a suspension.
 * When `seconds` have passed, also while it was paused or starved, and that run of the VM has not
 * ended, it is stopped, reset or paused all the same; paused as soon as the scripts have run.
 * Another call, also for something else, takes the place of the one before. EPERM: the VM is
 * neither RUNNING nor STARVED, or has no tools that listen; nothing is asked. */
enum plinth_status vm_ask(struct vm *vm, enum vm_soft soft, uint32_t seconds);

/* Does what the verb says: STOP, RESET and PAUSE by asking the guest's tools first where `seconds`
 * is not 0 and they listen (*is_asked: then it is not done yet), else the hard way. Status of
 * vm_start() to vm_stop(); WAKE: EPERM where the VM does not run, or does not sleep in
 * SYSTEM_SUSPEND. */
enum plinth_status vm_act(struct vm *vm, enum vm_verb verb, uint32_t seconds, bool *is_asked);

#endif
