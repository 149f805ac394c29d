/* SPDX-License-Identifier: Apache-2.0 */
/* The core, as CMake built it: CORE_BIN is the path of core.bin. */
	.section .rodata.core, "a", %progbits
	.balign	16
	.global	core_image, core_image_end
	.hidden	core_image, core_image_end
core_image:
	.incbin	CORE_BIN
core_image_end:
