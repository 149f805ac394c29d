/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handlers, by exception class. Each is called on the vCPU's own CPU with its registers loaded,
 * and has moved the PC itself where the instruction is done.
 */
#ifndef EXITS_PRIVATE_H
#define EXITS_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "caller/caller.h"
#include "exits/exits.h"
#include "outcome/outcome.h"
#include "vm/vm.h"

enum outcome exits_hvc(struct vcpu *vcpu, uint64_t esr);
enum outcome exits_smc(struct vcpu *vcpu, uint64_t esr);
enum outcome exits_sysreg(struct vcpu *vcpu, uint64_t esr);
enum outcome exits_data_abort(struct vcpu *vcpu, uint64_t esr);
/* What a driver's load or store leaves in ESR_EL2, the level and all about the register apart; and
 * in SPSR_EL2 none of these: nothing to undo for an instruction that is stepped over. */
#define EXITS_PLAIN_MASK (ISS_ISV | ISS_CM | ISS_S1PTW | FSC_KIND(MASK_BELOW(ISS_FSC_WIDTH)))
#define EXITS_PLAIN	 (ISS_ISV | FSC_TRANSLATION)
#define EXITS_UNUSUAL	 (VCPU_SKIP_UNDOES | PSTATE_AARCH32)

/* The same in any case; devices' accesses are traced by this one alone. */
enum outcome exits_any_data_abort(struct vcpu *vcpu, uint64_t esr);
enum outcome exits_instruction_abort(struct vcpu *vcpu, uint64_t esr);
/* Ahead of it. True: that was all, resume the guest. False: nothing was done. */
bool exits_fetch(struct vcpu *vcpu, uint64_t esr);
enum outcome exits_wfx(struct vcpu *vcpu, uint64_t esr);

enum outcome exits_brk(struct vcpu *vcpu, uint64_t esr);
/* A breakpoint, watchpoint or step of the VM's debugger. */
enum outcome exits_debug(struct vcpu *vcpu, uint64_t esr);

/* A call of the backdoor, by whatever instruction: works on x0 to x6 and steps over it, or gives
 * the guest the fault of its buffer. is_past: the PC is behind the instruction already (HVC). */
enum outcome exits_backdoor(struct vcpu *vcpu, bool is_past);

/* Instead of a fault status: no fault. The call is to be undone, and made again. */
#define EXITS_CALL_AGAIN UINT32_MAX
/* The same, once there is memory for the page at `far`, which is an IPA here. */
#define EXITS_CALL_STARVED (EXITS_CALL_AGAIN - 1U)

/* A vCPU's software that calls, and the fault that its buffer has ended in. */
struct exits_caller {
	struct caller caller;
	struct vcpu *vcpu;
	uint64_t far;
	unsigned fsc; /* DFSC, or EXITS_CALL_AGAIN or _STARVED */
	bool is_write;
};

/* The vCPU's registers are loaded. *from stays where it is. */
void exits_caller_init(struct exits_caller *from, struct vcpu *vcpu);

/* A runtime service of UEFI, in a VM that has them: works on x0 and steps over it. is_past: as
 * above. */
enum outcome exits_uefirt(struct vcpu *vcpu, uint32_t operand, bool is_past);

/* Is a call by the backdoor's MRS one of a runtime service, which this VM may make so? A process,
 * with the VM's token in X5 and X6 alone. */
bool exits_is_uefirt_mrs(const struct vcpu *vcpu);

/* Blocks the vCPU as a WFI does, unless something is there for it. */
enum outcome exits_wait(struct vcpu *vcpu);

/* One device access of the guest at an IPA without memory, from the syndrome or, where there is
 * none, from the instruction. */
enum outcome exits_mmio(struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far);
/* The first, where the access is plain, and nothing is traced: the VM's UART, and as much of its
 * distributor as its view has. */
enum outcome exits_mmio_uart(struct vcpu *vcpu, uint64_t esr, uint32_t offset);
enum outcome exits_mmio_gicd(struct vcpu *vcpu, uint64_t esr, uint32_t offset);
enum outcome exits_mmio_decode(struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far);

/* One access of `size` bytes (1, 2, 4, 8). False: the guest has been given an exception. */
bool exits_mmio_one(struct vcpu *vcpu, struct mmio_access *access, ipa_t ipa);

/* PAR_EL1 for a guest's virtual address, by the AT form that suits the access, as its stage 1 is
 * now; its own PAR_EL1 is kept. */
uint64_t exits_stage1(gva_t gva, bool from_el0, bool write);

/* The IPA behind a guest's virtual address, by AT in the guest's present regime; PAR_EL1 is kept.
 * False: it does not translate. */
bool exits_translate(gva_t gva, bool write, ipa_t *ipa);

/* The same for the instruction at `pc`: it may be executable without being readable at EL0, so
 * this asks as EL1, which may read whatever is mapped. */
bool exits_translate_fetch(gva_t pc, ipa_t *ipa);

/* Is the trapped vCPU at EL0? */
bool exits_from_el0(void);

/* Before its registers are saved: SErrors of what it stored are its own. */
void exits_settle_stores(struct vcpu *vcpu);

/* The rare ends of an exit: another vCPU runs next, or the VM stops. */
struct vcpu_context *exits_finish_slowly(struct vcpu *vcpu, enum outcome outcome);

/* Where interrupts are due for the vCPU, which otherwise goes on. */
struct vcpu_context *exits_finish_with_interrupts(struct vcpu *vcpu);

/* Acts on what a handler returned; gives the context to resume. */
static inline struct vcpu_context *exits_finish(struct vcpu *vcpu, enum outcome outcome)
{
	if (UNLIKELY(outcome != OUTCOME_RESUME || sched_need_resched())) {
		return exits_finish_slowly(vcpu, outcome);
	}
	if (vgic_is_due(&vcpu->gic)) {
		return exits_finish_with_interrupts(vcpu);
	}
	return &vcpu->ctx;
}

/* Takes and handles one pending physical interrupt; false where there is none. */
bool exits_take_irq(struct vcpu *vcpu);

/* Picks and loads what this CPU runs next; waits where there is nothing. */
struct vcpu_context *switch_next(void);

#endif
