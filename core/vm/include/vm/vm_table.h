/* SPDX-License-Identifier: Apache-2.0 */
/* Finding VMs, and making and taking them away while others run. */
#ifndef VM_VM_TABLE_H
#define VM_VM_TABLE_H

#include "base/atomic.h"
#include "vm/vm.h"

/* The table: VMs by id. NULL where there is none. What they return may be used until this CPU's
 * exit ends; who keeps it for longer calls vm_hold(), and vm_release() when it is not used any
 * more: until then the VM may leave, but its memory stays. */
struct vm *vm_get(vm_id_t id);
uint32_t vm_count(void);
struct vm *vm_find(const char *name);

/* The same in steps: looks at `count` ids from *id (at most VM_MAX) on. NULL: none of them has the
 * name, and *id is where to go on; VM_MAX: that were all. */
struct vm *vm_find_some(const char *name, uint32_t *id, uint32_t count);

/* The VM at *id or behind it, *id becomes the next id to look at. NULL: none is left. */
struct vm *vm_next(uint32_t *id);

static inline void vm_hold(struct vm *vm)
{
	(void)fetch_add_relaxed(&vm->users, 1U);
}

static inline void vm_release(struct vm *vm)
{
	/* Pairs with the acquire of vm_leave.c. */
	(void)__atomic_fetch_sub(&vm->users, 1U, __ATOMIC_RELEASE);
}

/*
 * A VM made while others run. One call at a time, the caller's to see to; one VM at a time.
 *
 * vm_make_begin(): from a config whose images' sources are offsets in `size` bytes that are to
 * come. The config is checked as vm_config_check() does, with nothing taken on trust: its name and
 * what is where by the first steps, for that may take long. EBUSY: another one is being made, and
 * its maker called less than ten seconds ago. EINVAL, ENOMEM: nothing is left behind. *why says
 * what is wrong.
 *
 * Until it is there only vm_draft() has it: NULL, none. The others want vm_draft() to be there.
 *
 * vm_make_step(): EAGAIN: call again. OK: it is built, *missing bytes are to come; with none it is
 * there, OFF, and no draft any more. Else (EINVAL, EEXIST, ENOMEM, ENOTSUP) it is dropped, and *why
 * says what was wrong.
 *
 * vm_make_put(): the next bytes, whole pages but for the last ones; else EINVAL.
 */
enum plinth_status vm_make_begin(
	const struct vm_config *config, uint64_t size, struct vm **vm, const char **why);
enum plinth_status vm_make_step(uint64_t *missing, const char **why);
enum plinth_status vm_make_put(uint64_t at, const void *bytes, uint32_t size);
void vm_make_drop(void);
struct vm *vm_draft(void);

/* Stops it, whatever it does, and takes it away with all that it has: bounded steps of soft timers;
 * an event, VM_GONE, ends that. EPERM: that is under way. */
enum plinth_status vm_destroy(struct vm *vm);

#endif
