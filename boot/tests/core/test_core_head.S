/* SPDX-License-Identifier: Apache-2.0 */
/* A core for boot's own tests: see test_core.c. MMU off all the time. */
#include "abi/core_header.h"
#include "image/relocate.h"

	.section .head, "ax", %progbits
	.global	test_core_head
	.hidden	test_core_head
test_core_head:
	.quad	CORE_HEADER_MAGIC
	.word	CORE_HEADER_VERSION
	.word	CORE_HEADER_SIZE
	/* In halves: a linker makes a relocation at run time of a .quad, but not of these. */
	.word	test_core_lds_file_size, 0
	.word	test_core_lds_size, 0
	.quad	1f - test_core_head
1:	mov	x20, x0
	mov	x22, x1
	adrp	x21, test_core_head
	relocate x21, test_core_lds_rela, test_core_lds_rela_end
	address	x4, primary_stack_end
	mov	sp, x4
	mov	x0, x20
	mov	x1, x22
	mrs	x2, sctlr_el2
	mrs	x3, daif
	b	test_core_primary

/* In: x0 = the CPU's stack top, from its mailbox. */
	.global	test_core_secondary
	.hidden	test_core_secondary
test_core_secondary:
	mov	sp, x0
	mrs	x0, sctlr_el2
	mrs	x1, daif
	bl	test_core_arrived
1:	wfi
	b	1b

	.section .bss.stack, "aw", %nobits
	.balign	16
	.space	8192
primary_stack_end:
