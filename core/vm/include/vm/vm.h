/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A VM and its vCPUs: the states of the modules below put together, and the VM's life.
 *
 *   OFF, CRASHED -> STARTING -> RUNNING (vm_start; its memory is laid out first)
 *   RUNNING <-> PAUSED (vm_pause, vm_resume)
 *   RUNNING -> STARVED -> RUNNING (with `overcommit`: no memory was there for what it touched, and
 *                                  is there again)    STARVED -> PAUSED (vm_pause)
 *   STARTING, RUNNING, PAUSED, STARVED -> STOPPING (vm_stop: the guest powered off, reset,
 *                                        crashed, or was told to)
 *   STOPPING -> OFF | CRASHED | STARTING when every vCPU has left its CPU and, but for a crash,
 *                                        the memory is given back (bounded steps of a soft timer)
 *   any but MAKING -> LEAVING (vm_destroy)  and then, in bounded steps, it is gone
 *
 * Lock: vm->lock, LOCK_RANK_CONTROL, protects state and goal; taken inside.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "a64/sysreg.h"
#include "abi/vm_config.h"
#include "backdoor/backdoor.h"
#include "base/atomic.h"
#include "base/status.h"
#include "base/types.h"
#include "debugregs/debugregs.h"
#include "gmem/gmem.h"
#include "idregs/idregs.h"
#include "lock/lock.h"
#include "log/log.h"
#include "mmio/mmio.h"
#include "psci/psci.h"
#include "pvtime/pvtime.h"
#include "sched/sched.h"
#include "timerq/timerq.h"
#include "uefirt/uefirt.h"
#include "vcpu/context.h"
#include "vgic/vgic.h"
#include "vgpio/vgpio.h"
#include "vm/vm_host.h"
#include "vm/vm_parts.h"
#include "vm/vm_terminal.h"
#include "vrtc/vrtc.h"
#include "vtimer/vtimer.h"

#define VM_MAX 256U

/* SPIs of the machine that guests see (abi/guest_map.h). No more than have a wire: a guest sets
 * each one up when it starts. */
#define VM_SPI_COUNT 32U
#define VM_SPI_UART  33U
#define VM_SPI_RTC   34U
#define VM_SPI_GPIO  39U

#define VM_GICD_BASE  UINT64_C(0x08000000)
#define VM_GICC_BASE  UINT64_C(0x08010000)
#define VM_GICR_BASE  UINT64_C(0x080A0000)
#define VM_UART_BASE  UINT64_C(0x09000000)
#define VM_RTC_BASE   UINT64_C(0x09010000)
#define VM_GPIO_BASE  UINT64_C(0x09030000)
#define VM_FRAME_SIZE UINT64_C(0x1000)

enum vm_state {
	VM_OFF,
	VM_RUNNING,
	VM_PAUSED,
	VM_STOPPING,
	VM_CRASHED,
	VM_STARTING,
	VM_MAKING,  /* half-built (vm_make_begin): nobody finds it */
	VM_LEAVING, /* what it has is given back */
	VM_GONE,    /* of an event alone: there is no such VM any more */
	VM_STARVED, /* paused by Plinth, until there is free memory for what it touches */
};

/* What the guest's own tools are asked to do before Plinth does it (core/backdoor). */
enum vm_soft { VM_SOFT_OFF, VM_SOFT_RESET, VM_SOFT_PAUSE };

#define VM_TOKEN_SIZE 16U

/* What a stop is to end in; a later request of a lower kind does not replace a higher one. */
enum vm_goal { VM_GOAL_RESET, VM_GOAL_OFF, VM_GOAL_CRASH, VM_GOAL_GONE };

#define VM_REASON_SIZE 128U

/* The ID space that traps: op0 3, op1 0, CRn 0, CRm 0 to 7. */
#define VM_IDREG_COUNT 64U

struct vm;

