/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shared by the files of core/vgic. `_locked`: the VM's lock is held.
 */
#ifndef VGIC_PRIVATE_H
#define VGIC_PRIVATE_H

#include "base/bits.h"
#include "base/compiler.h"
#include "base/nospec.h"
#include "percpu/percpu.h"
#include "vgic/vgic.h"

#define VGIC_GROUP0   UINT32_C(1) /* bits of vgic.group_enable */
#define VGIC_GROUP1   UINT32_C(2)
#define VGIC_SGI_MASK UINT32_C(0xffff)

/* One interrupt: where its bits are. */
struct vgic_irq {
	struct vgic *vgic;
	struct vgic_cpu *home; /* of an SGI or PPI; NULL: an SPI */
	struct vgic_bank *bank;
	intid_t intid;
};

static inline uint32_t irq_mask(const struct vgic_irq *irq)
{
	return UINT32_C(1) << (irq->intid % 32U);
}

/* Bank `n`: 0 is the private one of `cpu`. n < vgic->bank_count. */
static inline struct vgic_bank *vgic_bank_of(struct vgic *vgic, struct vgic_cpu *cpu, unsigned n)
{
	return n == 0U ? &cpu->bank
		       : &vgic->spi[(uint32_t)index_nospec(n - 1U, VGIC_SPI_MAX / 32U)].bank;
}

/* An existing interrupt; `cpu` is not NULL for SGIs and PPIs. */
static inline struct vgic_irq vgic_irq_of(struct vgic *vgic, struct vgic_cpu *cpu, intid_t intid)
{
	return (struct vgic_irq){
		.vgic = vgic,
		.home = intid < VGIC_SPI_FIRST ? cpu : NULL,
		.bank = vgic_bank_of(vgic, cpu, intid / 32U),
		.intid = intid,
	};
}

static inline struct vgic_spi_bank *vgic_spi_bank_of(const struct vgic_irq *irq)
{
	return CONTAINER_OF(irq->bank, struct vgic_spi_bank, bank);
}

/* The physical interrupt of a linked one, which `cpu` has. */
static inline intid_t vgic_phys_of(const struct vgic_cpu *cpu, const struct vgic_irq *irq)
{
	return irq->home != NULL ? cpu->phys[irq->intid % VGIC_PRIVATE_COUNT] : irq->intid;
}

/* The lines that make an interrupt pending as long as they are high. */
static inline uint32_t vgic_bank_high(const struct vgic_bank *bank)
{
	return bank->line & ~bank->latches;
}

static inline bool vgic_is_loaded_here(const struct vgic_cpu *cpu)
{
	return load_relaxed(&cpu->loaded_on) == cpu_this() + 1U;
}

/* vgic_irq.c: the state machine, without hardware. */

uint32_t vgic_bank_pending(const struct vgic_bank *bank);
/* In a list register, active, or pending, enabled or not. All others are the bank's alone: how they
 * will be delivered some day is changed by a store. */
static inline uint32_t vgic_bank_busy(const struct vgic_bank *bank)
{
	return bank->in_lr | bank->active | bank->latch | bank->line;
}

/* Enabled, and its group is in the distributor. */
uint32_t vgic_bank_ready(const struct vgic_bank *bank, uint32_t group_enable);
/* Ready, pending, not active, not in a list register. */
uint32_t vgic_bank_deliverable(const struct vgic_bank *bank, uint32_t group_enable);
/* Moves the interrupt's state into a list register of `cpu`, which is returned. It is not in one.
 */
uint64_t vgic_irq_enter(struct vgic_cpu *cpu, const struct vgic_irq *irq);
/* Takes it back from the value read. True: a linked interrupt ended, but its physical one has not
 * been deactivated by that. */
bool vgic_irq_leave(struct vgic_cpu *cpu, const struct vgic_irq *irq, uint64_t lr);
/* The vCPU that deals with it now, or NULL. */
struct vgic_cpu *vgic_irq_target(const struct vgic_irq *irq);

/* Changes of one interrupt, word-wise the same for the register views: `in_lr` says that the truth
 * is in another CPU's list register, so that the change is asked for. */
typedef void vgic_change_fn(const struct vgic_irq *irq, bool in_lr);
vgic_change_fn vgic_change_enable, vgic_change_disable, vgic_change_group0, vgic_change_group1;
vgic_change_fn vgic_change_pend, vgic_change_unpend, vgic_change_activate;
vgic_change_fn vgic_change_deactivate, vgic_change_edge, vgic_change_level;
vgic_change_fn vgic_change_raise, vgic_change_lower;

/* vgic_cpuif.c: between memory and list registers. */

/* Memory has the truth afterwards (true), or it is in the list register of a vCPU that is loaded on
 * another CPU (false). */
bool vgic_pull_locked(const struct vgic_irq *irq);
/* After a change: into a list register, or a request to the vCPU that it concerns. */
void vgic_push_locked(const struct vgic_irq *irq);
/* pull, change, push. */
void vgic_apply_locked(const struct vgic_irq *irq, vgic_change_fn *change);
/* Reads list register n of this CPU's vCPU back and empties it. */
void vgic_evict_locked(struct vgic_cpu *cpu, unsigned n);
/* Into a free list register of this CPU's vCPU; false: there is none. */
bool vgic_place_locked(struct vgic_cpu *cpu, const struct vgic_irq *irq);
/* Makes `cpu` look at bank n, without a kick. */
void vgic_mark_locked(struct vgic_cpu *cpu, unsigned bank);
void vgic_kick(struct vgic_cpu *cpu);

/* vgic_refill.c: all list registers anew, best first. Owner CPU. */
void vgic_refill_locked(struct vgic_cpu *cpu);
/* The same where no list register is in use, of the banks in due_banks alone; then the CPU
 * interface is on. */
void vgic_fill_locked(struct vgic_cpu *cpu);
/* Ends those evicted interrupts that the guest has ended (EOIcount). */
void vgic_take_eoicount_locked(struct vgic_cpu *cpu);

/* vgic_v2.c: SGIs with their sources. */
uint64_t vgic_v2_sgi_enter(struct vgic_cpu *cpu, intid_t intid);
void vgic_v2_sgi_requeue(struct vgic_cpu *cpu, intid_t intid);

#endif
