/* SPDX-License-Identifier: Apache-2.0 */
#include "arch_impl/asm.h"

/* The firmware takes no exception that it returns from: interrupts stay masked. Each goes to
 * exception_report() on a stack of its own, with its number. */
	.section .text.fw_vectors, "ax", %progbits
	.balign	2048
	.global	fw_vectors
	.hidden	fw_vectors
fw_vectors:
	.set	vector, 0
	.rept	16
	.balign	128
	mov	x0, #vector
	adrp	x1, exception_stack_end
	add	x1, x1, :lo12:exception_stack_end
	mov	sp, x1
	b	exception_report
	.set	vector, vector + 1
	.endr

	.section .bss.exception_stack, "aw", %nobits
	.balign	16
	.space	8192
exception_stack_end:
