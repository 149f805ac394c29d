/* SPDX-License-Identifier: Apache-2.0 */
#include "vif.h"

#include <string.h>

#include "arch/cpu.h"
#include "base/bits.h"
#include "ich.h"
#include "vgic_lr.h"

struct vif vif[VIF_CPUS];
static _Thread_local struct vif *here;

struct vif *vif_this(void)
{
	return here;
}

static uint64_t read_lr(unsigned n)
{
	here->accesses++;
	return here->lr[n];
}

static void write_lr(unsigned n, uint64_t lr)
{
	here->accesses++;
	here->lr[n] = lr;
}

static uint32_t read_hcr(void)
{
	here->accesses++;
	return here->hcr;
}

static void write_hcr(uint32_t v)
{
	here->accesses++;
	here->hcr = v;
}

static uint32_t read_vmcr(void)
{
	here->accesses++;
	return here->vmcr;
}

static void write_vmcr(uint32_t v)
{
	here->accesses++;
	here->vmcr = v;
}

static uint32_t read_apr(unsigned group, unsigned n)
{
	here->accesses++;
	return n == 0U ? here->apr[group] : 0U;
}

static void write_apr(unsigned group, unsigned n, uint32_t v)
{
	here->accesses++;
	if (n == 0U) {
		here->apr[group] = v;
	}
}

static bool reports_eoi(uint64_t lr)
{
	return (lr & LR_STATE) == 0U && (lr & (LR_HW | LR_EOI)) == LR_EOI;
}

static uint32_t read_elrsr(void)
{
	uint32_t v = 0;

	here->accesses++;
	for (unsigned i = 0; i < here->lr_count; i++) {
		if ((here->lr[i] & LR_STATE) == 0U && !reports_eoi(here->lr[i])) {
			v |= UINT32_C(1) << i;
		}
	}
	return v;
}

static uint32_t eisr(void)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < here->lr_count; i++) {
		if (reports_eoi(here->lr[i])) {
			v |= UINT32_C(1) << i;
		}
	}
	return v;
}

static uint32_t read_eisr(void)
{
	here->accesses++;
	return eisr();
}

static uint32_t read_vtr(void)
{
	return 0x90000000U | (here->lr_count - 1U);
}

static struct vgic_hw hw = {
	.priority_bits = 5,
	.apr_count = 1,
	.has_tdir = 1,
	.read_lr = read_lr,
	.write_lr = write_lr,
	.read_hcr = read_hcr,
	.write_hcr = write_hcr,
	.read_vmcr = read_vmcr,
	.write_vmcr = write_vmcr,
	.read_apr = read_apr,
	.write_apr = write_apr,
	.read_elrsr = read_elrsr,
	.read_eisr = read_eisr,
	.read_vtr = read_vtr,
};

const struct vgic_hw *vif_reset(unsigned lr_count)
{
	memset(vif, 0, sizeof(vif));
	for (unsigned i = 0; i < VIF_CPUS; i++) {
		vif[i].percpu.id = i;
		vif[i].lr_count = lr_count;
	}
	hw.lr_count = (uint8_t)lr_count;
	vif_select(0);
	return &hw;
}

void vif_select(unsigned cpu)
{
	here = &vif[cpu];
	arch_percpu_set(&here->percpu);
}

static unsigned running(void)
{
	uint32_t both = here->apr[0] | here->apr[1];

	return both == 0U ? 256U : bit_lowest(both) * 8U;
}

/* The list register that is signalled, or -1. */
static int best(void)
{
	unsigned limit = (unsigned)FIELD_GET(here->vmcr, ICH_VMCR_VPMR);
	unsigned top = running() < limit ? running() : limit;
	int found = -1;

	if ((here->hcr & ICH_HCR_EN) == 0U) {
		return -1;
	}
	for (unsigned i = 0; i < here->lr_count; i++) {
		uint64_t lr = here->lr[i];
		uint64_t enable = (lr & LR_GROUP1) != 0U ? ICH_VMCR_VENG1 : ICH_VMCR_VENG0;

		if ((lr & LR_STATE) == LR_PENDING && (here->vmcr & enable) != 0U &&
			FIELD_GET(lr, LR_PRIORITY) < top) {
			top = (unsigned)FIELD_GET(lr, LR_PRIORITY);
			found = (int)i;
		}
	}
	return found;
}

