/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A debugger outside a VM, in a control VM. It stops all of the VM: a vCPU that meets one of its
 * breakpoints pauses the VM, whose time stands still then, and says why. While it is attached, EL2
 * gets all debug exceptions of the VM's vCPUs, and their own debug registers are shadows
 * (core/debugregs).
 *
 * A session has a ticket, which every call names. Another one that attaches takes the VM over. Who
 * does not call for VM_DEBUG_LEFT_SECONDS has left: its breakpoints go, and the VM runs on. A stop
 * or reset of the VM ends the session, too. At the session's end the VM stays paused where somebody
 * else has paused it, also while it was paused already (vm_pause()).
 *
 * Locks: vm->lock, taken inside. Status of all calls: ENOENT: it is not that ticket's session any
 * more. EPERM: the VM is not paused (attach: neither running nor paused). EBUSY: its vCPUs are not
 * at rest yet.
 */
#ifndef VM_VM_DEBUG_H
#define VM_VM_DEBUG_H

#include "vm/vm.h"

#define VM_DEBUG_LEFT_SECONDS 30U

/* *ticket 0: a new session, whose ticket it becomes. EAGAIN: call again with that. OK: attached,
 * the VM paused and at rest, with no breakpoint. */
enum plinth_status vm_debug_attach(struct vm *vm, uint32_t *ticket);

/* One step of ending the session: breakpoints go, and the VM runs on, unless somebody else has
 * paused it. EAGAIN: call again. */
enum plinth_status vm_debug_detach(struct vm *vm, uint32_t ticket);

/* The VM's vCPUs have these from their next entry on. */
enum plinth_status vm_debug_set(
	struct vm *vm, uint32_t ticket, const struct debugregs_debugger *registers);

/* A breakpoint in RAM, or its end: also status of gmem_patch(), gmem_unpatch(). */
enum plinth_status vm_debug_patch(struct vm *vm, uint32_t ticket, ipa_t ipa, bool put);

/* The VM runs; of vCPU `id`, if there is one: does it take one step alone, are its interrupts
 * masked for it, and do all others wait? */
struct vm_debug_run {
	uint32_t id; /* or VM_DEBUG_NONE */
	bool steps;
	bool masks; /* with `steps` */
	bool alone;
};

#define VM_DEBUG_NONE UINT32_MAX

/* ERANGE: no such vCPU. */
enum plinth_status vm_debug_resume(struct vm *vm, uint32_t ticket, const struct vm_debug_run *run);

/* Pauses the VM on the session's account: it runs when that ends. EPERM: it is paused already. */
enum plinth_status vm_debug_pause(struct vm *vm, uint32_t ticket);

/* A vCPU that has stopped. */
struct vm_debug_stopped {
	uint32_t id;
	uint32_t why; /* enum vm_debug_why */
	uint64_t esr;
	uint64_t far;
};

/* Is the session's VM at rest? Then `to` gets those of its vCPUs from `next` on that have stopped
 * since it ran, `room` at most, and what was set of a vCPU for its step is gone. ENOENT alone;
 * tells that the debugger is there. */
struct vm_debug_look {
	struct vm_debug_stopped *to;
	uint32_t room;
	uint32_t count; /* in 0, out: how many */
	uint64_t next;	/* in, and out: where to go on */
	bool at_rest;	/* out */
};

enum plinth_status vm_debug_look(struct vm *vm, uint32_t ticket, struct vm_debug_look *look);

/* A vCPU, which is loaded here, met what the debugger waits for. */
void vm_debug_stop(struct vcpu *vcpu, enum vm_debug_why why, uint64_t esr, uint64_t far);

#endif
