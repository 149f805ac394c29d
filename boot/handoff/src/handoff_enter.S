/* SPDX-License-Identifier: Apache-2.0 */
#include "arch_impl/asm.h"

/* Armv8.0's RES1 bits alone: M, C, I and everything else off. */
#define SCTLR_EL2_OFF 0x30c50830

/* In: x0 = boot_info, x1 = the core's place, x2 = its entry. From the write of SCTLR_EL2 on, this
 * code is fetched from memory itself, where the firmware put it; nothing is loaded or stored. */
func handoff_enter
	msr	daifset, #0xf
	dsb	sy
	movz	x3, #(SCTLR_EL2_OFF & 0xffff)
	movk	x3, #(SCTLR_EL2_OFF >> 16), lsl #16
	msr	sctlr_el2, x3
	isb
	/* Our identity map, and whatever the core's place held as code before, are forgotten. */
	tlbi	alle2
	ic	iallu
	dsb	sy
	isb
	br	x2
endfunc handoff_enter