struct vcpu {
	struct vcpu_context ctx; /* first: the vectors store there */
	struct vm *vm;
	struct vm_terminal *terminal; /* its VM's: one load less for each byte that it prints */
	vcpu_id_t id;
	bool caches_on;	   /* MMU and caches were on when it last wrote SCTLR_EL1 under TVM */
	bool starting;	   /* PSCI has started it, memory is not ready: vm_caches_off(); or
			    * it sleeps in SYSTEM_SUSPEND */
	bool set_way_done; /* memory was maintained for the present series of set/way operations */
	ipa_t sweep;	   /* how far that has come */
	struct sched_entity sched;
	struct vtimer timer;
	struct vgic_cpu gic;
	struct debugregs debug;
	struct vm_debug_stop stop;
	struct pvtime_stolen *stolen; /* what its guest reads; immutable after vm_create */
	uint64_t stolen_before;	      /* ticks that were stolen in former runs */
	struct vcpu_exits exits;
	struct backdoor_batch batch; /* its own CPU's */
};

struct vm {
	/* immutable after vm_create */
	vm_id_t id;
	uint32_t serial; /* no other VM has or had it */
	struct vm_config config;
	struct vcpu *vcpu;
	struct mmio_map mmio;
	uint64_t idreg[VM_IDREG_COUNT]; /* what the guest reads: vm_idreg() */
	pa_t pages;			/* this struct and its vCPUs */
	uint64_t page_count;
	/* what was built so far: who makes it, then who takes it down */
	uint64_t zeroed; /* bytes of `pages` */
	unsigned steps_built;
	uint32_t idregs_built;
	vcpu_id_t vcpus_built;
	bool has_port;
	struct vm_store store;
	uint32_t users;	     /* atomic: vm_hold() */
	uint32_t leaves;     /* atomic: vm_leave.c may take it */
	uint32_t leave_step; /* vm_leave.c's alone */
	pa_t pvtime_page;    /* `stolen` of all vCPUs, as many pages as it takes; 0: none yet */
	/* under `lock` */
	struct lock lock;
	enum vm_state state;
	enum vm_goal goal;
	ipa_t prepared;	       /* STARTING: memory is laid out up to here */
	vcpu_id_t vcpus_reset; /* STARTING: as many are as after a reset */
	vcpu_id_t held;	       /* as many have the holds that the state wants */
	struct vm_cost cost;
	uint64_t made_at;  /* CNTPCT_EL0 when it began to be made, until its first entry; else 0 */
	uint64_t made_el2; /* el2count_total() then */
	uint32_t starts;
	uint32_t soft_starts;	     /* `starts` when soft_timer was armed */
	uint64_t soft_deadline;	     /* CNTPCT_EL0 */
	enum vm_soft soft;	     /* what soft_timer waits for */
	char reason[VM_REASON_SIZE]; /* of the last crash */
	bool memory_dirty;	     /* pages of a former run are still mapped */
	struct vm_devices devices;
	struct vm_debug debug;
	/* written before each start, when no vCPU runs; read by its own vCPUs' control calls */
	bool has_token;
	uint8_t token[VM_TOKEN_SIZE];
	struct vm *starve_next; /* STARVED: who waits behind it; under vm_starve.c's lock */
	/* have locks of their own */
	struct timer worker;
	struct timer rtc_timer;
	struct timer soft_timer;
	struct lock cache_lock; /* LOCK_RANK_DEVICE: the two below, in step with gmem's mode */
	uint32_t caches_off;	/* vCPUs that run with MMU or caches off */
	ipa_t sweep;
	struct gmem gmem;
	struct vgic vgic;
	struct vtimer_vm time;
	struct psci_vm psci;
	struct psci_vcpu psci_vcpu[VM_VCPU_MAX];
	struct vm_terminal terminal;
	struct vrtc rtc;
	struct vgpio gpio; /* mapped in VMs with `control` alone */
	struct backdoor_vm backdoor;
	struct uefirt_vm uefirt;
	struct vm_nvram nvram;
	struct log_limit log_limit;
};

/* Makes sure that a config from boot/ is one that vm_create can take: magic, sizes, ranges, the
 * name's characters, images inside RAM. EINVAL with a text for people in *why. Pure. */
enum plinth_status vm_config_check(const struct vm_config *config, const char **why);

/* The VM of `config` (copied), OFF, in the table. EINVAL, EEXIST (name), ENOMEM: nothing is left
 * behind, and *why says what was wrong. Boot CPU. */
enum plinth_status vm_create(const struct vm_config *config, struct vm **vm, const char **why);

/* EPERM: the VM is not in a state for that. None of them waits: vm->state tells. vm_start() is from
 * OFF or CRASHED; ENOMEM: what the VM's balloon gave away is in use, and the VM OFF. vm_resume()
 * lets all vCPUs run, whatever a debugger said. */
