/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From one vCPU to another on this CPU, and waiting where there is none.
 */
#include "arch/barrier.h"
#include "arch/cpu.h"
#include "arch/hcr.h"
#include "arch/sysreg.h"
#include "base/check.h"
#include "base/compiler.h"
#include "el2count/el2count.h"
#include "errata/errata.h"
#include "lock/lock.h"
#include "percpu/percpu.h"
#include "pmem/pmem.h"
#include "trace/trace.h"

#include "exits_private.h"

#define HCR_EL2_IDLE (HCR_RW | HCR_FMO | HCR_IMO | HCR_AMO)

/* Registers to memory. The vCPU still counts as loaded here, so no other CPU may take it. */
static void save(struct vcpu *vcpu)
{
	bool asleep = sched_is_blocked(&vcpu->sched);

	if (vcpu->vm->config.device_count != 0U) {
		exits_settle_stores(vcpu);
	}
	vgic_put(&vcpu->gic);
	vtimer_put(&vcpu->timer, asleep);
	debugregs_put(&vcpu->debug);
	vcpu_context_put(&vcpu->ctx);
	el2count_publish();
	percpu_this()->current = NULL;
}

static void unload(struct vcpu *vcpu)
{
	save(vcpu);
	/* From here on another CPU may load it. */
	sched_unloaded(&vcpu->sched);
}

static void load(struct vcpu *vcpu)
{
	struct gmem *gmem = &vcpu->vm->gmem;
	struct errata_walks walks; /* of whoever was here before: saved already */

	errata_walks_stop(&walks);
	write_vttbr_el2(s2_vmid_load(&gmem->space));
	arch_isb();
	if (s2_enter_vcpu(&gmem->space, cpu_this(), vcpu->id)) {
		el2count_add_caches(0, 1);
	}
	vcpu_context_load(&vcpu->ctx);
	debugregs_load(&vcpu->debug);
	vtimer_load(&vcpu->timer);
	vgic_load(&vcpu->gic);
	percpu_this()->current = vcpu;
}

/* A vCPU that PSCI starts: as from reset. It was picked, so it is this CPU's; its former life may
 * still be in the registers, if it went off and on again before this CPU looked. */
static void start(struct vcpu *vcpu, const struct psci_start *at)
{
	if (vcpu_current() == vcpu) {
		save(vcpu);
	}
	vcpu_context_reset(&vcpu->ctx, psci_mpidr(vcpu->id), at->entry, at->context);
	/* Not loaded, so neither can refuse. */
	PLINTH_CHECK(vgic_cpu_reset(&vcpu->gic) == PLINTH_OK);
	vtimer_reset(&vcpu->timer);
	debugregs_reset(&vcpu->debug);
	s2_reset_vcpu(&vcpu->vm->gmem.space, vcpu->id);
	vcpu->starting = true;
	vm_note_entry(vcpu);
}

/* A vCPU that is not just ON. False: it sleeps on in SYSTEM_SUSPEND. One that sleeps is loaded
 * before PSCI is asked, in is_ready(): what its timer owes it is injected then, and if it sleeps
 * on, only unloading arms that timer again and lets it go elsewhere, or off. */
static bool SLOW_PATH start_or_sleep(struct vcpu *vcpu)
{
	struct psci_vm *psci = &vcpu->vm->psci;
	bool sleeps = psci_is_suspended(psci, vcpu->id);
	struct psci_start at;

	if (sleeps && vcpu_current() != vcpu) {
		vcpu->starting = true;
		return true;
	}
	switch (psci_entry(psci, vcpu->id, sleeps && vgic_has_deliverable(&vcpu->gic), &at)) {
	case PSCI_ENTRY_RUN:
		break;
	case PSCI_ENTRY_START:
		start(vcpu, &at);
		break;
	case PSCI_ENTRY_SLEEP:
		/* Whether it blocked or a wake-up came in between, the scheduler knows. */
		(void)sched_block(&vcpu->sched);
		return false;
	}
	return true;
}

/* Memory is made ready for caches that are off in bounded steps; interrupts come between. The vCPU
 * is loaded meanwhile, as whom the scheduler picks must be: only unloading lets it go elsewhere. */
static bool is_ready(struct vcpu *vcpu)
{
	if (psci_is_suspended(&vcpu->vm->psci, vcpu->id)) {
		(void)start_or_sleep(vcpu);
		return false; /* whoever is picked now may be the same */
	}
	vcpu->starting = !vm_caches_off(vcpu);
	if (vcpu->starting) {
		(void)exits_take_irq(vcpu);
	}
	return !vcpu->starting;
}

/* False: the vCPU sleeps on, or its memory is not ready. */
static bool enter(struct vcpu *vcpu)
{
	struct vcpu *loaded;

	if (UNLIKELY(!psci_is_on(&vcpu->vm->psci, vcpu->id)) && !start_or_sleep(vcpu)) {
		return false;
	}
	loaded = vcpu_current();
	if (loaded != vcpu) {
		if (loaded != NULL) {
			unload(loaded);
		}
		load(vcpu);
		trace(TRACE_ENTER, vcpu->vm->id, vcpu->id, vcpu->ctx.pc, 0);
	}
	if (vcpu->starting && !is_ready(vcpu)) {
		return false;
	}
	if (vgic_is_due(&vcpu->gic)) {
		vgic_flush(&vcpu->gic);
	}
	vm_update_stolen(vcpu);
	return true;
}

/* What came for the loaded vCPU on this CPU (its console's input, say) is in its list registers,
 * and nobody has told the scheduler: a vCPU that runs would have found it. */
static void wake_loaded(struct vcpu *vcpu)
{
	if (vgic_is_due(&vcpu->gic)) {
		vgic_flush(&vcpu->gic);
	}
	if (sched_is_blocked(&vcpu->sched) && vgic_has_deliverable(&vcpu->gic)) {
		sched_wake(&vcpu->sched);
	}
}

/* Nothing to run: clean memory, then sleep. The last vCPU stays loaded as long as it may come
 * back here. */
static void idle(void)
{
	while (!sched_need_resched()) {
		struct vcpu *vcpu = vcpu_current();

		if (vcpu != NULL && sched_must_unload(&vcpu->sched)) {
			unload(vcpu);
			vcpu = NULL;
		}
		bool took = exits_take_irq(vcpu);

		/* Before anybody else is picked: unloading tells nobody. */
		if (vcpu != NULL) {
			wake_loaded(vcpu);
		}
		if (!took && !sched_need_resched()) {
			if (pmem_scrub_step()) {
				arch_yield(); /* others may share the core, or QEMU's one thread */
			} else {
				el2count_publish();
				arch_wfi();
			}
		}
	}
}

struct vcpu_context *switch_next(void)
{
	for (;;) {
		struct sched_entity *e = sched_pick(cpu_this());

		if (e == NULL) {
			idle();
		} else {
			struct vcpu *vcpu = CONTAINER_OF(e, struct vcpu, sched);

			/* Whom unloading and loading have woken for this CPU is looked at now:
			 * nobody tells a CPU again that has not picked since. */
			if (enter(vcpu) && !sched_need_resched()) {
				lock_assert_none_held();
				return &vcpu->ctx;
			}
		}
	}
}

static void run(void *arg)
{
	(void)arg;
	guest_resume(switch_next());
}

void exits_run(void)
{
	write_hcr_el2(HCR_EL2_IDLE);
	arch_isb();
	exits_restart_stack(run, NULL);
}
