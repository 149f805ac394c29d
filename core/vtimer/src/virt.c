/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual timer: the hardware's, handed from vCPU to vCPU. */
#include "arch/barrier.h"
#include "arch/sysreg.h"
#include "base/atomic.h"
#include "base/check.h"
#include "percpu/percpu.h"
#include "vtimer_private.h"

/* EL1 may read CNTPCT and use CNTP_* without a trap while these are set; EL0 likewise, as far as
 * CNTKCTL_EL1 lets it. Ours are clear. */
STATIC_ASSERT((VTIMER_CNTHCTL_EL2 & 3U) == 0U, "CNTPCT_EL0 and CNTP_* must trap");

/* Is INTID 27 known to be inactive on the CPU? Guests can only make it so; acknowledging it here
 * and setting it are the ways to the contrary. Each CPU's own. */
static bool is_inactive[CPU_MAX];

static void set_active(const struct vtimer_ops *ops, void *ctx, bool active)
{
	bool *inactive = &is_inactive[cpu_this()];

	if (active || !*inactive) {
		ops->gic_set_active(ctx, VTIMER_INTID_VIRT, active);
		*inactive = !active;
	}
}

void vtimer_cpu_init(void)
{
	is_inactive[cpu_this()] = false;
	write_cnthctl_el2(VTIMER_CNTHCTL_EL2);
	write_cntvoff_el2(0);
	write_cntv_ctl_el0(0);
	write_cntp_ctl_el0(0);
	arch_isb();
}

/* The deadline of a sleeping vCPU has come. Its interrupt is raised by vtimer_load. */
static void wake_sleeper(struct timer *timer, void *ctx, uint64_t now)
{
	struct vtimer *vt = ctx;

	(void)timer;
	(void)now;
	vt->ops->wake(vt->ctx);
}

void vtimer_init(
	struct vtimer *vt, const struct vtimer_vm *vm, const struct vtimer_ops *ops, void *ctx)
{
	*vt = (struct vtimer){.vm = vm, .ops = ops, .ctx = ctx};
	lock_init(&vt->lock, LOCK_RANK_DEVICE);
	timer_init(&vt->virt_sleep, wake_sleeper, vt);
	timer_init(&vt->phys_due, vtimer_phys_due, vt);
}

void vtimer_reset(struct vtimer *vt)
{
	PLINTH_CHECK(!vt->loaded);
	lock_take(&vt->lock);
	timer_cancel(&vt->virt_sleep);
	vt->cntv_ctl = 0;
	vt->cntv_cval = 0;
	vt->cntp_ctl = 0;
	vt->cntp_cval = 0;
	vtimer_update_phys(vt);
	lock_drop(&vt->lock);
}

void vtimer_destroy(struct vtimer *vt)
{
	vtimer_reset(vt);
	timer_cancel_wait(&vt->virt_sleep);
	timer_cancel_wait(&vt->phys_due);
}

/* Does the saved virtual timer want to interrupt, now or some day? */
static bool wants_interrupt(const struct vtimer *vt)
{
	return (vt->cntv_ctl & (VTIMER_CTL_ENABLE | VTIMER_CTL_IMASK)) == VTIMER_CTL_ENABLE;
}

/* INTID 27's active state is this CPU's, but says of the guest: its interrupt is not yet
 * deactivated. Left active after another vCPU, it would keep the newcomer's timer silent; left
 * inactive under one whose interrupt is live, it would interrupt again at once, for ever. */
static void follow_active(struct vtimer *vt)
{
	bool live = vt->ops->is_live(vt->ctx, VTIMER_INTID_VIRT);
	bool due = wants_interrupt(vt) && vt->cntv_cval <= vtimer_vm_now(vt->vm);

	set_active(vt->ops, vt->ctx, live || due);
	if (due && !live) {
		/* As if the interrupt had been taken: spares the exit. */
		vt->ops->inject_linked(vt->ctx, VTIMER_INTID_VIRT);
	}
}

void vtimer_load(struct vtimer *vt)
{
	PLINTH_CHECK(!vt->loaded);
	lock_take(&vt->lock);
	timer_cancel(&vt->virt_sleep);
	follow_active(vt);
	write_cntvoff_el2(load_relaxed(&vt->vm->offset));
	write_cntv_cval_el0(vt->cntv_cval);
	/* Enabled only once offset and comparison value are in effect: otherwise the old ones could
	 * raise an interrupt. The ERET is the synchronisation after. */
	arch_isb();
	write_cntv_ctl_el0(vt->cntv_ctl);
	vt->loaded = true;
	/* The VM's time may have stood still. Where it is off it was told so when it went off. */
	if ((vt->cntp_ctl & VTIMER_CTL_ENABLE) != 0U) {
		vtimer_update_phys(vt);
	}
	lock_drop(&vt->lock);
}

void vtimer_put(struct vtimer *vt, bool asleep)
{
	PLINTH_CHECK(vt->loaded);
	lock_take(&vt->lock);
	vt->cntv_ctl = read_cntv_ctl_el0() & (VTIMER_CTL_ENABLE | VTIMER_CTL_IMASK);
	vt->cntv_cval = read_cntv_cval_el0();
	write_cntv_ctl_el0(0);
	/* The line is down before the next vCPU's offset and active state are written. */
	arch_isb();
	vt->loaded = false;
	/* An interrupt that is live comes to nothing new: the guest has it already, and cannot take
	 * it. To be woken again and again for it would leave nothing of the CPU to others. */
	if (asleep && wants_interrupt(vt) && load_acquire(&vt->vm->running) != 0U &&
		!vt->ops->is_live(vt->ctx, VTIMER_INTID_VIRT)) {
		timer_arm(&vt->virt_sleep, cpu_this(), vtimer_host_deadline(vt->vm, vt->cntv_cval));
	}
	lock_drop(&vt->lock);
}

/* Is the loaded vCPU's timer really asserting? The interrupt may have been on its way when the
 * guest disabled it, or belong to the vCPU before. */
static bool is_asserting(const struct vtimer *vt)
{
	return vt != NULL && vt->loaded &&
	       read_cntv_ctl_el0() == (VTIMER_CTL_ENABLE | VTIMER_CTL_ISTATUS);
}

bool vtimer_irq(struct vtimer *vt, const struct vtimer_ops *ops, void *ctx)
{
	is_inactive[cpu_this()] = false;
	if (!is_asserting(vt)) {
		set_active(ops, ctx, false);
		return false;
	}
	vt->ops->inject_linked(vt->ctx, VTIMER_INTID_VIRT);
	vt->ops->wake(vt->ctx);
	return true;
}
