/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One VM's virtual interrupt controller (GICv3 or GICv2 view; IHI 0069, IHI 0048). struct vgic is
 * embedded in the VM, struct vgic_cpu in each vCPU. What an interrupt is (pending, active, ...)
 * does not depend on the register view.
 *
 * Where state lives. While a vCPU is not loaded, all of it is in memory. While it is loaded, the
 * interrupts in its list registers are the hardware's, and only the CPU that loaded it ("owner
 * CPU") reads them back; others leave a request (`due`) and kick. Nothing is read on an exit
 * that needs nothing: the check before entry is one load and a branch.
 *
 * The run loop of core/exits:
 *	vgic_load(cpu)		the vCPU has been chosen for this CPU
 *	  loop: enter the guest; exit
 *		maintenance interrupt:	vgic_maintenance(cpu)
 *		linked timer interrupt:	vgic_set_ppi(cpu, intid, true); drop the physical priority,
 *no deactivation (the guest's EOI does it through the list register) ICC_SGI1R and so on:
 *vgic_sgi1r(cpu, value) GICD, GICR:		vgic_dist_mmio, vgic_redist_mmio (through core/mmio)
 *		last before entry:	if (vgic_is_due(cpu)) vgic_flush(cpu)
 *	vgic_put(cpu)		before another vCPU is loaded on this CPU, or this one elsewhere
 * A vCPU that stays loaded on a CPU that idles (WFI) is flushed there too when a kick comes: others
 * wait for what they asked of it (GICD_CTLR.RWP).
 *
 * Locks: one lock for each VM (LOCK_RANK_VGIC), taken inside; no function may be called with it or
 * a later rank held. vgic_is_due and vgic_sgi* (but for GICv2's SGIR) take none.
 *
 * LPIs (ids from 8,192) are to come as banks of their own, found by vgic_bank_of alone; nothing
 * here is sized by 1,020. Assigned physical SPIs have `linked` set, as the virtual timer's PPI has.
 */
#ifndef VGIC_VGIC_H
#define VGIC_VGIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/atomic.h"
#include "base/fmt.h"
#include "base/status.h"
#include "base/types.h"
#include "lock/lock.h"
#include "mmio/mmio.h"
#include "vgic/vgic_hw.h"

#define VGIC_SGI_COUNT	   16U
#define VGIC_PRIVATE_COUNT 32U /* SGIs 0 to 15, PPIs 16 to 31 */
#define VGIC_SPI_FIRST	   32U
#define VGIC_SPI_MAX	   256U /* SPIs of one VM, ids 32 to 287: 47 is the machine's last */
#define VGIC_VCPU_MAX	   123U /* redistributors that fit the machine's map */
#define VGIC_V2_VCPU_MAX   8U	/* GICv2's targets and sources are bits of a byte */

#define VGIC_DIST_SIZE	  UINT64_C(0x10000) /* GICv3; the first 0x1000 are GICv2's */
#define VGIC_V2_DIST_SIZE UINT64_C(0x1000)
#define VGIC_REDIST_SIZE  UINT64_C(0x20000) /* for each vCPU: RD_base and SGI_base */

enum vgic_view {
	VGIC_VIEW_V3, /* GICD with ARE = 1 and DS = 1, GICR, system registers */
	VGIC_VIEW_V2, /* GICD with ITARGETSR and SGIR; the guest's GICC is the host's GICV */
};

/* What the vGIC asks of those above. Called on any CPU, with the VM's vgic lock held or not; they
 * must not call into this VM's vgic and may take locks of a later rank only. */
struct vgic_ops {
	/* vCPU `id` may have an interrupt: wake it where it waits; where it runs or is loaded on
	 * another CPU, make that CPU exit and flush. A vCPU that is about to block must notice (a
	 * wake-up that comes between vgic_has_deliverable and the block may not be lost). */
	void (*kick)(void *ctx, vcpu_id_t id);
	/* The guest ended a linked interrupt of the loaded vCPU `id` without the hardware:
	 * deactivate its physical interrupt `phys` on this CPU; an SPI, from whatever CPU. */
	void (*deactivate)(void *ctx, vcpu_id_t id, intid_t phys);
	/* The linked SPI `phys` goes into a list register of this CPU, which will end it. NULL: the
	 * VM has none. */
	void (*adopt)(void *ctx, intid_t phys);
};

struct vgic_config {
	enum vgic_view view;
	uint32_t vcpu_count; /* 1 to VGIC_VCPU_MAX, for VIEW_V2 to VGIC_V2_VCPU_MAX */
	uint32_t spi_count;  /* a multiple of 32, at most VGIC_SPI_MAX */
	const struct vgic_hw *hw;
	const struct vgic_ops *ops;
	void *ctx; /* for ops */
};

/* 32 interrupts, one bit each; VM's lock. While in_lr is set the list register has the truth about
 * pending and active, and what is asked of it meanwhile waits in the last four words until it is
 * read back. A pending interrupt: latch, or line of a level-sensitive one. */
struct vgic_bank {
	uint32_t group1; /* 1: group 1 (IRQ), 0: group 0 (FIQ if the guest wants so) */
	uint32_t enable;
	uint32_t edge;
	uint32_t latches; /* of these, those that are not linked: an edge stays in `latch` */
	uint32_t latch;	  /* an edge, an SGI, or ISPENDR */
	uint32_t line;
	uint32_t active;
	uint32_t linked;  /* goes with a physical interrupt (HW = 1); counts as level-sensitive */
	uint32_t refired; /* linked, in_lr: fired anew, so that the guest has ended what is there */
	uint32_t in_lr;
	uint32_t lr_latch; /* the latch has moved into the list register */
	uint32_t changed;  /* the owner CPU is to read it back */
	uint32_t drop_pending;
	uint32_t drop_active;
	uint32_t make_active;
	uint8_t priority[32];
	uint8_t lr[32]; /* which list register, where in_lr */
};

struct vgic_spi_bank {
	struct vgic_bank bank;
	uint32_t affinity[32]; /* IROUTER as Aff3.Aff2.Aff1.Aff0; GICv2: ITARGETSR's byte */
	uint8_t route[32];     /* vCPU that it goes to, or VGIC_NO_VCPU */
	uint8_t owner[32];     /* vCPU in whose list register it is, or where it is active */
};

#define VGIC_NO_VCPU 0xffU

struct vgic;
struct vgic_frame;

struct vgic_cpu {
	/* Requests of other CPUs, atomic: SGIs 0 to 15 as bits, and VGIC_DUE_FLUSH, which goes with
	 * due_banks. While the vCPU is not loaded: 0 says that nothing in memory is deliverable to
	 * it or active, nor a linked PPI's line high. */
	uint32_t due;
	uint32_t due_banks; /* VM's lock: bit n: bank n may hold something for this vCPU */
	struct vgic *vgic;
	uint8_t id;
	uint8_t loaded_on; /* CPU index + 1, 0: not loaded. Written by the owner CPU, under the lock
			    */
	bool overflow;	   /* pending interrupts that found no list register */
	bool evicted;	   /* active interrupts that found none */
	uint32_t lr_used;  /* list registers that we wrote and have not read back as empty */
	uint32_t hcr;	   /* what ICH_HCR_EL2 holds, without EOIcount */
	uint32_t asleep;   /* GICR_WAKER.ProcessorSleep */
	uint64_t lr_value[VGIC_LR_MAX];	     /* what we wrote, without pending and active */
	struct vgic_bank bank;		     /* SGIs and PPIs */
	uint32_t vmcr;			     /* while not loaded */
	uint32_t apr[2][VGIC_APR_MAX];	     /* by group, while not loaded */
	intid_t phys[VGIC_PRIVATE_COUNT];    /* of linked PPIs */
	uint8_t sgi_pending[VGIC_SGI_COUNT]; /* GICv2: a bit for each source */
	uint8_t sgi_source[VGIC_SGI_COUNT];  /* GICv2: source of the one in the register, or active
					      */
};

#define VGIC_DUE_FLUSH (UINT32_C(1) << 16)

struct vgic {
	struct lock lock;
	enum vgic_view view;
	uint32_t group_enable; /* GICD_CTLR: bit 0 group 0, bit 1 group 1 */
	uint32_t vcpu_count;
	uint32_t spi_count;
	uint32_t bank_count;   /* with the private one */
	uint8_t priority_mask; /* implemented priority bits */
	uint32_t lr_mask;      /* the list registers that there are */
	const struct vgic_hw *hw;
	const struct vgic_frame *dist; /* the distributor's registers in this view */
	const struct vgic_ops *ops;
	void *ctx;
	struct vgic_cpu *cpu[VGIC_VCPU_MAX];
	struct vgic_spi_bank spi[VGIC_SPI_MAX / 32U];
};

/* Life. Nobody else may use the objects yet, or any more. */

/* Everything as after reset, no vCPU yet. EINVAL: a NULL in config, an unknown view, a hw without
 * list registers. ERANGE: vcpu_count or spi_count. On error *vgic is untouched. */
enum plinth_status vgic_init(struct vgic *vgic, const struct vgic_config *config);

/* Adds vCPU `id`; all of them must be there before the VM runs. ERANGE: id is not below
 * vcpu_count. EEXIST: there is one. */
enum plinth_status vgic_cpu_init(struct vgic *vgic, struct vgic_cpu *cpu, vcpu_id_t id);

/* The whole as after power-on; links stay, lines too. No vCPU may be loaded (EBUSY: one is). */
enum plinth_status vgic_reset(struct vgic *vgic);

/* What a core's reset (PSCI CPU_ON) does: CPU interface off, priorities dropped, SGIs and PPIs
 * neither active nor, SGIs, pending. EBUSY: it is loaded. */
enum plinth_status vgic_cpu_reset(struct vgic_cpu *cpu);

/* PPI `intid` is the physical interrupt `phys` of whatever CPU the vCPU is loaded on. EINVAL: no
 * PPI, or phys beyond what a list register holds (1,019). EBUSY: loaded. */
enum plinth_status vgic_link_ppi(struct vgic_cpu *cpu, intid_t intid, intid_t phys);

/* SPI `intid` is the physical SPI of the same number, whatever trigger the guest gives it.
 * ERANGE: the VM has no such SPI. Before the VM runs. */
enum plinth_status vgic_link_spi(struct vgic *vgic, intid_t intid);

/* Lines and messages. Any CPU. */

/* Line of SPI `intid` (32 on). A level-sensitive one is pending while high; an edge-triggered one
 * becomes pending when it rises. A linked one: high each time that the physical interrupt fires,
 * which stays active; when the guest has ended it, it is low by itself. ERANGE: the VM has no such
 * SPI. */
enum plinth_status vgic_set_spi(struct vgic *vgic, intid_t intid, bool high);

/* The same for PPI 16 to 31 (checked: ours to get right). A linked one: high each time that the
 * physical interrupt fires, owner CPU then; when the guest's EOI has deactivated that one, the
 * line counts as low again by itself. */
void vgic_set_ppi(struct vgic_cpu *cpu, intid_t intid, bool high);

/* Is the linked PPI pending or active in the vGIC? Then its physical interrupt must be active
 * while the vCPU is loaded, else it fires again. Call it after vgic_put (for what to clear) and
 * before or after vgic_load (for what to set); with a loaded vCPU, owner CPU only. */
bool vgic_linked_is_live(struct vgic_cpu *cpu, intid_t intid);

/* Entry and exit. Owner CPU only. */

void vgic_load(struct vgic_cpu *cpu); /* not loaded anywhere. The ISB or ERET is the caller's */
void vgic_put(struct vgic_cpu *cpu);  /* leaves the CPU interface off */

static inline bool vgic_is_due(const struct vgic_cpu *cpu)
{
	/* Pairs with the fetch_or in vgic_sgi.c and vgic_irq.c; vgic_flush's exchange acquires. */
	return load_relaxed(&cpu->due) != 0U;
}

/* Moves what is due into list registers. Loaded vCPU. */
void vgic_flush(struct vgic_cpu *cpu);

/* The maintenance interrupt: ends of level-sensitive interrupts, refill. It is quiet afterwards. */
void vgic_maintenance(struct vgic_cpu *cpu);

/* Would the CPU interface signal an interrupt (enables, group, priority mask, running priority;
 * PSTATE does not count)? Ends WFI. Loaded vCPU: one that sleeps is loaded before it is asked for.
 */
bool vgic_has_deliverable(struct vgic_cpu *cpu);

/* Trapped system registers; written by the loaded vCPU `cpu`. Owner CPU. vcpu id n has the affinity
 * 0.0.(n / 16).(n % 16). What names no vCPU is ignored. */
void vgic_sgi1r(struct vgic_cpu *cpu, uint64_t value);
void vgic_sgi0r(struct vgic_cpu *cpu, uint64_t value);
void vgic_asgi1r(struct vgic_cpu *cpu, uint64_t value);
/* ICC_DIR_EL1: traps (TDIR) only while an active interrupt has no list register. */
void vgic_dir(struct vgic_cpu *cpu, uint64_t value);

static inline mpidr_t vgic_affinity(vcpu_id_t id)
{
	return ((mpidr_t)(id / 16U) << 8) | (id % 16U);
}

/* Register frames: mmio_handler_fn, ctx = struct vgic. Called on the owner CPU of access->vcpu.
 * Reserved offsets and sizes that a register does not allow are RAZ/WI: a guest that probes lives
 * on, as on most hardware. MMIO_FAULT: outside the frames, or no such vCPU. */
enum mmio_result vgic_dist_mmio(void *ctx, struct mmio_access *access);
enum mmio_result vgic_redist_mmio(void *ctx, struct mmio_access *access);

/* The distributor's again, for whoever knows who accesses: `size` bytes (1, 2, 4 or 8, aligned to
 * as much) at `offset` below the frame's size in the VM's view. */
uint64_t vgic_dist_read(struct vgic_cpu *cpu, uint32_t offset, uint32_t size);
void vgic_dist_write(struct vgic_cpu *cpu, uint32_t offset, uint32_t size, uint64_t value);

/* The monitor's `irq`: a line of text for each interrupt that is enabled, pending or active, and
 * two for each vCPU. Any CPU; what is in list registers of running vCPUs is shown as such. */
void vgic_dump(struct vgic *vgic, fmt_put_fn *put, void *put_ctx);

#endif
