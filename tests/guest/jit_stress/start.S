/* SPDX-License-Identifier: Apache-2.0 */

#define SYS_EXIT  93
#define SYS_CLONE 220

	.text
	.global	_start
_start:
	mov	x29, xzr
	mov	x0, sp			/* argc, argv[] */
	bl	jit_main

/* long thread_start(void *stack_top, void (*fn)(void *), void *arg, unsigned long flags) */
	.global	thread_start
thread_start:
	stp	x1, x2, [x0, #-16]!
	mov	x1, x0
	mov	x0, x3
	mov	x2, xzr
	mov	x3, xzr
	mov	x4, xzr
	mov	x8, #SYS_CLONE
	svc	#0
	cbz	x0, 1f
	ret
1:	mov	x29, xzr
	ldp	x1, x0, [sp], #16
	blr	x1
	mov	x0, xzr
	mov	x8, #SYS_EXIT
	svc	#0
