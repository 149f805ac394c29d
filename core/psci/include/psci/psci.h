/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSCI 1.1 for guests (DEN0022): the power state of each vCPU of a VM and the calls on it.
 *
 *   OFF -> ON_PENDING (CPU_ON: the caller that makes this step owns the start slot, and is the one
 *   that gets SUCCESS) -> ON (the target takes the slot in psci_entry: the slot is free again)
 *   ON -> OFF (CPU_OFF)      ON -> SUSPENDED (SYSTEM_SUSPEND) -> ON (psci_entry, once it may wake)
 *
 * Lock: psci->lock, LOCK_RANK_VM, taken inside; ops are called with it held, so that a start and
 * a stop of one vCPU reach the scheduler in the order in which PSCI decided them.
 */
#ifndef PSCI_PSCI_H
#define PSCI_PSCI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/types.h"
#include "lock/lock.h"
#include "outcome/outcome.h"

/* Results, as they stand in x0. */
#define PSCI_SUCCESS		0
#define PSCI_NOT_SUPPORTED	(-1)
#define PSCI_INVALID_PARAMETERS (-2)
#define PSCI_DENIED		(-3)
#define PSCI_ALREADY_ON		(-4)
#define PSCI_ON_PENDING		(-5)
#define PSCI_INTERNAL_FAILURE	(-6)
#define PSCI_NOT_PRESENT	(-7)
#define PSCI_DISABLED		(-8)
#define PSCI_INVALID_ADDRESS	(-9)

enum psci_power {
	PSCI_POWER_OFF,
	PSCI_POWER_ON_PENDING,
	PSCI_POWER_ON,
	PSCI_POWER_SUSPENDED,
};

struct psci_start {
	uint64_t entry;	  /* IPA of the first instruction */
	uint64_t context; /* its x0 */
};

struct psci_vcpu {
	uint32_t power;		  /* enum psci_power; written under psci->lock, read without too */
	bool woken;		  /* SUSPENDED: `vm wake` came */
	struct psci_start start;  /* CPU_ON's slot: the target's from ON_PENDING to ON */
	struct psci_start resume; /* SYSTEM_SUSPEND's: its own, since a vCPU that sleeps is not OFF
				   * and a refused CPU_ON of it must not touch where it wakes */
};

struct psci_ops {
	/* The vCPU is to run: sched_add(e, SCHED_HOLD_POWER). It finds its start in psci_entry. */
	void (*start_vcpu)(void *ctx, vcpu_id_t vcpu);
	/* The calling vCPU is to stop: sched_remove(e, SCHED_HOLD_POWER). */
	void (*stop_vcpu)(void *ctx, vcpu_id_t vcpu);
	/* It sleeps in SYSTEM_SUSPEND and may wake: sched_wake(e). */
	void (*wake_vcpu)(void *ctx, vcpu_id_t vcpu);
	/* Is [ipa, ipa + 4) the VM's RAM (or ROM)? */
	bool (*is_memory)(void *ctx, ipa_t ipa);
};

struct psci_vm {
	const struct psci_ops *ops; /* immutable after psci_init, as are ctx, vcpu, vcpu_count */
	void *ctx;
	struct psci_vcpu *vcpu;
	uint32_t vcpu_count;
	uint32_t limit; /* CPU_ON starts vCPUs below it; under `lock` */
	struct lock lock;
};

/* All vCPUs OFF. vcpu[] has vcpu_count elements and lives as long as psci. */
void psci_init(struct psci_vm *psci, const struct psci_ops *ops, void *ctx, struct psci_vcpu *vcpu,
	uint32_t vcpu_count);
/* The VM (re)starts: all vCPUs OFF, slots empty. No vCPU may run. */
void psci_reset(struct psci_vm *psci);
/* Starts vCPU 0 as the loader wishes: as CPU_ON would, from OFF (our own bug otherwise). */
void psci_boot(struct psci_vm *psci, const struct psci_start *start);

