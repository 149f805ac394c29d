/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ahead of all other exits a guest that prints: a look at FR and a byte to DR, in the usual state
 * of everything. What is here is inline and calls nothing, so that exits_sync() needs no frame.
 */
#ifndef EXITS_UART_H
#define EXITS_UART_H

#include "arch/esr.h"
#include "arch/sysreg.h"
#include "base/bits.h"
#include "base/compiler.h"

#include "exits_private.h"

#define HPFAR_OF(ipa) ((ipa) >> 8U) /* IPA[47:12] in [39:4] */
#define PAGE_OFFSET   (PAGE_SIZE - 1U)

/* Neither 8 bytes nor a load that extends the sign. */
static inline bool uart_is_usual(uint64_t esr)
{
	uint64_t sas_is_3 = esr & (esr << 1U) & BIT(ISS_SAS_SHIFT + 1U);

	return (esr & (EXITS_PLAIN_MASK | ISS_SSE)) == EXITS_PLAIN && sas_is_3 == 0U &&
	       (vcpu_pstate() & EXITS_UNUSUAL) == 0U;
}

static inline enum console_quick uart_load(struct vcpu *vcpu, uint64_t offset, uint64_t rt)
{
	uint32_t flags = vuart_flags(&vcpu->terminal->uart);

	if (UNLIKELY(offset != VUART_FR || (flags & VUART_FR_TXFF) != 0U)) {
		return CONSOLE_QUICK_NOT;
	}
	vcpu->ctx.x[rt] = flags; /* 8 bits: whatever the size */
	return CONSOLE_QUICK_TAKEN;
}

static inline enum console_quick uart_store(struct vcpu *vcpu, uint64_t offset, uint64_t rt)
{
	if (UNLIKELY(offset != VUART_DR)) {
		return CONSOLE_QUICK_NOT;
	}
	return vm_terminal_send(vcpu->terminal, (uint8_t)vcpu->ctx.x[rt]);
}

/* The data abort of such an access: it is done, and the PC behind it. NOT: nothing is done. ATTEND:
 * vm_terminal_attend() is to be called. HPFAR_EL2 is good here on any CPU: ERRATA_RECHECK_HPFAR is
 * of loads that cross a page, and FR lies in the middle of one. */
static ALWAYS_INLINE inline enum console_quick exits_uart_quickly(struct vcpu *vcpu, uint64_t esr)
{
	enum console_quick done;
	uint64_t offset;
	uint64_t rt;

	if (read_hpfar_el2() != HPFAR_OF(VM_UART_BASE) || UNLIKELY(!uart_is_usual(esr))) {
		return CONSOLE_QUICK_NOT;
	}
	offset = read_far_el2() & PAGE_OFFSET;
	rt = FIELD_GET(esr, ISS_SRT);
	if (UNLIKELY(rt == 31U)) {
		return CONSOLE_QUICK_NOT;
	}
	done = (esr & ISS_WNR) != 0U ? uart_store(vcpu, offset, rt) : uart_load(vcpu, offset, rt);
	if (LIKELY(done != CONSOLE_QUICK_NOT)) {
		vcpu->exits.abort++;
		vcpu_skip_plainly();
	}
	return done;
}

#endif
