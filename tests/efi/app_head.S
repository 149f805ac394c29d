/* SPDX-License-Identifier: Apache-2.0 */
/* The head of an EFI application of the tests. */
#include "arch_impl/asm.h"
#include "image/pe_header.h"
#include "image/relocate.h"

	.section .head, "a", %progbits
	.global	app_head
	.hidden	app_head
app_head:
	.ascii	"MZ"
	.hword	0
	.quad	0, 0, 0, 0, 0, 0, 0	/* clang's assembler does not count a .space */
	.word	.Lpe_start - app_head
.Lpe_start:
	pe_header app_head

func app_start
	stp	x29, x30, [sp, #-32]!
	stp	x19, x20, [sp, #16]
	mov	x29, sp
	mov	x19, x0
	mov	x20, x1
	adrp	x5, app_head
	relocate x5, app_rela, app_rela_end
	mov	x0, x19
	mov	x1, x20
	bl	app_run
	ldp	x19, x20, [sp, #16]
	ldp	x29, x30, [sp], #32
	ret
endfunc app_start
