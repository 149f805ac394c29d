/* SPDX-License-Identifier: Apache-2.0 */
#include "exits/exits.h"

#include "arch/barrier.h"
#include "arch/esr.h"
#include "arch/hcr.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/check.h"
#include "base/compiler.h"
#include "el2count/el2count.h"
#include "s2/s2.h"
#include "trace/trace.h"
#include "vcpu/inject.h"

#include "exits_private.h"
#include "uart.h"

#define PFR0_RAS_SHIFT	  28U
#define PFR0_RAS_WIDTH	  4U
#define SERROR_IDS	  BIT(24)
#define DISR_A		  BIT(31)
#define SERROR_AET_SHIFT  10U
#define SERROR_AET_WIDTH  3U
#define AET_UNCONTAINABLE 0U
#define AET_CORRECTED	  6U
#define FSC_SERROR	  0x11U

typedef struct vcpu_context *exit_fn(struct vcpu *vcpu, uint64_t esr);

/* One class's whole way from its handler to the context to resume: the handler is called here
 * alone, so that the two are one function. */
#define EXIT(class)                                                                                \
	static struct vcpu_context *class##_exit(struct vcpu *vcpu, uint64_t esr)                  \
	{                                                                                          \
		return exits_finish(vcpu, exits_##class(vcpu, esr));                               \
	}

EXIT(wfx)
EXIT(hvc)
EXIT(smc)
EXIT(sysreg)
EXIT(brk)
EXIT(debug)

/* Traps that hide what a VM has not: as if it were not there. */
NOINLINE static struct vcpu_context *undefined_exit(struct vcpu *vcpu, uint64_t esr)
{
	vcpu->exits.other++;
	vcpu_inject_undef((esr & ESR_IL) != 0U);
	return exits_finish(vcpu, OUTCOME_RESUME);
}

/* Apart, as the next, so that the quick ways keep no registers for them. */
NOINLINE static struct vcpu_context *data_abort_exit(struct vcpu *vcpu, uint64_t esr)
{
	return exits_finish(vcpu, exits_data_abort(vcpu, esr));
}

NOINLINE static struct vcpu_context *instruction_abort_exit(struct vcpu *vcpu, uint64_t esr)
{
	return exits_finish(vcpu, exits_instruction_abort(vcpu, esr));
}

static struct vcpu_context *fetch_exit(struct vcpu *vcpu, uint64_t esr)
{
	return LIKELY(exits_fetch(vcpu, esr)) ? exits_finish(vcpu, OUTCOME_RESUME)
					      : instruction_abort_exit(vcpu, esr);
}

/* Classes that need no handler of their own are UNDEFINED to the guest: SVE, SME, AArch32
 * coprocessor accesses from EL0, and whatever a later architecture adds. */
static exit_fn *const exits[1U << ESR_EC_WIDTH] = {
	[EC_WFX] = wfx_exit,
	[EC_HVC64] = hvc_exit,
	[EC_SMC64] = smc_exit,
	[EC_SYSREG] = sysreg_exit,
	[EC_IABT_LOWER] = fetch_exit,
	[EC_DABT_LOWER] = data_abort_exit,
	[EC_BKPT_LOWER] = debug_exit,
	[EC_STEP_LOWER] = debug_exit,
	[EC_WTPT_LOWER] = debug_exit,
	[EC_BKPT32] = brk_exit,
	[EC_BRK64] = brk_exit,
};

/* All but data aborts. */
static inline struct vcpu_context *run_exit(struct vcpu *vcpu, uint64_t esr)
{
	uint64_t class = FIELD_GET(esr, ESR_EC);
	exit_fn *handler;

	/* Ahead of the table what guests do most. */
	if (class == EC_SYSREG) {
		return sysreg_exit(vcpu, esr);
	}
	handler = exits[class];
	return handler != NULL ? handler(vcpu, esr) : undefined_exit(vcpu, esr);
}

/* Apart, as what else is not usual, so that an exit pays for the tests alone. */
NOINLINE static struct vcpu_context *traced_exit(struct vcpu *vcpu, uint64_t esr)
{
	trace_write(TRACE_EXIT, vcpu->vm->id, vcpu->id, esr, vcpu_pc());
	return FIELD_GET(esr, ESR_EC) == EC_DABT_LOWER
		       ? exits_finish(vcpu, exits_any_data_abort(vcpu, esr))
		       : run_exit(vcpu, esr);
}

NOINLINE static struct vcpu_context *attend_exit(struct vcpu *vcpu)
{
	vm_terminal_attend(vcpu->terminal);
	return exits_finish(vcpu, OUTCOME_RESUME);
}

/* Apart, where it needs no register for the others' ways. */
NOINLINE static struct vcpu_context *device_or_memory(struct vcpu *vcpu, uint64_t esr)
{
	switch (exits_uart_quickly(vcpu, esr)) {
	case CONSOLE_QUICK_TAKEN:
		return exits_finish(vcpu, OUTCOME_RESUME);
	case CONSOLE_QUICK_ATTEND:
		return attend_exit(vcpu);
	case CONSOLE_QUICK_NOT:
		break;
	}
	return data_abort_exit(vcpu, esr);
}

struct vcpu_context *exits_sync(struct vcpu_context *ctx)
{
	struct vcpu *vcpu = vcpu_of(ctx);
	uint64_t esr = read_esr_el2();

	if (UNLIKELY(load_relaxed(&trace_enabled))) {
		return traced_exit(vcpu, esr);
	}
	/* Most exits of a guest that runs. */
	return FIELD_GET(esr, ESR_EC) == EC_DABT_LOWER ? device_or_memory(vcpu, esr)
						       : run_exit(vcpu, esr);
}

/* What an SError's syndrome says of the machine's state (DDI 0487, D19.2, ESR_EL2). */
enum damage { DAMAGE_NONE, DAMAGE_CONTAINED, DAMAGE_EVERYWHERE };

static bool has_ras(void)
{
	return FIELD_GET(read_id_aa64pfr0_el1(), PFR0_RAS) != 0U;
}

static enum damage damage_of(uint64_t esr)
{
	/* Only with FEAT_RAS, and where the CPU does not use a format of its own, is it known. */
	if (!has_ras() || (esr & SERROR_IDS) != 0U || FIELD_GET(esr, ISS_FSC) != FSC_SERROR) {
		return DAMAGE_CONTAINED;
	}
	switch (FIELD_GET(esr, SERROR_AET)) {
	case AET_UNCONTAINABLE:
		return DAMAGE_EVERYWHERE;
	case AET_CORRECTED:
		return DAMAGE_NONE;
	default:
		return DAMAGE_CONTAINED;
	}
}

/* An SError of the vCPU that is loaded. It gets it as a virtual one; one that cannot be contained
 * stops the machine, for nothing says whose data is wrong. */
static void give_serror(struct vcpu *vcpu, uint64_t esr)
{
	enum damage damage = damage_of(esr);

	if (damage == DAMAGE_EVERYWHERE) {
		PANIC("SError that is not contained, in vm %s: esr 0x%llx", vcpu->vm->config.name,
			(unsigned long long)esr);
	}
	if (damage == DAMAGE_NONE) {
		return;
	}
	log_limited(&vcpu->vm->log_limit, LOG_WARNING,
		"vm %s: SError, syndrome 0x%llx, given to vcpu %u", vcpu->vm->config.name,
		(unsigned long long)esr, vcpu->id);
	write_hcr_el2(read_hcr_el2() | HCR_VSE);
}

/* An SError while a guest ran: its own access to an assigned device, or memory that broke under
 * it. */
struct vcpu_context *exits_serror(struct vcpu_context *ctx)
{
	struct vcpu *vcpu = vcpu_of(ctx);

	vcpu->exits.other++;
	give_serror(vcpu, read_esr_el2());
	return exits_finish(vcpu, OUTCOME_RESUME);
}

/* A store that a device has not answered yet may end in an SError. Without FEAT_RAS one that is
 * pending here cannot be told from the next vCPU's. */
void exits_settle_stores(struct vcpu *vcpu)
{
	arch_dsb_sy();
	if (has_ras()) {
		arch_esb();

		uint64_t disr = read_disr_el1();

		if ((disr & DISR_A) != 0U) {
			write_disr_el1(0);
			give_serror(vcpu, disr);
		}
	}
}

static void stop(struct vcpu *vcpu, enum vm_goal goal)
{
	/* EPERM: another vCPU has stopped the VM already, which holds this one too. */
	enum plinth_status status = vm_stop(vcpu->vm, goal);

	(void)status;
}

NOINLINE struct vcpu_context *exits_finish_slowly(struct vcpu *vcpu, enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_VM_OFF:
		stop(vcpu, VM_GOAL_OFF);
		return switch_next();
	case OUTCOME_VM_RESET:
		stop(vcpu, VM_GOAL_RESET);
		return switch_next();
	case OUTCOME_VM_CRASH:
		vm_crash(vcpu->vm, "vcpu %u cannot go on", vcpu->id);
		return switch_next();
	case OUTCOME_RESCHED:
	case OUTCOME_RESUME: /* another is to have its turn */
		break;
	}
	return switch_next();
}

