/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SGIs by system register (IHI 0069, 12.2.25 ICC_SGI1R_EL1) and ICC_DIR_EL1.
 */
#include "vgic_private.h"

#define SGI_TARGETS_SHIFT 0U
#define SGI_TARGETS_WIDTH 16U
#define SGI_AFF1_SHIFT	  16U
#define SGI_AFF1_WIDTH	  8U
#define SGI_INTID_SHIFT	  24U
#define SGI_INTID_WIDTH	  4U
#define SGI_IRM		  BIT(40)
/* Aff2, Aff3 and the range selector (Aff0 above 15): no vCPU has any of them. */
#define SGI_NOBODY ((UINT64_C(0xff) << 32) | (UINT64_C(0xff) << 48) | (UINT64_C(0xf) << 44))

#define DIR_INTID_MASK UINT64_C(0xffffff)

/* Which groups the register may make pending at the target (IHI 0069, table of SGI forwarding,
 * DS = 1): ICC_SGI1R both, the others group 0 alone. */
enum sgi_groups { SGI_ANY_GROUP, SGI_GROUP0_ONLY };

static void send_sgi(
	struct vgic_cpu *from, struct vgic_cpu *to, uint32_t sgi, enum sgi_groups groups)
{
	if (groups == SGI_GROUP0_ONLY && (load_relaxed(&to->bank.group1) & sgi) != 0U) {
		return;
	}
	/* Pairs with vgic_flush. Where the bit was set, its sender's kick is under way. */
	if ((fetch_or_release(&to->due, sgi) & sgi) == 0U && to != from) {
		vgic_kick(to);
	}
}

static void send_to_list(struct vgic_cpu *cpu, uint64_t value, uint32_t sgi, enum sgi_groups groups)
{
	struct vgic *vgic = cpu->vgic;
	uint32_t base = (uint32_t)FIELD_GET(value, SGI_AFF1) * 16U;
	uint64_t list = FIELD_GET(value, SGI_TARGETS);

	if ((value & SGI_NOBODY) != 0U) {
		return;
	}
	for (; list != 0U; list &= list - 1U) {
		uint32_t id = base + bit_lowest(list);

		if (id < vgic->vcpu_count) {
			send_sgi(cpu, vgic->cpu[index_nospec(id, vgic->vcpu_count)], sgi, groups);
		}
	}
}

static void send(struct vgic_cpu *cpu, uint64_t value, enum sgi_groups groups)
{
	uint32_t sgi = UINT32_C(1) << FIELD_GET(value, SGI_INTID);

	if ((value & SGI_IRM) == 0U) {
		send_to_list(cpu, value, sgi, groups);
		return;
	}
	for (uint32_t id = 0; id < cpu->vgic->vcpu_count; id++) {
		if (id != cpu->id) {
			send_sgi(cpu, cpu->vgic->cpu[id], sgi, groups);
		}
	}
}

void vgic_sgi1r(struct vgic_cpu *cpu, uint64_t value)
{
	send(cpu, value, SGI_ANY_GROUP);
}

void vgic_sgi0r(struct vgic_cpu *cpu, uint64_t value)
{
	send(cpu, value, SGI_GROUP0_ONLY);
}

void vgic_asgi1r(struct vgic_cpu *cpu, uint64_t value)
{
	send(cpu, value, SGI_GROUP0_ONLY);
}

void vgic_dir(struct vgic_cpu *cpu, uint64_t value)
{
	struct vgic *vgic = cpu->vgic;
	uint32_t intid = (uint32_t)(value & DIR_INTID_MASK);
	struct vgic_irq irq;

	if (intid >= vgic->bank_count * 32U) {
		return;
	}
	lock_take(&vgic->lock);
	irq = vgic_irq_of(vgic, cpu, intid);
	vgic_apply_locked(&irq, vgic_change_deactivate);
	if (cpu->evicted) {
		/* There may be room for all now, and no trap any more. */
		vgic_refill_locked(cpu);
	}
	lock_drop(&vgic->lock);
}
