/* SPDX-License-Identifier: Apache-2.0 */
/* The pen as bytes, for guests on whatever machine the loader runs: PEN_BIN is its file's path. */
	.section .rodata.guest_pen, "a", %progbits
	.balign	4
	.global	guest_pen_code, guest_pen_code_end
	.hidden	guest_pen_code, guest_pen_code_end
guest_pen_code:
	.incbin	PEN_BIN
guest_pen_code_end:
	.section .note.GNU-stack, "", %progbits
