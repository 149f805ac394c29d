/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/sysreg.h"
#include "gic/gic.h"
#include "timerq/timerq.h"
#include "trace/trace.h"
#include "vm/vm.h"
#include "vm/vm_devices.h"

#include "exits_private.h"

/* Written once, before any guest runs. */
static struct exits_irqs irqs;

void exits_setup(const struct exits_irqs *setup)
{
	irqs = *setup;
}

/* Somebody stored something for this CPU and kicked it: a wake-up of the vCPU, a soft timer. */
static void kicked(struct vcpu *vcpu)
{
	if (vcpu != NULL) {
		(void)sched_take_wake(&vcpu->sched);
	}
	timerq_if_poked();
}

static void virt_timer(struct vcpu *vcpu)
{
	(void)vtimer_irq(vcpu != NULL ? &vcpu->timer : NULL, &vm_vtimer_ops, vcpu);
}

static void handle(uint32_t iar, intid_t intid, struct vcpu *vcpu)
{
	trace(TRACE_IRQ, TRACE_NO_VM, 0, intid, 0);
	gic_drop(iar);
	if (intid == irqs.virt_timer) {
		/* Stays active until the guest's own deactivation. */
		virt_timer(vcpu);
		return;
	}
	if (intid == GIC_SGI_KICK) {
		gic_deactivate(iar);
		kicked(vcpu);
	} else if (intid == irqs.hyp_timer) {
		timerq_run(read_cntpct_el0());
		gic_deactivate(iar);
	} else if (intid == irqs.maintenance) {
		if (vcpu != NULL) {
			vgic_maintenance(&vcpu->gic);
		}
		gic_deactivate(iar);
	} else if (intid == irqs.uart && intid != 0U) {
		irqs.uart_handler();
		gic_deactivate(iar);
	} else if (!vm_device_interrupt(intid)) {
		/* Nothing else is enabled: a device that fires all the same is switched off. */
		gic_disable(intid);
		gic_deactivate(iar);
		log_warning("interrupt %u has no owner, disabled", intid);
	}
}

bool exits_take_irq(struct vcpu *vcpu)
{
	uint32_t iar = gic_ack();
	intid_t intid = iar & (gic_version() == 3U ? GIC_INTID_MASK : 0x3ffU);

	if (intid >= GIC_INTID_SPURIOUS) {
		return false;
	}
	handle(iar, intid, vcpu);
	return true;
}

struct vcpu_context *exits_irq(struct vcpu_context *ctx)
{
	struct vcpu *vcpu = vcpu_of(ctx);

	vcpu->exits.irq++;
	(void)exits_take_irq(vcpu);
	return exits_finish(vcpu, OUTCOME_RESUME);
}
