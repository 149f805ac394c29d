/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load-exclusive, one instruction, store-exclusive. Nothing else may stand in between: a load or a
 * store could clear the monitor (DDI 0487, B2.12). x0: the word, x1: an operand; w0: the status.
 * x1 to x4 are lost.
 */
	.macro	sequence name, instruction:vararg
	.balign	64
native_\name:
	hint	#34			/* BTI c: called through a table */
	ldxr	x2, [x0]
	\instruction
	stxr	w4, x2, [x0]
	mov	w0, w4
	ret
	.endm

	.text
	.global	native_sequences_start
native_sequences_start:
	.global	native_control
	sequence control, nop
	sequence mdccsr, mrs x1, S2_3_C0_C1_0
	sequence pmuserenr, mrs x1, pmuserenr_el0
	sequence amuserenr, mrs x1, S3_3_C13_C2_3
	sequence ctr, mrs x1, ctr_el0
	sequence cntvct, mrs x1, cntvct_el0
	sequence cntpct, mrs x1, cntpct_el0
	sequence cvau, dc cvau, x1
	sequence civac, dc civac, x1
	sequence wfe, wfe
	sequence wfi, wfi
	sequence pmcr, mrs x1, pmcr_el0
	sequence pfr0, mrs x1, id_aa64pfr0_el1
	sequence actlr, mrs x1, actlr_el1
	sequence cisw, dc cisw, x1
	sequence oslsr, mrs x1, oslsr_el1
	sequence mdrar, mrs x1, mdrar_el1
	sequence mdscr, mrs x1, mdscr_el1
	sequence lorc, mrs x1, S3_0_C10_C4_3
	sequence cntp_ctl, mrs x1, cntp_ctl_el0
	sequence revidr, mrs x1, revidr_el1
	sequence clidr, mrs x1, clidr_el1
	sequence contextidr, msr contextidr_el1, x1

	/* The code returns at once; the monitor outlives a branch. */
	.balign	64
native_first_fetch:
	hint	#34
	mov	x3, x30
	ldxr	x2, [x0]
	blr	x1
	stxr	w4, x2, [x0]
	mov	w0, w4
	mov	x30, x3
	ret
	.global	native_sequences_end
native_sequences_end:

	.global	native_fetch_faulted
native_fetch_faulted:
	mov	x30, x3
	.global	native_faulted
native_faulted:
	clrex
	mov	w0, #2			/* SEQUENCE_FAULTED */
	ret

	/* In the order of enum detect_probe_id. */
	.section .rodata
	.balign	8
	.global	native_sequences
native_sequences:
	.irp	name, mdccsr, pmuserenr, amuserenr, first_fetch, ctr, cntvct, cntpct, cvau, civac
	.quad	native_\name
	.endr
	.irp	name, wfe, wfi, pmcr, pfr0, actlr, cisw, oslsr, mdrar, mdscr, lorc, cntp_ctl
	.quad	native_\name
	.endr
	.irp	name, revidr, clidr, contextidr
	.quad	native_\name
	.endr
	.if	. - native_sequences - 23 * 8
	.error	"a sequence for each probe"
	.endif