enum plinth_status vm_start(struct vm *vm);
enum plinth_status vm_pause(struct vm *vm);
enum plinth_status vm_resume(struct vm *vm);

/* Ends the run with `goal`, from any CPU, also from an exit of one of its vCPUs. EPERM: it is OFF
 * or CRASHED. */
enum plinth_status vm_stop(struct vm *vm, enum vm_goal goal);

/* vm_stop(vm, VM_GOAL_CRASH) with a reason, which is logged. The first one counts. */
void vm_crash(struct vm *vm, const char *format, ...) PRINTF_LIKE(2, 3);

/* A vCPU has touched the page at `ipa`, and no memory is to be had for it: a VM with `overcommit`
 * is STARVED until it is its turn to get some, then the vCPU tries again; another one crashes. On
 * its own CPU. */
void vm_out_of_memory(struct vm *vm, ipa_t ipa);

/* Writes what VMs have changed of their variables to the host's firmware, all of it, where that
 * keeps them. Takes as long as the firmware takes: before the machine goes down. No lock is held.
 */
void vm_keep_variables(void);

/* uefirt_take() for a VM in any state, which is a change as the guest's own are: told, and kept
 * by the host's firmware where that does. EPERM: the VM is going away. */
enum plinth_status vm_take_variables(
	struct vm *vm, const void *image, const struct nvstore_check *check, uint64_t meta);

const char *vm_state_name(enum vm_state state);

/* Called on some CPU, without locks, when the last VM that ran is OFF or CRASHED (crashed: at
 * least one since boot). */
typedef void vm_all_off_fn(bool crashed);
void vm_on_all_off(vm_all_off_fn *fn);

/* Has it memory that may be looked at? Under vm->lock for as long as that is to stay so. */
static inline bool vm_has_memory(const struct vm *vm)
{
	return vm->state == VM_RUNNING || vm->state == VM_PAUSED || vm->state == VM_STARVED ||
	       vm->state == VM_CRASHED;
}

/* The ID registers that vm_idreg() answers: in the bits of the mask they agree with the first. */
#define VM_IDREG_FIRST A64_SYSREG(3, 0, 0, 0, 0)
#define VM_IDREG_MASK  (A64_SYSREG_ALL & ~(a64_sysreg_t)(VM_IDREG_COUNT - 1U))

static inline uint64_t vm_idreg(const struct vm *vm, a64_sysreg_t reg)
{
	return vm->idreg[reg & (VM_IDREG_COUNT - 1U)];
}

/* The vCPU starts, or turns MMU or caches off: its accesses go past the caches. False: one bounded
 * step of preparing memory for that is done, call again before it runs. Owner CPU. */
bool vm_caches_off(struct vcpu *vcpu);

/* The vCPU is about to have MMU and caches on. False: one bounded step of maintenance is done,
 * call again. True: it may. Owner CPU. */
bool vm_caches_on(struct vcpu *vcpu);

/* A trapped set/way operation; false: call again. Once for a series of them all of the VM's memory
 * is maintained; vcpu->set_way_done says so until the guest turns caches on or off. Owner CPU. */
bool vm_set_way(struct vcpu *vcpu);

/* Are these the first and the last 8 bytes of the VM's token? Without a branch on what it compares;
 * false where there is none. For its own vCPUs' calls. */
bool vm_is_token(const struct vm *vm, uint64_t first, uint64_t last);

/* Publishes the vCPU's stolen time to its guest. Owner CPU, before entry. */
void vm_update_stolen(struct vcpu *vcpu);

/* What the VM's modules call: contexts are the struct vm, for vtimer the struct vcpu. */
extern const struct vtimer_ops vm_vtimer_ops;

static inline struct vcpu *vcpu_of(struct vcpu_context *ctx)
{
	return (struct vcpu *)ctx;
}

/* The vCPU is about to start. With vm_host.bench it is logged how long that took, for the first one
 * of all, and for the first one of a VM that was made while others ran. Its own CPU. */
void vm_note_entry(const struct vcpu *vcpu);

/* Cache maintenance at EL2 up to now. Others' counts may lag. */
struct vm_caches vm_caches_total(void);

/* The vCPU whose registers are in this CPU, or NULL. */
struct vcpu *vcpu_current(void);

#endif
