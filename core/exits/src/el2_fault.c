/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exceptions that EL2 takes from itself.
 */
#include "arch/esr.h"
#include "arch/firmware.h"
#include "arch/pstate.h"
#include "arch/sysreg.h"
#include "base/check.h"
#include "log/log.h"
#include "percpu/percpu.h"

#include "exits_private.h"

/* One row of .fixups: both addresses relative to the words that hold them. */
struct fixup {
	int32_t from;
	int32_t to;
};

extern const struct fixup core_lds_fixups[];
extern const struct fixup core_lds_fixups_end[];

#define KIND_SYNC 4U /* of what follows */

static const char *const kind_name[] = {
	"sync, SP0",
	"IRQ, SP0",
	"FIQ, SP0",
	"SError, SP0",
	"sync",
	"IRQ",
	"FIQ",
	"SError",
};

/* AT may end in a Data Abort: its caller has a second way out. */
static bool fix_up(uint64_t pc)
{
	for (const struct fixup *f = core_lds_fixups; f != core_lds_fixups_end; f++) {
		if ((uint64_t)(uintptr_t)&f->from + (uint64_t)(int64_t)f->from == pc) {
			write_elr_el2((uint64_t)(uintptr_t)&f->to + (uint64_t)(int64_t)f->to);
			return true;
		}
	}
	return false;
}

/* What an abort was, in words; "" for other exceptions. */
static const char *abort_name(uint64_t esr)
{
	static const char *const names[][3] = {
		{", fetch of what is not mapped", ", read of what is not mapped",
			", write to what is not mapped"},
		{", fetch without permission", ", read without permission",
			", write without permission"},
	};
	uint64_t class = FIELD_GET(esr, ESR_EC);
	uint64_t kind = FSC_KIND(FIELD_GET(esr, ISS_FSC));
	unsigned access = (esr & ISS_WNR) != 0U ? 2U : 1U;

	if ((class != EC_IABT_SAME && class != EC_DABT_SAME) ||
		(kind != FSC_TRANSLATION && kind != FSC_PERMISSION)) {
		return "";
	}
	return names[kind == FSC_PERMISSION][class == EC_IABT_SAME ? 0U : access];
}

/* The host's runtime services are not ours, and nothing of ours runs on this CPU during a call: its
 * caller hears of the fault, and does not call again. */
static bool leave_firmware(uint64_t esr, uint64_t pc, struct exits_frame *frame)
{
	uint64_t call = percpu_this()->firmware_frame;

	if (call == 0U) {
		return false;
	}
	log_error(
		"the host's firmware: exception in its runtime services%s: esr 0x%llx, pc 0x%llx, "
		"far 0x%llx",
		abort_name(esr), (unsigned long long)esr, (unsigned long long)pc,
		(unsigned long long)read_far_el2());
	frame->x[0] = call;
	write_elr_el2((uint64_t)(uintptr_t)arch_firmware_fault);
	write_spsr_el2(PSTATE_MODE_EL2H | PSTATE_DAIF);
	return true;
}

void exits_el2_exception(uint64_t kind, struct exits_frame *frame)
{
	uint64_t esr = read_esr_el2();
	uint64_t pc = read_elr_el2();

	if (kind == KIND_SYNC && (fix_up(pc) || leave_firmware(esr, pc, frame))) {
		return;
	}
	PANIC("exception at EL2 (%s%s): esr 0x%llx, pc 0x%llx, far 0x%llx, lr 0x%llx, x0 0x%llx, "
	      "x1 0x%llx",
		kind_name[kind & 7U], kind == KIND_SYNC ? abort_name(esr) : "",
		(unsigned long long)esr, (unsigned long long)pc, (unsigned long long)read_far_el2(),
		(unsigned long long)frame->x[30], (unsigned long long)frame->x[0],
		(unsigned long long)frame->x[1]);
}

void exits_stack_overflow(uint64_t kind, uint64_t sp)
{
	PANIC("EL2's stack is gone (%s): sp 0x%llx, pc 0x%llx, far 0x%llx", kind_name[kind & 7U],
		(unsigned long long)sp, (unsigned long long)read_elr_el2(),
		(unsigned long long)read_far_el2());
}
