/* SPDX-License-Identifier: Apache-2.0 */
/* The physical timer of a vCPU, made in software (DDI 0487, D12.2). */
#include "base/atomic.h"
#include "percpu/percpu.h"
#include "vtimer_private.h"

#define CTL_WRITABLE (VTIMER_CTL_ENABLE | VTIMER_CTL_IMASK)

static bool is_due(const struct vtimer *vt, uint64_t guest_now)
{
	return (vt->cntp_ctl & VTIMER_CTL_ENABLE) != 0U && guest_now >= vt->cntp_cval;
}

void vtimer_update_phys(struct vtimer *vt)
{
	bool unmasked = (vt->cntp_ctl & CTL_WRITABLE) == VTIMER_CTL_ENABLE;
	bool due = is_due(vt, vtimer_vm_now(vt->vm));
	bool level = unmasked && due;

	lock_assert_held(&vt->lock);
	/* While the VM is stopped nothing falls due; vtimer_load arms it again. */
	if (unmasked && !due && load_acquire(&vt->vm->running) != 0U) {
		timer_arm(&vt->phys_due, cpu_this(), vtimer_host_deadline(vt->vm, vt->cntp_cval));
	} else {
		timer_cancel(&vt->phys_due);
	}
	if (level != vt->phys_level) {
		vt->phys_level = level;
		vt->ops->set_level(vt->ctx, VTIMER_INTID_PHYS, level);
	}
}

/* May come late, after the registers have changed or the vCPU has moved: so it only looks again. */
void vtimer_phys_due(struct timer *timer, void *ctx, uint64_t now)
{
	struct vtimer *vt = ctx;
	bool level;

	(void)timer;
	(void)now;
	lock_take(&vt->lock);
	vtimer_update_phys(vt);
	level = vt->phys_level;
	lock_drop(&vt->lock);
	if (level) {
		vt->ops->wake(vt->ctx);
	}
}

uint64_t vtimer_read_cntpct(struct vtimer *vt)
{
	return vtimer_vm_now(vt->vm);
}

uint64_t vtimer_read_cntp_ctl(struct vtimer *vt)
{
	uint64_t ctl;

	lock_take(&vt->lock);
	/* ISTATUS does not depend on IMASK, and is 0 (an allowed UNKNOWN) while disabled. */
	ctl = vt->cntp_ctl | (is_due(vt, vtimer_vm_now(vt->vm)) ? VTIMER_CTL_ISTATUS : 0U);
	lock_drop(&vt->lock);
	return ctl;
}

uint64_t vtimer_read_cntp_cval(struct vtimer *vt)
{
	uint64_t cval;

	lock_take(&vt->lock);
	cval = vt->cntp_cval;
	lock_drop(&vt->lock);
	return cval;
}

uint64_t vtimer_read_cntp_tval(struct vtimer *vt)
{
	/* 32 bits of the difference; the upper half of the register is RES0. */
	return (uint32_t)(vtimer_read_cntp_cval(vt) - vtimer_vm_now(vt->vm));
}

void vtimer_write_cntp_ctl(struct vtimer *vt, uint64_t value)
{
	lock_take(&vt->lock);
	vt->cntp_ctl = value & CTL_WRITABLE;
	vtimer_update_phys(vt);
	lock_drop(&vt->lock);
}

void vtimer_write_cntp_cval(struct vtimer *vt, uint64_t value)
{
	lock_take(&vt->lock);
	vt->cntp_cval = value;
	vtimer_update_phys(vt);
	lock_drop(&vt->lock);
}

void vtimer_write_cntp_tval(struct vtimer *vt, uint64_t value)
{
	vtimer_write_cntp_cval(
		vt, vtimer_vm_now(vt->vm) + (uint64_t)(int64_t)(int32_t)(uint32_t)value);
}
