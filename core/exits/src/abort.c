/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage-2 aborts: memory that is not there yet, devices, and holes.
 */
#include "arch/at.h"
#include "arch/barrier.h"
#include "arch/esr.h"
#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"
#include "errata/errata.h"
#include "vcpu/inject.h"
#include "vm/vm_devices.h"

#include "exits_private.h"

#define PAR_F	     BIT(0)
#define PAR_PA	     UINT64_C(0x0000fffffffff000)
#define HPFAR_FIPA   UINT64_C(0x0000000ffffffff0) /* IPA[51:12] in [43:4]; 48 bits are all we use */
#define HPFAR_TO_IPA 8U

bool exits_from_el0(void)
{
	uint64_t pstate = vcpu_pstate();

	return (pstate & PSTATE_AARCH32) != 0U || (pstate & PSTATE_MODE_MASK) == PSTATE_MODE_EL0T;
}

/* AT by the form that suits the access, as the guest's stage 1 has it now; its PAR_EL1 stays. */
static inline uint64_t stage1_par(gva_t gva, bool from_el0, bool write)
{
	uint64_t saved = arch_at_begin();
	uint64_t par;

	if (LIKELY(!from_el0)) {
		par = write ? arch_at_s1e1w(gva.v) : arch_at_s1e1r(gva.v);
	} else {
		par = write ? arch_at_s1e0w(gva.v) : arch_at_s1e0r(gva.v);
	}
	arch_at_end(saved);
	return par;
}

uint64_t exits_stage1(gva_t gva, bool from_el0, bool write)
{
	return stage1_par(gva, from_el0, write);
}

static inline bool ipa_of_par(uint64_t par, gva_t gva, ipa_t *ipa)
{
	*ipa = ipa_init((par & PAR_PA) | (gva.v & (PAGE_SIZE - 1U)));
	return (par & PAR_F) == 0U;
}

bool exits_translate(gva_t gva, bool write, ipa_t *ipa)
{
	return ipa_of_par(stage1_par(gva, exits_from_el0(), write), gva, ipa);
}

NOINLINE bool exits_translate_fetch(gva_t pc, ipa_t *ipa)
{
	return ipa_of_par(stage1_par(pc, false, false), pc, ipa);
}

/* Who is known to have caused a fault. A fetch counts as EL1's, which may read whatever is mapped:
 * code may be executable without being readable at EL0. */
enum fault_from { FROM_ANY, FROM_EL1 };

static inline ipa_t hpfar_ipa(uint64_t far)
{
	return ipa_init(
		((read_hpfar_el2() & HPFAR_FIPA) << HPFAR_TO_IPA) | (far & (PAGE_SIZE - 1U)));
}

static inline bool walked_ipa(uint64_t far, enum fault_from from, ipa_t *ipa)
{
	return ipa_of_par(stage1_par(gva_init(far), from == FROM_ANY && exits_from_el0(), false),
		gva_init(far), ipa);
}

/* Of any translation fault. False: as for fault_ipa. */
static inline bool translation_ipa(uint64_t far, enum fault_from from, ipa_t *ipa)
{
	if (errata_needs(ERRATA_RECHECK_HPFAR)) {
		return walked_ipa(far, from, ipa);
	}
	*ipa = hpfar_ipa(far);
	return true;
}

/* HPFAR_EL2 holds the IPA for translation faults and faults on the guest's table walks, not for
 * permission faults (DDI 0487, D19.2, HPFAR_EL2). False: FAR_EL2 does not translate any more,
 * another vCPU has changed the tables; the guest is to try again. */
static inline bool fault_ipa(uint64_t esr, uint64_t far, enum fault_from from, ipa_t *ipa)
{
	if ((esr & ISS_S1PTW) != 0U) {
		*ipa = hpfar_ipa(far);
		return true;
	}
	return FSC_KIND(FIELD_GET(esr, ISS_FSC)) == FSC_TRANSLATION
		       ? translation_ipa(far, from, ipa)
		       : walked_ipa(far, from, ipa);
}

/* Offset in the vector table: synchronous, from EL1 with SP_EL1 (DDI 0487, D1.10.2). */
#define VECTOR_SYNC_CURRENT UINT64_C(0x200)

static bool is_stage2_fault(uint64_t esr)
{
	uint64_t kind = FSC_KIND(FIELD_GET(esr, ISS_FSC));

	return kind == FSC_TRANSLATION || kind == FSC_PERMISSION || kind == FSC_ACCESS_FLAG;
}

/* Is the guest's EL1 fetching the handler of the abort that it would be given? Then it would get
 * it again, for ever. */
