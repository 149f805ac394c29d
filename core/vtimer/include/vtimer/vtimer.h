/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two timers of a vCPU (DDI 0487, D12; GIC INTIDs as on every Arm board).
 *
 * Virtual timer: the hardware's own (CNTV_*_EL0) while the vCPU is loaded, without exits but for
 * its interrupt, which the vGIC links to the guest's (ICH_LR HW bit). Physical timer (CNTP_*_EL0)
 * and CNTPCT_EL0: trapped, made from a soft timer. Both count guest time: CNTPCT - the VM's offset.
 *
 * Lock: `lock` (LOCK_RANK_DEVICE) in each struct vtimer, taken inside by all but vtimer_irq; ops
 * are called with it held, save ops->wake.
 */
#ifndef VTIMER_VTIMER_H
#define VTIMER_VTIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/types.h"
#include "lock/lock.h"
#include "timerq/timerq.h"

#define VTIMER_INTID_VIRT UINT32_C(27) /* PPI 11; the physical interrupt's too */
#define VTIMER_INTID_PHYS UINT32_C(30) /* PPI 14 */

/* CNTV_CTL_EL0, CNTP_CTL_EL0 */
#define VTIMER_CTL_ENABLE  UINT64_C(1)
#define VTIMER_CTL_IMASK   UINT64_C(2)
#define VTIMER_CTL_ISTATUS UINT64_C(4)

/* CNTHCTL_EL2 with E2H = 0: EL1PCTEN (bit 0) and EL1PCEN (bit 1) clear, so that EL1 and EL0 trap
 * on CNTPCT_EL0 and CNTP_*; no event stream. */
#define VTIMER_CNTHCTL_EL2 UINT64_C(0)

/* Guest time of one VM. Written by the VM's control path while none of its vCPUs runs; read by
 * all (atomic). */
struct vtimer_vm {
	uint64_t offset; /* CNTVOFF_EL2: CNTPCT when guest time was 0 */
	uint64_t frozen; /* guest time while stopped */
	uint32_t running;
};

/* Guest time 0, stopped. */
void vtimer_vm_init(struct vtimer_vm *vm);
/* Guest time goes on from where it stopped, or stops. To be called with all vCPUs OFF and
 * unloaded (sched_is_off). Idempotent. */
void vtimer_vm_resume(struct vtimer_vm *vm);
void vtimer_vm_stop(struct vtimer_vm *vm);
/* Guest time now, in ticks. */
uint64_t vtimer_vm_now(const struct vtimer_vm *vm);

struct vtimer_ops {
	/* Makes the guest's virtual timer interrupt pending, linked to physical INTID 27, which is
	 * active on this CPU (vgic_link_ppi). The vCPU is loaded here. */
	void (*inject_linked)(void *ctx, intid_t intid);
	/* Is the linked interrupt pending or active for the guest, so that its deactivation is
	 * still to come (vgic_linked_is_live)? */
	bool (*is_live)(void *ctx, intid_t intid);
	/* Sets the physical active state of a PPI on this CPU (GICD/GICR_ISACTIVER0, ICACTIVER0).
	 */
	void (*gic_set_active)(void *ctx, intid_t physical, bool active);
	/* The line of a virtual PPI; from any CPU. */
	void (*set_level)(void *ctx, intid_t intid, bool level);
	/* sched_wake of the vCPU; from any CPU; without locks of this module. */
	void (*wake)(void *ctx);
};

struct vtimer {
	/* immutable after init */
	const struct vtimer_vm *vm;
	const struct vtimer_ops *ops;
	void *ctx;
	struct timer virt_sleep; /* armed while the vCPU waits and is not loaded */
	struct timer phys_due;	 /* armed while CNTP_* is enabled, unmasked and not yet due */
	struct lock lock;	 /* protects the rest */
	uint64_t cntv_ctl;	 /* valid while not loaded */
	uint64_t cntv_cval;
	uint64_t cntp_ctl; /* ENABLE and IMASK alone */
	uint64_t cntp_cval;
	bool phys_level; /* what set_level was last told */
	bool loaded;
};

/* On each CPU as it starts: CNTHCTL_EL2, CNTVOFF_EL2 = 0, virtual and physical timers off. Ends
 * with an ISB. */
void vtimer_cpu_init(void);

/* State after reset: both timers disabled. */
void vtimer_init(
	struct vtimer *vt, const struct vtimer_vm *vm, const struct vtimer_ops *ops, void *ctx);
/* The vCPU resets (CPU_ON, VM reset): not loaded. Drops the physical timer's line. */
void vtimer_reset(struct vtimer *vt);
/* The vCPU's memory goes away: not loaded. Waits for its soft timers (timer_cancel_wait). */
void vtimer_destroy(struct vtimer *vt);

/* The vCPU comes onto this CPU: CNTVOFF_EL2, CNTV_CVAL_EL0, then after an ISB CNTV_CTL_EL0 are its
 * own; INTID 27's active state follows it; a virtual timer that is due is injected without an
 * exit. The ERET to the guest, or an ISB, must follow before the registers count. */
void vtimer_load(struct vtimer *vt);
/* The vCPU leaves this CPU: saves CNTV_*, disables it (ISB). asleep: it waits (sched_is_blocked),
 * so that a soft timer must wake it. */
void vtimer_put(struct vtimer *vt, bool asleep);

/* Physical INTID 27 was acknowledged on this CPU and its priority dropped (EOImode = 1), not
 * deactivated. vt: the loaded vCPU's, or NULL. True: linked to the guest's, who will
 * deactivate it. False: spurious, and deactivated here. Wakes the vCPU in the first case. */
bool vtimer_irq(struct vtimer *vt, const struct vtimer_ops *ops, void *ctx);

/* The trapped registers: rows of the system-register table. Only on the vCPU's own CPU. Values as
 * an MRS or MSR of the vCPU's would give or take: TVAL is signed 32 bits, CTL has ISTATUS. */
uint64_t vtimer_read_cntpct(struct vtimer *vt);
uint64_t vtimer_read_cntp_ctl(struct vtimer *vt);
uint64_t vtimer_read_cntp_cval(struct vtimer *vt);
uint64_t vtimer_read_cntp_tval(struct vtimer *vt);
void vtimer_write_cntp_ctl(struct vtimer *vt, uint64_t value);
void vtimer_write_cntp_cval(struct vtimer *vt, uint64_t value);
void vtimer_write_cntp_tval(struct vtimer *vt, uint64_t value);

#endif