/* How many of the vCPUs, from the first on, CPU_ON may start; at first all. It denies the others,
 * over resets too, until there is another limit. Those that are on stay on: the guest puts them off
 * itself. False: none, or more than there are; the limit stays. */
bool psci_set_limit(struct psci_vm *psci, uint32_t count);
uint32_t psci_limit(struct psci_vm *psci);

/* MPIDR_EL1 affinity of vCPU n: Aff0 = n % 16, Aff1 = n / 16. */
mpidr_t psci_mpidr(vcpu_id_t vcpu);
/* The vCPU with these affinity fields; false where there is none. Bits other than Aff0..Aff3 must
 * be 0. */
bool psci_find(const struct psci_vm *psci, uint64_t target, vcpu_id_t *vcpu);

/* Is this function id in PSCI's ranges (0x84000000 to 0x8400001F, 0xC4000000 to 0xC400001F)? */
bool psci_is_call(uint64_t function);

/* The calls whose answer is always the same (PSCI_VERSION, MIGRATE_INFO_TYPE), without more ado:
 * *x0 is what psci_call() would say. False, and *x0 left alone, for all other function ids. */
bool psci_answer(uint32_t function, uint64_t *x0);

/* What the caller of psci_call does with the calling vCPU. */
enum psci_then {
	PSCI_THEN_RETURN, /* x0 = result; the guest goes on */
	PSCI_THEN_WAIT,	  /* x0 = result; then as at a WFI (CPU_SUSPEND) */
	PSCI_THEN_GONE,	  /* the call does not return: no register is written (CPU_OFF, SYSTEM_*) */
};

struct psci_reply {
	uint64_t x0;
	enum psci_then then;
	bool last_off; /* CPU_OFF has put the VM's last vCPU off: none can ever run again */
};

/* A call of vCPU `vcpu`, args = x0..x3. psci_is_call(args[0]) must hold; an id in the range that is
 * not offered gives NOT_SUPPORTED. The function id is W0; of a 32-bit form's arguments the lower
 * halves count.
 * Outcomes: RESUME with THEN_RETURN; RESCHED with WAIT, or with GONE (CPU_OFF, SYSTEM_SUSPEND);
 * VM_OFF and VM_RESET with GONE (SYSTEM_OFF, SYSTEM_RESET, SYSTEM_RESET2). */
enum outcome psci_call(
	struct psci_vm *psci, vcpu_id_t vcpu, const uint64_t args[4], struct psci_reply *reply);

enum psci_entry {
	PSCI_ENTRY_RUN,	  /* nothing to do: resume */
	PSCI_ENTRY_START, /* reset the vCPU's registers, then pc = start->entry, x0 = start->context
			   */
	PSCI_ENTRY_SLEEP, /* still suspended: sched_block() again, then sched_pick() */
};

/* By the CPU that sched_pick gave this vCPU to, each time before it enters the guest.
 * interrupt_pending: an enabled interrupt is pending for it (asked only of a suspended one: pass
 * false if psci_is_suspended() is false). RUN where psci_is_on(), which is one load. */
enum psci_entry psci_entry(
	struct psci_vm *psci, vcpu_id_t vcpu, bool interrupt_pending, struct psci_start *start);

/* Does it sleep in SYSTEM_SUSPEND? Without the lock: by the vCPU's own CPU that stays so until its
 * psci_entry(). */
bool psci_is_suspended(const struct psci_vm *psci, vcpu_id_t vcpu);

/* By the vCPU's own CPU: nothing but the vCPU itself changes that, and psci_entry() would say RUN.
 */
static inline bool psci_is_on(const struct psci_vm *psci, vcpu_id_t vcpu)
{
	return load_acquire(&psci->vcpu[vcpu].power) == (uint32_t)PSCI_POWER_ON;
}

/* The monitor's `vm wake`: wakes the VM from SYSTEM_SUSPEND; false where it does not sleep. */
bool psci_wake(struct psci_vm *psci);

#endif