NOINLINE struct vcpu_context *exits_finish_with_interrupts(struct vcpu *vcpu)
{
	vgic_flush(&vcpu->gic);
	/* That may have woken somebody for this CPU, which nobody tells again. */
	return UNLIKELY(sched_need_resched()) ? switch_next() : &vcpu->ctx;
}

static void catch_by(const char *vectors)
{
	write_vbar_el2((uint64_t)(uintptr_t)vectors);
	arch_isb();
}

void exits_catch(void)
{
	catch_by(exits_vectors);
}

static void defend(const struct errata_predictors *predictors)
{
#ifdef PLINTH_NOMITIG
	const enum errata_defence defence = ERRATA_DEFENCE_NONE;
#else
	const enum errata_defence defence = predictors->defence;
#endif

	percpu_this()->defence_argument = predictors->argument;
	switch (defence) {
	case ERRATA_DEFENCE_NONE:
		exits_catch();
		break;
	case ERRATA_DEFENCE_HISTORY:
		catch_by(exits_vectors_history);
		break;
	case ERRATA_DEFENCE_FIRMWARE:
		catch_by(exits_vectors_firmware);
		break;
	}
}

#define MMFR0_FGT_SHIFT 56U
#define MMFR0_FGT_WIDTH 4U
#define MMFR0_FGT2	2U
#define MMFR1_HCX_SHIFT 40U
#define MMFR1_HCX_WIDTH 4U

