/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's translation in this CPU's registers. Where it is loaded here there is nothing to do.
 * Where it is loaded nowhere the CPU borrows its registers, which a hold keeps still meanwhile.
 */
#include "arch/at.h"
#include "arch/barrier.h"
#include "arch/sysreg.h"
#include "el2count/el2count.h"
#include "errata/errata.h"
#include "inspect_private.h"
#include "percpu/percpu.h"
#include "s2/s2.h"

static struct stage1 stage1_now(void)
{
	return (struct stage1){
		.sctlr = read_sctlr_el1(),
		.tcr = read_tcr_el1(),
		.ttbr0 = read_ttbr0_el1(),
		.ttbr1 = read_ttbr1_el1(),
		.mair = read_mair_el1(),
		.amair = read_amair_el1(),
	};
}

static struct stage1 stage1_of(const struct vcpu_sysregs *sys)
{
	return (struct stage1){
		.sctlr = sys->sctlr_el1,
		.tcr = sys->tcr_el1,
		.ttbr0 = sys->ttbr0_el1,
		.ttbr1 = sys->ttbr1_el1,
		.mair = sys->mair_el1,
		.amair = sys->amair_el1,
	};
}

/* As core/exits loads a vCPU, without what AT does not look at. Walks go on when all is there. */
static void put_into_registers(struct vcpu *vcpu, const struct stage1 *stage1, uint64_t hcr)
{
	struct s2_space *space = &vcpu->vm->gmem.space;
	const struct errata_walks own = {.tcr = stage1->tcr, .sctlr = stage1->sctlr};
	struct errata_walks were;

	errata_walks_stop(&were);
	write_vttbr_el2(s2_vmid_load(space));
	write_hcr_el2(hcr);
	arch_isb();
	if (s2_enter_vcpu(space, cpu_this(), vcpu->id)) {
		el2count_add_caches(0, 1);
	}
	write_mair_el1(stage1->mair);
	write_amair_el1(stage1->amair);
	write_ttbr0_el1(stage1->ttbr0);
	write_ttbr1_el1(stage1->ttbr1);
	errata_walks_resume(&own);
	arch_isb();
}

static bool is_powered_off(const struct vcpu *vcpu)
{
	return (load_relaxed(&vcpu->sched.holds) & (uint32_t)SCHED_HOLD_POWER) != 0U;
}

enum live_result live_enter(struct live *live, struct vcpu *vcpu, cpu_id_t *where)
{
	struct stage1 own;

	*live = (struct live){.vcpu = vcpu, .par = arch_at_begin(), .current = vcpu_current()};
	if (live->current == vcpu) {
		live->pstate = vcpu_pstate();
		return LIVE_OK;
	}
	*where = load_relaxed(&vcpu->sched.cpu);
	if (load_relaxed(&vcpu->sched.loaded) != 0U) {
		return LIVE_ELSEWHERE;
	}
	sched_remove(&vcpu->sched, SCHED_HOLD_INSPECT);
	if (!sched_is_off(&vcpu->sched) || is_powered_off(vcpu)) {
		bool off = is_powered_off(vcpu);

		sched_add(&vcpu->sched, SCHED_HOLD_INSPECT);
		return off ? LIVE_OFF : LIVE_ELSEWHERE;
	}
	live->is_borrowed = true;
	live->pstate = vcpu->ctx.pstate;
	live->hcr = read_hcr_el2();
	live->stage1 = stage1_now();
	own = stage1_of(&vcpu->ctx.sys);
	put_into_registers(vcpu, &own, vcpu->ctx.hcr);
	return LIVE_OK;
}

void live_leave(const struct live *live)
{
	arch_at_end(live->par);
	if (!live->is_borrowed) {
		return;
	}
	/* With no vCPU loaded the registers are nobody's, and the VMID that they go with is in use
	 * here until the next is loaded. */
	if (live->current != NULL) {
		put_into_registers(live->current, &live->stage1, live->hcr);
	}
	sched_add(&live->vcpu->sched, SCHED_HOLD_INSPECT);
}
