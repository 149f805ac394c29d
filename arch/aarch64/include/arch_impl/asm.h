/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Macros of our assembly files.
 */
#ifndef ARCH_IMPL_ASM_H
#define ARCH_IMPL_ASM_H

#ifdef __ASSEMBLER__

/* A function: label, type and size given by one name. Callable by a branch through a register. */
	.macro func name
	.section .text.\name, "ax", %progbits
	.global	\name
	.hidden	\name
	.type	\name, %function
	.balign	16
\name:
	hint	#34		/* BTI c */
	.endm

	.macro endfunc name
	.size	\name, . - \name
	.endm

/* If the instruction at `from` aborts at EL2, execution goes on at `to` (vectors.S). Offsets are
 * relative, so that the table needs no relocation. */
	.macro fixup from, to
	.pushsection .fixups, "a", %progbits
	.balign	4
	.word	\from - .
	.word	\to - .
	.popsection
	.endm

/* eret, and nothing speculated past it. */
	.macro exception_return
	eret
	dsb	nsh
	isb
	.endm

#endif

#endif
