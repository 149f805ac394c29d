/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assembly macros of programs that are linked at 0 and run anywhere.
 */
/* clang-format off */
#ifndef IMAGE_RELOCATE_H
#define IMAGE_RELOCATE_H

#define R_AARCH64_RELATIVE 1027
#define RELA_SIZE	   24

	.macro	address reg, symbol
	adrp	\reg, \symbol
	add	\reg, \reg, :lo12:\symbol
	.endm

/* Each relocation in [first, last) is a pointer that lacks `base`, where the image starts. Uses
 * x0 to x4. */
	.macro	relocate base, first, last
	address	x0, \first
	address	x1, \last
.Lrela\@:
	cmp	x0, x1
	b.hs	.Ldone\@
	ldp	x2, x3, [x0]		/* r_offset, r_info */
	ldr	x4, [x0, #16]		/* r_addend */
	add	x0, x0, #RELA_SIZE
	cmp	w3, #R_AARCH64_RELATIVE
	b.ne	.Lrela\@
	add	x4, x4, \base
	str	x4, [\base, x2]
	b	.Lrela\@
.Ldone\@:
	.endm

#endif
