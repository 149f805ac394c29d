/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine with one CPU on which whole VMs can be made and run, for the tests of core/vm and
 * core/exits: memory, scheduler, timers, a GICv3 whose distributor keeps what it is told of SPIs,
 * and a virtual interface of four list registers. VMs stay for the life of the program, as in the
 * core.
 */
#ifndef VM_RIG_H
#define VM_RIG_H

#include "percpu/percpu.h"
#include "vm/vm.h"

#define VM_RIG_HZ	UINT64_C(1000000)
#define VM_RIG_RAM	MIB(4)
#define VM_RIG_ROM	UINT64_C(0)
#define VM_RIG_ROM_SIZE KIB(64)

extern struct percpu vm_rig_cpu;
extern uint64_t vm_rig_lr[4];

/* The distributor: bit n % 32 of word n / 32 is interrupt n. */
#define VM_RIG_INTIDS 288U
struct vm_rig_gic {
	uint32_t enabled[VM_RIG_INTIDS / 32U];
	uint32_t pending[VM_RIG_INTIDS / 32U];
	uint32_t active[VM_RIG_INTIDS / 32U];
	uint32_t config[VM_RIG_INTIDS / 16U]; /* GICD_ICFGR */
	uint64_t route[VM_RIG_INTIDS];	      /* GICD_IROUTER */
};

extern struct vm_rig_gic vm_rig_gic;

/* Once; the same as a group's fixture of cmocka. */
void vm_rig_init(void);
int vm_rig_group_setup(void **state);

/* A good config: one vCPU, VM_RIG_RAM, entry at its start, a read-only range of zeroes. */
void vm_rig_config(struct vm_config *config, const char *name);

/* A VM of that config with `flags`; must succeed. */
struct vm *vm_rig_create(const char *name, uint32_t vcpu_count, uint32_t flags);

/* The same with a name and so a VM of its own for each call. */
struct vm *vm_rig_new(uint32_t vcpu_count);

/* Plays the run loop of the CPU without a guest: takes what must leave off the CPU, runs timers
 * whose time has come, goes on in time; until nothing changes any more. */
void vm_rig_settle(void);

/* Picks what would run now, as loaded on the CPU; NULL where nothing is runnable. */
struct vcpu *vm_rig_run(void);

/* pmem's free pages. */
uint64_t vm_rig_free_pages(void);

#endif
