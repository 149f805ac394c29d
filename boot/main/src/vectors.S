/* SPDX-License-Identifier: Apache-2.0 */
#include "arch_impl/asm.h"

/* Of the sixteen entries, 128 bytes apart (DDI 0487, D1.3.1), those of the current exception level:
 * boot runs nothing below it. It takes no exception that it returns from: each goes to
 * boot_exception on a stack of its own, with its number. */
	.section .text.vectors, "ax", %progbits
	.balign	2048
	.global	boot_vectors
	.hidden	boot_vectors
boot_vectors:
	.set	vector, 0
	.rept	8
	.balign	128
	mov	x0, #vector
	adrp	x1, exception_stack_end
	add	x1, x1, :lo12:exception_stack_end
	mov	sp, x1
	b	boot_exception
	.set	vector, vector + 1
	.endr

	.section .bss.exception_stack, "aw", %nobits
	.balign	16
	.space	4096
exception_stack_end:
