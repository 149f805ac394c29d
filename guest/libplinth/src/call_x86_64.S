/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backdoor's calls on x86-64: the I/O instruction itself. r8 keeps the registers' place.
 */
.macro call name, instruction:vararg
	.global	\name
	.type	\name, @function
\name:
	push	%rbx
	push	%rbp
	mov	%rdi, %r8
	mov	(%r8), %rax
	mov	8(%r8), %rbx
	mov	16(%r8), %rcx
	mov	24(%r8), %rdx
	mov	32(%r8), %rsi
	mov	40(%r8), %rdi
	mov	48(%r8), %rbp
	cld
	.global	\name\()_instruction
\name\()_instruction:
	\instruction
	mov	%rax, (%r8)
	mov	%rbx, 8(%r8)
	mov	%rcx, 16(%r8)
	mov	%rdx, 24(%r8)
	mov	%rsi, 32(%r8)
	mov	%rdi, 40(%r8)
	mov	%rbp, 48(%r8)
	pop	%rbp
	pop	%rbx
	ret
	.size	\name, . - \name
.endm

	.text
	call	plinth_call_in, in %dx, %eax
	call	plinth_call_ins, rep insb
	call	plinth_call_outs, rep outsb

	.section .note.GNU-stack, "", @progbits