static bool is_own_vector(uint64_t far)
{
	return !exits_from_el0() && far == read_vbar_el1() + VECTOR_SYNC_CURRENT;
}

/* The guest's own table walk, in a page of a device: HCR_EL2.PTW refuses that, and it stays there.
 */
NOINLINE static bool walks_device(const struct vcpu *vcpu, uint64_t esr)
{
	return FSC_KIND(FIELD_GET(esr, ISS_FSC)) == FSC_PERMISSION &&
	       vm_has_device(vcpu->vm, hpfar_ipa(0));
}

/* An abort that memory cannot answer, given back as a synchronous external abort. One that hit
 * the guest's own table walk says so. */
NOINLINE static enum outcome refuse(struct vcpu *vcpu, uint64_t esr, uint64_t far, bool is_fetch)
{
	unsigned fsc = (esr & ISS_S1PTW) != 0U ? FSC_EXTERNAL_WALK : FSC_EXTERNAL;

	if (is_fetch && is_own_vector(far)) {
		vm_crash(vcpu->vm, "vcpu %u jumped to nowhere: no exception vectors at 0x%llx",
			vcpu->id, (unsigned long long)read_vbar_el1());
		return OUTCOME_RESCHED;
	}
	vcpu_inject_abort(is_fetch, fsc, far, (esr & ISS_WNR) != 0U, (esr & ESR_IL) != 0U);
	return OUTCOME_RESUME;
}

/* A cache maintenance instruction counts as a read, but where it lacks permission it is one that
 * wants to write (DC IVAC). */
static enum gmem_access access_of(uint64_t esr, bool is_fetch, bool permission)
{
	if (is_fetch) {
		return GMEM_FETCH;
	}
	if ((esr & ISS_CM) != 0U) {
		return permission ? GMEM_WRITE : GMEM_READ;
	}
	return (esr & ISS_WNR) != 0U ? GMEM_WRITE : GMEM_READ;
}

NOINLINE static enum outcome not_ram(
	struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far, bool is_fetch)
{
	if (is_fetch || (esr & ISS_S1PTW) != 0U) {
		return refuse(vcpu, esr, far, is_fetch);
	}
	if ((esr & ISS_CM) != 0U) {
		/* No cache holds anything of a device or a hole. */
		vcpu_skip((esr & ESR_IL) != 0U);
		return OUTCOME_RESUME;
	}
	return exits_mmio(vcpu, esr, ipa, far);
}

/* Memory that it may not write, for that is what a guest is denied. An invalidation by DC IVAC
 * wants to: nobody has anything to lose there. */
static enum outcome denied(struct vcpu *vcpu, uint64_t esr, uint64_t far, bool is_fetch)
{
	if (!is_fetch && (esr & (ISS_CM | ISS_S1PTW)) == ISS_CM) {
		vcpu_skip((esr & ESR_IL) != 0U);
		return OUTCOME_RESUME;
	}
	return refuse(vcpu, esr, far, is_fetch);
}

/* gmem gave the guest nothing. */
NOINLINE static enum outcome no_memory(struct vcpu *vcpu, uint64_t esr,
	const struct gmem_fault *fault, uint64_t far, enum gmem_result result)
{
	bool is_fetch = fault->access == GMEM_FETCH;

	if (result == GMEM_NOT_RAM) {
		return not_ram(vcpu, esr, fault->ipa, far, is_fetch);
	}
	if (result == GMEM_DENIED) {
		return denied(vcpu, esr, far, is_fetch);
	}
	vm_out_of_memory(vcpu->vm, fault->ipa);
	return OUTCOME_RESCHED;
}

/* Apart, so that a device's access needs no struct on the stack. */
NOINLINE static enum outcome memory_fault(
	struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far, bool is_fetch)
{
	struct gmem_fault fault = {
		.ipa = ipa,
		.table_walk = (esr & ISS_S1PTW) != 0U,
		.permission = FSC_KIND(FIELD_GET(esr, ISS_FSC)) == FSC_PERMISSION,
	};
	enum gmem_result result;

	fault.access = access_of(esr, is_fetch, fault.permission);
	result = gmem_fault(&vcpu->vm->gmem, &fault);
	return LIKELY(result == GMEM_RESUME) ? OUTCOME_RESUME
					     : no_memory(vcpu, esr, &fault, far, result);
}

/* Devices are between a firmware's ROM, if there is one, and RAM; no memory is near them. */
static inline bool is_memory(ipa_t ipa)
{
	return ipa.v - VM_DEVICES_BASE >= VM_RAM_BASE - VM_DEVICES_BASE;
}