/* Trap registers of later architectures, UNKNOWN after reset: we use none of them. */
static void init_optional_traps(void)
{
	if (FIELD_GET(read_id_aa64mmfr1_el1(), MMFR1_HCX) != 0U) {
		write_hcrx_el2(0);
	}
	if (FIELD_GET(read_id_aa64mmfr0_el1(), MMFR0_FGT) != 0U) {
		write_hfgrtr_el2(0);
		write_hfgwtr_el2(0);
		write_hfgitr_el2(0);
		write_hdfgrtr_el2(0);
		write_hdfgwtr_el2(0);
	}
	if (FIELD_GET(read_id_aa64mmfr0_el1(), MMFR0_FGT) >= MMFR0_FGT2) {
		write_hfgrtr2_el2(0);
		write_hfgwtr2_el2(0);
		write_hfgitr2_el2(0);
		write_hdfgrtr2_el2(0);
		write_hdfgwtr2_el2(0);
	}
}

void exits_cpu_init(const struct errata_predictors *predictors)
{
	defend(predictors);
	write_vtcr_el2(s2_vtcr(s2_features()));
	write_vpidr_el2(read_midr_el1());
	write_cptr_el2(CPTR_RES1 | CPTR_TZ | CPTR_TTA | CPTR_TAM);
	write_hstr_el2(0);
	init_optional_traps();
	write_mdcr_el2(MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | MDCR_TPM | MDCR_TPMCR | MDCR_TPMS |
		       MDCR_TTRF | (read_mdcr_el2() & 0x1fU)); /* HPMN stays */
	if (FIELD_GET(read_id_aa64pfr0_el1(), PFR0_RAS) != 0U) {
		/* What a guest reads in ESR_EL1 after HCR_EL2.VSE: that nothing is known. */
		write_vsesr_el2(SERROR_IDS);
	}
	el2count_cpu_init(); /* after MDCR_EL2, in which it sets HPME */
	vtimer_cpu_init();
	debugregs_init_cpu();
	arch_isb();
}