uint32_t vif_peek(void)
{
	int i = best();

	return i < 0 ? VIF_SPURIOUS : (uint32_t)here->lr[i];
}

uint32_t vif_ack_source(unsigned *source)
{
	int i = best();
	uint64_t lr;

	if (i < 0) {
		return VIF_SPURIOUS;
	}
	lr = here->lr[i];
	*source = (unsigned)FIELD_GET(lr, LR_SOURCE);
	here->apr[(lr & LR_GROUP1) != 0U] |= UINT32_C(1) << (FIELD_GET(lr, LR_PRIORITY) / 8U);
	here->lr[i] = (lr & ~LR_PENDING) | LR_ACTIVE;
	return (uint32_t)lr;
}

uint32_t vif_ack(void)
{
	unsigned source;

	return vif_ack_source(&source);
}

static void deactivate(uint32_t intid)
{
	for (unsigned i = 0; i < here->lr_count; i++) {
		uint64_t lr = here->lr[i];

		if ((uint32_t)lr == intid && (lr & LR_ACTIVE) != 0U) {
			here->lr[i] = lr & ~LR_ACTIVE;
			if ((lr & LR_HW) != 0U) {
				here->deactivated[FIELD_GET(lr, LR_PHYS)]++;
			}
			return;
		}
	}
	here->hcr += UINT32_C(1) << ICH_HCR_EOICOUNT_SHIFT;
}

void vif_eoi(uint32_t intid)
{
	unsigned group = running() == bit_lowest(here->apr[0] | BIT(32)) * 8U ? 0U : 1U;

	here->apr[group] &= here->apr[group] - 1U;
	if ((here->vmcr & BIT(9)) == 0U) {
		deactivate(intid);
	}
}

bool vif_dir(uint32_t intid)
{
	if ((here->hcr & ICH_HCR_TDIR) != 0U) {
		return false;
	}
	deactivate(intid);
	return true;
}

bool vif_maintenance(void)
{
	uint32_t hcr = here->hcr;
	bool none_pending = true;
	bool on0 = (here->vmcr & ICH_VMCR_VENG0) != 0U;
	bool on1 = (here->vmcr & ICH_VMCR_VENG1) != 0U;

	for (unsigned i = 0; i < here->lr_count; i++) {
		none_pending = none_pending && (here->lr[i] & LR_PENDING) == 0U;
	}
	return (hcr & ICH_HCR_EN) != 0U &&
	       (eisr() != 0U || ((hcr & ICH_HCR_NPIE) != 0U && none_pending) ||
		       ((hcr & ICH_HCR_LRENPIE) != 0U && FIELD_GET(hcr, ICH_HCR_EOICOUNT) != 0U) ||
		       ((hcr & ICH_HCR_VGRP0EIE) != 0U && on0) ||
		       /* QEMU 7.2 looks at VENG1 here, and so may both. */
		       ((hcr & ICH_HCR_VGRP0DIE) != 0U && (!on0 || !on1)) ||
		       ((hcr & ICH_HCR_VGRP1EIE) != 0U && on1) ||
		       ((hcr & ICH_HCR_VGRP1DIE) != 0U && !on1));
}

unsigned vif_valid(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < here->lr_count; i++) {
		n += (here->lr[i] & LR_STATE) != 0U ? 1U : 0U;
	}
	return n;
}

bool vif_wakes(struct vgic_cpu *cpu)
{
	struct vif *before = here;
	bool yes;

	if (cpu->loaded_on != 0U) {
		return vgic_has_deliverable(cpu);
	}
	vif_select(VIF_CPUS - 1U);
	vgic_load(cpu);
	yes = vgic_has_deliverable(cpu);
	vgic_put(cpu);
	vif_select((unsigned)(before - vif));
	return yes;
}
