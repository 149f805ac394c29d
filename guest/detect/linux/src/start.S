/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel leaves argc at SP, argv behind it. */
	.text
	.global	_start
_start:
	mov	x29, xzr
	mov	x30, xzr
	ldr	x0, [sp]
	add	x1, sp, #8
	b	detect_main
