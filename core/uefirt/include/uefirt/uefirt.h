/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UEFI runtime services for a VM, behind the stubs of its firmware (abi/uefi_rt.h): variables, the
 * time, reset, and the map of virtual addresses. Nothing of it lies in the guest's memory.
 *
 * What a guest can make Plinth keep is bounded by the state's size, which is allocated once. Every
 * call is bounded by it too, and copies what it is given before it looks at it.
 *
 * Lock: uefirt_vm.lock, LOCK_RANK_VM, taken inside every function but those that say so.
 */
#ifndef UEFIRT_UEFIRT_H
#define UEFIRT_UEFIRT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/uefi_rt.h"
#include "base/status.h"
#include "base/types.h"
#include "caller/caller.h"
#include "lock/lock.h"
#include "outcome/outcome.h"
#include "vrtc/vrtc.h"

#define UEFIRT_ARGS 5U /* X0 to X4 */

#define UEFIRT_MAP_STEP 8U /* entries of SetVirtualAddressMap's map that one exit reads */
#define UEFIRT_AGAIN	UINT64_C(0x4000000000000001) /* instead of an EFI_STATUS, which it is not */

/* Bytes of a VM's variables, with 24 of each for its record: non-volatile ones and the others. */
#define UEFIRT_KEPT_MAX 16384U
#define UEFIRT_LOST_MAX 16384U

#define UEFIRT_STATE_SIZE UINT64_C(0x10000) /* of Plinth's memory, for each VM with UEFI */

/* Called with the lock held. */
struct uefirt_ops {
	/* Are non-volatile variables accepted: will something keep them, or need not? It may end.
	 */
	bool (*keeps)(void *ctx);
	/* Non-volatile variables, the time's zone, or its distance from the host's have changed. */
	void (*changed)(void *ctx);
};

/* The pointers stay valid as long as the VM. */
struct uefirt_config {
	struct vrtc *rtc;
	const struct uefirt_ops *ops;
	void *ctx;
};

struct nvstore_check;
struct uefirt_state;

struct uefirt_vm {
	struct uefirt_config config; /* immutable after uefirt_init(), as are state and pages */
	struct uefirt_state *state;  /* NULL: the VM has no UEFI */
	pa_t pages;		     /* that hold it */
	struct lock lock;
};

/* A VM's services, without variables, before ExitBootServices. ENOMEM: nothing is held. vm is zero.
 */
enum plinth_status uefirt_init(struct uefirt_vm *vm, const struct uefirt_config *config);

/* Gives the memory back; accepts zeroes. No vCPU runs. */
void uefirt_fini(struct uefirt_vm *vm);

/* Before each start of the VM: boot services are there again, volatile variables are not. Accepts a
 * VM without UEFI. No vCPU runs. */
void uefirt_reset(struct uefirt_vm *vm);

static inline bool uefirt_is_on(const struct uefirt_vm *vm)
{
	return vm->state != NULL;
}

/* Is it the operand of a call (UEFI_RT_GET_TIME to UEFI_RT_ENTER_RUNTIME)? */
static inline bool uefirt_owns(uint64_t operand)
{
	return operand - UEFI_RT_FIRST <= UEFI_RT_ENTER_RUNTIME - UEFI_RT_FIRST;
}

/*
 * Serves the call `operand`, which uefirt_owns(), of the running vCPU on its X0 to X4: x[0] becomes
 * the status, nothing else changes; or UEFIRT_AGAIN: the guest must be made to repeat the call,
 * which goes on where this one has ended, with X0 as it was. The VM has UEFI; whether the caller
 * may call is its caller's concern. VM_OFF or VM_RESET: ResetSystem, which does not return to the
 * guest. Mostly about a thousand instructions, some thousands with long data or many variables.
 */
enum outcome uefirt_call(struct uefirt_vm *vm, uint32_t operand, uint64_t x[UEFIRT_ARGS],
	const struct caller *caller);

#define UEFIRT_NAME_SIZE 64U

/* A variable, for people: its name cut, '?' for what is not printable ASCII. */
struct uefirt_variable {
	struct uefi_guid guid;
	char name[UEFIRT_NAME_SIZE];
	uint32_t attributes; /* UEFI_VAR_* */
	uint32_t size;	     /* of its data */
};

/* The variable at `index`, counted from 0: non-volatile ones first, each kind in order. ENOENT:
 * there are not so many, or the VM has no UEFI. */
enum plinth_status uefirt_variable(
	struct uefirt_vm *vm, uint32_t index, struct uefirt_variable *variable);

/* What the VM's variables take, for people; zeroes without UEFI. */
struct uefirt_usage {
	uint32_t kept; /* bytes of non-volatile ones, of UEFIRT_KEPT_MAX */
	uint32_t lost; /* of the others, of UEFIRT_LOST_MAX */
	bool keeps;
	bool at_runtime; /* ExitBootServices has been called */
};

void uefirt_get_usage(struct uefirt_vm *vm, struct uefirt_usage *usage);

/*
 * What is to outlive the VM: the non-volatile variables as an image of lib/nvstore, and `meta`, the
 * clock's distance from the host's and its zone. ctl and the host's variables keep both.
 */

/* Copies the image to `buf` of UEFIRT_KEPT_MAX bytes. ENOENT: the VM has no UEFI. */
enum plinth_status uefirt_export(struct uefirt_vm *vm, void *buf, uint32_t *size, uint64_t *meta);

/* Puts an image (aligned to 8) in the place of all variables, and sets the clock; for starts: a
 * step for each record. EINVAL: it is none. ENOMEM: it is too large. ENOENT: the VM has no UEFI.
 * Nothing has changed then. */
enum plinth_status uefirt_import(
	struct uefirt_vm *vm, const void *image, uint32_t size, uint64_t meta);

/* The same with one that has been looked at (nvstore.h), in one step. ENOMEM, ENOENT. */
enum plinth_status uefirt_take(
	struct uefirt_vm *vm, const void *image, const struct nvstore_check *check, uint64_t meta);

#endif
