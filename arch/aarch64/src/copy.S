/* SPDX-License-Identifier: Apache-2.0 */
/*
 * void arch_copy(x0 = dst, x1 = src, x2 = size): 1 KiB a turn, 64 bytes by an instruction. Two sets
 * of registers, so that loads need not wait for stores. Q0 to Q7 may be a guest's, here and below.
 */
#include "arch_impl/asm.h"

	.arch_extension simd

	.macro copy_128
	ld1	{v0.16b-v3.16b}, [x1], #64
	ld1	{v4.16b-v7.16b}, [x1], #64
	st1	{v0.16b-v3.16b}, [x0], #64
	st1	{v4.16b-v7.16b}, [x0], #64
	.endm

func arch_copy
	cbz	x2, 2f
	stp	q0, q1, [sp, #-128]!
	stp	q2, q3, [sp, #32]
	stp	q4, q5, [sp, #64]
	stp	q6, q7, [sp, #96]
1:	.rept	8
	copy_128
	.endr
	subs	x2, x2, #1024
	b.ne	1b
	ldp	q6, q7, [sp, #96]
	ldp	q4, q5, [sp, #64]
	ldp	q2, q3, [sp, #32]
	ldp	q0, q1, [sp], #128
2:	ret
endfunc arch_copy

/*
 * void arch_fill_run(x0 = to, x1 = first, x2 = step): 512 words, eight by an instruction.
 */
func arch_fill_run
	stp	q0, q1, [sp, #-96]!
	stp	q2, q3, [sp, #32]
	str	q4, [sp, #64]
	add	x3, x1, x2
	dup	v0.2d, x1
	mov	v0.d[1], x3
	lsl	x3, x2, #1
	dup	v4.2d, x3
	add	v1.2d, v0.2d, v4.2d
	add	v2.2d, v1.2d, v4.2d
	add	v3.2d, v2.2d, v4.2d
	lsl	x3, x2, #3
	dup	v4.2d, x3
	mov	x3, #64
1:	st1	{v0.2d-v3.2d}, [x0], #64
	add	v0.2d, v0.2d, v4.2d
	add	v1.2d, v1.2d, v4.2d
	add	v2.2d, v2.2d, v4.2d
	add	v3.2d, v3.2d, v4.2d
	subs	x3, x3, #1
	b.ne	1b
	ldr	q4, [sp, #64]
	ldp	q2, q3, [sp, #32]
	ldp	q0, q1, [sp], #96
	ret
endfunc arch_fill_run