static inline enum outcome abort_at(
	struct vcpu *vcpu, uint64_t esr, ipa_t ipa, uint64_t far, bool is_fetch)
{
	return is_memory(ipa) ? memory_fault(vcpu, esr, ipa, far, is_fetch)
			      : not_ram(vcpu, esr, ipa, far, is_fetch);
}

NOINLINE static enum outcome stage2_abort(
	struct vcpu *vcpu, uint64_t esr, uint64_t far, bool is_fetch)
{
	ipa_t ipa;

	if (UNLIKELY(!is_stage2_fault(esr) ||
		     ((esr & ISS_S1PTW) != 0U && walks_device(vcpu, esr)))) {
		return refuse(vcpu, esr, far, is_fetch);
	}
	if (UNLIKELY(!fault_ipa(esr, far, is_fetch ? FROM_EL1 : FROM_ANY, &ipa))) {
		return OUTCOME_RESUME;
	}
	return abort_at(vcpu, esr, ipa, far, is_fetch);
}

enum outcome exits_any_data_abort(struct vcpu *vcpu, uint64_t esr)
{
	vcpu->exits.abort++;
	return stage2_abort(vcpu, esr, read_far_el2(), false);
}

/* Might a load with a valid syndrome, which has 8 bytes at most, cross from a page into the next?
 * FAR_EL2 is one of the bytes, whichever. Pages have 4 KiB at least. */
static inline bool may_cross(uint64_t far)
{
	return ((far + 8U) & UINT64_C(0xff0)) == 0U;
}

/* Is HPFAR_EL2 good for a plain access on any CPU? ERRATA_RECHECK_HPFAR is of loads that cross. */
static inline bool is_hpfar_good(uint64_t esr, uint64_t far)
{
	return (esr & ISS_WNR) != 0U || !may_cross(far);
}

/* A plain access to the distributor is most of what guests do without memory, once they run, and
 * their UART's quick ones are done; one to its other registers most of the rest: first of all, and
 * without a test that does not matter to them. */
enum outcome exits_data_abort(struct vcpu *vcpu, uint64_t esr)
{
	uint64_t far = read_far_el2();
	uint64_t gicd;
	ipa_t ipa;

	if (UNLIKELY((esr & EXITS_PLAIN_MASK) != EXITS_PLAIN ||
		     (vcpu_pstate() & EXITS_UNUSUAL) != 0U || !is_hpfar_good(esr, far))) {
		return exits_any_data_abort(vcpu, esr);
	}
	vcpu->exits.abort++;
	ipa = hpfar_ipa(far);
	gicd = ipa.v ^ VM_GICD_BASE;
	if (gicd < VGIC_V2_DIST_SIZE ||
		(gicd < VGIC_DIST_SIZE && vcpu->vm->vgic.view == VGIC_VIEW_V3)) {
		return exits_mmio_gicd(vcpu, esr, (uint32_t)gicd);
	}
	if ((ipa.v ^ VM_UART_BASE) < VUART_SIZE) {
		return exits_mmio_uart(vcpu, esr, (uint32_t)(ipa.v ^ VM_UART_BASE));
	}
	return is_memory(ipa) ? memory_fault(vcpu, esr, ipa, far, false)
			      : exits_mmio(vcpu, esr, ipa, far);
}

/* What a fetch without permission leaves in ESR_EL2, the level apart. */
#define FETCH_MASK (ISS_S1PTW | FSC_KIND(MASK_BELOW(ISS_FSC_WIDTH)))

/* Code that somebody else has written is executed for the first time: most aborts of a boot. Calls
 * nothing that would want registers kept. */
bool exits_fetch(struct vcpu *vcpu, uint64_t esr)
{
	uint64_t saved;
	uint64_t par;

	/* A fetch whose table walk faulted needs data, not code. */
	if (UNLIKELY((esr & FETCH_MASK) != FSC_PERMISSION)) {
		return false;
	}
	saved = arch_at_begin();
	par = arch_at_s1e1r_far(read_far_el2());
	arch_at_end(saved);
	if (UNLIKELY((par & PAR_F) != 0U) ||
		UNLIKELY(!gmem_fetch(&vcpu->vm->gmem, ipa_init(par & PAR_PA)))) {
		return false;
	}
	vcpu->exits.abort++;
	return true;
}

enum outcome exits_instruction_abort(struct vcpu *vcpu, uint64_t esr)
{
	vcpu->exits.abort++;
	return stage2_abort(vcpu, esr, read_far_el2(), true);
}
